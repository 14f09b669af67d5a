/** A map that holds so many entries at most: the one that was not used for longest gives way. */

export interface RecentMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
}

/** An empty map for `sizeMax` entries (>= 1). */
export function createRecentMap<Value>(sizeMax: number): RecentMap<Value> {
  const entries = new Map<string, Value>(); // in the order of use, the oldest first
  const set = (key: string, value: Value): void => {
    entries.delete(key);
    entries.set(key, value);
    if (entries.size <= sizeMax) return;
    const oldest = entries.keys().next();
    if (!oldest.done) entries.delete(oldest.value);
  };
  return {
    get: (key) => {
      const value = entries.get(key);
      if (value !== undefined) set(key, value);
      return value;
    },
    set,
  };
}
