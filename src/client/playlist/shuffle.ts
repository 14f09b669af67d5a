/** Random order, a new one in each round, in which nothing is played twice in a row. */

/**
 * The items in random order (Fisher and Yates). The first one differs from `last`, the end of the
 * round before, unless there is only one item. `random` returns numbers in [0, 1).
 */
export function shuffled<Item>(
  items: readonly Item[],
  last: Item | undefined,
  random: () => number,
): Item[] {
  const order = [...items];
  const below = (bound: number): number => Math.floor(random() * bound);
  for (let end = order.length - 1; end > 0; end--) swap(order, end, below(end + 1));
  if (order.length > 1 && order[0] === last) swap(order, 0, 1 + below(order.length - 1));
  return order;
}

function swap<Item>(items: Item[], one: number, other: number): void {
  const kept = items[one] as Item;
  items[one] = items[other] as Item;
  items[other] = kept;
}
