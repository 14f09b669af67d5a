/**
 * The geometry of clusters: where their centre is, and how one is cut in two. The paper takes for the
 * leader the node with the smallest maximum distance to the others of its cluster, and cuts so that the larger of
 * both radii is as small as possible.
 */

/** The distance between two items, ms. */
export type Metric<Item> = (a: Item, b: Item) => number;

/** The largest distance from an item to others. */
export const radiusAt = <Item>(
  centre: Item,
  items: readonly Item[],
  distance: Metric<Item>,
): number => items.reduce((most, item) => Math.max(most, distance(centre, item)), 0);

/** The item with the smallest radius; the first of several. Undefined if there is none. */
export function centreOf<Item>(items: readonly Item[], distance: Metric<Item>): Item | undefined {
  let [centre, least] = [items[0], Number.POSITIVE_INFINITY];
  for (const item of items) {
    const radius = radiusAt(item, items, distance);
    if (radius < least) [centre, least] = [item, radius];
  }
  return centre;
}

function radiusOf<Item>(items: readonly Item[], distance: Metric<Item>): number {
  const centre = centreOf(items, distance);
  return centre === undefined ? 0 : radiusAt(centre, items, distance);
}

/** All halves are tried up to this size: 924 of 12. Guess. */
const EXACT_MAX = 12;

/** All ways to choose that number of items. */
function choicesOf<Item>(items: readonly Item[], count: number): Item[][] {
  if (count === 0) return [[]];
  return items.flatMap((item, index) =>
    choicesOf(items.slice(index + 1), count - 1).map((rest) => [item, ...rest]),
  );
}

/**
 * Departure: a cluster that is much too large, as after many joins at once, is cut between the two
 * items that are farthest apart, as its halves cannot all be tried.
 */
function cutFar<Item>(items: readonly Item[], distance: Metric<Item>): Item[] {
  const far = (from: Item | undefined): Item | undefined =>
    from === undefined
      ? undefined
      : items.toSorted((a, b) => distance(from, b) - distance(from, a))[0];
  const a = far(items[0]);
  const b = far(a);
  if (a === undefined || b === undefined) return [];
  const lean = (item: Item): number => distance(item, a) - distance(item, b);
  return items.toSorted((one, other) => lean(one) - lean(other)).slice(0, items.length >> 1);
}

/** Cuts into two halves, which differ by one item at most. */
export function halve<Item>(items: readonly Item[], distance: Metric<Item>): [Item[], Item[]] {
  const others = (half: readonly Item[]): Item[] => items.filter((item) => !half.includes(item));
  if (items.length > EXACT_MAX) {
    const half = cutFar(items, distance);
    return [half, others(half)];
  }
  let [best, least]: [Item[], number] = [[], Number.POSITIVE_INFINITY];
  for (const half of choicesOf(items, items.length >> 1)) {
    const radius = Math.max(radiusOf(half, distance), radiusOf(others(half), distance));
    if (radius < least) [best, least] = [half, radius];
  }
  return [best, others(best)];
}

/**
 * Whether a distance is so much smaller than the present one that a change is worth it: without that,
 * nodes would move for ever. The shares are OverSim's defaults (`clusterLeaderCompareDist`,
 * `scProcDistance`: 30%; `clusterLeaderBound`, `scMinOffset`: 10% of the mean; at least 5 ms).
 */
export function isMuchLess(candidateMs: number, presentMs: number, meanMs: number): boolean {
  const wantedMs = 0.7 * presentMs;
  return wantedMs - candidateMs > Math.max(5, 0.1 * meanMs);
}
