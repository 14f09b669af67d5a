/**
 * A map whose items also lie side by side in an array, so that one can be drawn at random without
 * copying them all. What is deleted leaves its place to the last item: the order says nothing, but
 * it is the same in each run that does the same.
 */

/** Items by key. Bounded by its owner. */
export interface Pool<Key, Item> {
  /** All items, as they are now: the same array for as long as the pool lives. */
  readonly items: readonly Item[];
  get(key: Key): Item | undefined;
  /** Adds an item, or puts it in the place of the one with its key. */
  put(item: Item): void;
  delete(key: Key): void;
}

/** An empty pool; `keyOf` tells an item's key. */
export function createPool<Key, Item>(keyOf: (item: Item) => Key): Pool<Key, Item> {
  const items: Item[] = [];
  const places = new Map<Key, number>();
  return {
    items,
    get: (key) => {
      const place = places.get(key);
      return place === undefined ? undefined : items[place];
    },
    put: (item) => {
      const key = keyOf(item);
      const place = places.get(key);
      if (place === undefined) places.set(key, items.push(item) - 1);
      else items[place] = item;
    },
    delete: (key) => {
      const place = places.get(key);
      const last = items.at(-1);
      if (place === undefined || last === undefined) return;
      items[place] = last;
      places.set(keyOf(last), place);
      items.pop();
      places.delete(key);
    },
  };
}
