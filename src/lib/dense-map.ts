/**
 * A map whose items are also stored in an array, so that one can be drawn at random without copying
 * them all. Deleting moves the last item into the gap, so the order is arbitrary but repeatable.
 */

/** Items by key. Bounded by its owner. */
export interface DenseMap<Key, Item> {
  /** All items, as they are now: the same array for as long as the map lives. */
  readonly items: readonly Item[];
  get(key: Key): Item | undefined;
  /** An item's index; it stays the same until an item is deleted. */
  indexOf(key: Key): number | undefined;
  /** Adds an item, or puts it in the place of the one with its key; returns its index. */
  put(item: Item): number;
  /** Returns the index that the last item has left its own for; undefined: there was no such key. */
  delete(key: Key): number | undefined;
}

/** Creates an empty map; `keyOf` tells an item's key. */
export function createDenseMap<Key, Item>(keyOf: (item: Item) => Key): DenseMap<Key, Item> {
  const items: Item[] = [];
  const indexes = new Map<Key, number>();
  return {
    items,
    get: (key) => {
      const index = indexes.get(key);
      return index === undefined ? undefined : items[index];
    },
    indexOf: (key) => indexes.get(key),
    put: (item) => {
      const key = keyOf(item);
      const index = indexes.get(key) ?? items.length;
      if (index === items.length) indexes.set(key, index);
      items[index] = item;
      return index;
    },
    delete: (key) => {
      const index = indexes.get(key);
      const last = items.at(-1);
      if (index === undefined || last === undefined) return undefined;
      items[index] = last;
      indexes.set(keyOf(last), index);
      items.pop();
      indexes.delete(key);
      return index;
    },
  };
}
