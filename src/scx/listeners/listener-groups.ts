/**
 * The listeners that hear something, in groups of about the same size. One group is served at a
 * time, so that the work of a write interval is spread over it.
 */
import type { Listener } from './listener-writer.js';

/** Listeners that are served. Bounded by `listenersMax`. */
export interface ListenerGroups {
  /** Adds a listener to the smallest group. */
  add(listener: Listener): void;
  /** Removes a listener; false if it is in no group. */
  remove(listener: Listener): boolean;
  /** The group whose turn it is. */
  next(): Iterable<Listener>;
  /** All of them, in a list of their own. */
  all(): Listener[];
  clear(): void;
  readonly count: number;
  /** The highest count so far. */
  readonly peak: number;
}

/** Creates empty groups. */
export function createListenerGroups(size: number): ListenerGroups {
  const groups = Array.from({ length: size }, () => new Set<Listener>());
  let turn = 0;
  let count = 0;
  let peak = 0;
  return {
    add: (listener) => {
      const group = groups.reduce((a, b) => (b.size < a.size ? b : a));
      group.add(listener);
      listener.group = group;
      count++;
      peak = Math.max(peak, count);
    },
    remove: (listener) => {
      const isRemoved = listener.group?.delete(listener) === true;
      if (isRemoved) count--;
      return isRemoved;
    },
    next: () => groups[turn++ % groups.length] ?? [],
    all: () => groups.flatMap((group) => [...group]),
    clear: () => {
      for (const group of groups) group.clear();
      count = 0;
    },
    get count() {
      return count;
    },
    get peak() {
      return peak;
    },
  };
}
