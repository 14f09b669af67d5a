/**
 * Decides when a peer may be tried again. After each failure in a row the wait doubles, so that
 * neither a dead peer nor the network is flooded with attempts. One success forgets all failures.
 */
import { type BackoffRange, backoffMs } from './backoff.js';
import { createBoundedMap } from './bounds/bounded-map.js';

export interface Retries<Key> {
  mayTry(key: Key, now: number): boolean;
  /** From when on it may be tried; -Infinity: it has not failed. */
  triableAt(key: Key): number;
  /** Those that may not be tried yet. */
  waiting(now: number): Key[];
  onFailed(key: Key, now: number): void;
  onSucceeded(key: Key): void;
  /** Forgets failures that are long past. */
  sweep(now: number): void;
}

export interface RetriesOptions {
  readonly range: BackoffRange;
  /** Peers whose failures are remembered; the oldest makes room. */
  readonly peersMax: number;
  /**
   * Random in [0, 1): it varies each wait by a quarter, so that peers do not retry in step. Without
   * it waits do not vary.
   */
  readonly unit?: () => number;
}

interface Failures {
  readonly count: number;
  /** The instant from which the peer may be tried again. */
  readonly retryAt: number;
}

/** Creates a record without failures. */
export function createRetries<Key>(options: RetriesOptions): Retries<Key> {
  const { range, peersMax, unit = () => 0.5 } = options;
  const failures = createBoundedMap<Key, Failures>(peersMax);
  const triableAt = (key: Key): number => failures.get(key)?.retryAt ?? Number.NEGATIVE_INFINITY;
  return {
    mayTry: (key, now) => triableAt(key) <= now,
    triableAt,
    waiting: (now) =>
      [...failures.entries()].flatMap(([key, { retryAt }]) => (retryAt > now ? [key] : [])),
    onFailed: (key, now) => {
      const count = (failures.get(key)?.count ?? 0) + 1;
      const waitMs = backoffMs(range, count - 1) * (0.75 + 0.5 * unit());
      failures.set(key, { count, retryAt: now + waitMs });
    },
    onSucceeded: (key) => void failures.delete(key),
    sweep: (now) => {
      for (const [key, { retryAt }] of failures.entries()) {
        if (now - retryAt > range.lastMs) failures.delete(key);
      }
    },
  };
}
