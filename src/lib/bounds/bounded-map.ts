/**
 * A map with a bound on its size: whatever strangers cause us to remember (addresses, sessions,
 * accusations) must not grow with their number. When it is full, the oldest entry makes room.
 */

/** At most `sizeMax` entries, in order of age. */
export interface BoundedMap<Key, Value> {
  readonly size: number;
  has(key: Key): boolean;
  /** Reads an entry; its age stays. */
  get(key: Key): Value | undefined;
  /** Reads an entry and makes it the youngest. */
  use(key: Key): Value | undefined;
  /** Adds or replaces an entry, which becomes the youngest; a full map drops its oldest entry. */
  set(key: Key, value: Value): void;
  delete(key: Key): boolean;
  /** From the oldest to the youngest. */
  entries(): IterableIterator<[Key, Value]>;
}

/** Creates an empty map for `sizeMax` entries (>= 1). */
export function createBoundedMap<Key, Value>(sizeMax: number): BoundedMap<Key, Value> {
  const entries = new Map<Key, Value>(); // a Map iterates in the order of insertion
  const set = (key: Key, value: Value): void => {
    entries.delete(key);
    if (entries.size >= sizeMax) entries.delete(entries.keys().next().value as Key);
    entries.set(key, value);
  };
  return {
    get size() {
      return entries.size;
    },
    has: (key) => entries.has(key),
    get: (key) => entries.get(key),
    use: (key) => {
      const value = entries.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
    delete: (key) => entries.delete(key),
    entries: () => entries.entries(),
  };
}
