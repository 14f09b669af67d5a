/**
 * The listeners that came while the session was off the air. Each waits without an answer until there
 * is audio, or its time is over.
 *
 * Bounded: `listenersMax`, together with those that hear something.
 */
import type { Listener } from './listener-writer.js';

/** Listeners that wait, in the order of arrival. */
export interface WaitingListeners extends Iterable<Listener> {
  add(listener: Listener): void;
  has(listener: Listener): boolean;
  /** Does nothing for a listener that does not wait. */
  remove(listener: Listener): void;
  /** Refuses those that have waited for `waitMs`; returns how many. */
  refuseLate(now: number): number;
  refuseAll(): void;
  /** Removes and returns all. */
  takeAll(): Listener[];
  readonly size: number;
}

/** Creates an empty list; each listener waits `waitMs` at most. */
export function createWaitingListeners(waitMs: number): WaitingListeners {
  const waiting = new Set<Listener>();
  const takeAll = (): Listener[] => {
    const all = [...waiting];
    waiting.clear();
    return all;
  };
  return {
    [Symbol.iterator]: () => waiting.values(),
    add: (listener) => void waiting.add(listener),
    has: (listener) => waiting.has(listener),
    remove: (listener) => void waiting.delete(listener),
    refuseLate: (now) => {
      let refused = 0;
      for (const listener of waiting) {
        if (now - listener.tookAt < waitMs) break;
        waiting.delete(listener);
        listener.connection.refuse();
        refused++;
      }
      return refused;
    },
    refuseAll: () => {
      for (const { connection } of takeAll()) connection.refuse();
    },
    takeAll,
    get size() {
      return waiting.size;
    },
  };
}
