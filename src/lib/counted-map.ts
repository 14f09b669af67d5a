/**
 * How many there are of each key: connections of an address, players of a kind. A key whose count
 * falls to zero is forgotten, so the map is as large as what it counts.
 */

/** Counts by key. Bounded by its owner, who removes what it has added. */
export interface CountedMap<Key> {
  /** The count of a key; 0 for an unknown one. */
  count(key: Key): number;
  /** Counts one more. */
  add(key: Key): void;
  /** Counts one less; does nothing for a key that is not counted. */
  remove(key: Key): void;
  /** Keys that are counted. */
  readonly size: number;
  /** The sum of all counts. */
  readonly total: number;
}

/** An empty map. */
export function createCountedMap<Key>(): CountedMap<Key> {
  const counts = new Map<Key, number>();
  let total = 0;
  return {
    count: (key) => counts.get(key) ?? 0,
    add: (key) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      total++;
    },
    remove: (key) => {
      const count = counts.get(key);
      if (count === undefined) return;
      if (count === 1) counts.delete(key);
      else counts.set(key, count - 1);
      total--;
    },
    get size() {
      return counts.size;
    },
    get total() {
      return total;
    },
  };
}
