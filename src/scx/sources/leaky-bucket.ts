/**
 * A leaky bucket: a level that each use raises by an amount, and that falls at a constant rate. It
 * measures how far a sender is ahead of a rate, in whatever unit the amounts have.
 */

/** A level that falls by itself. `now` in ms that never decreases. */
export interface LeakyBucket {
  /** The level at an instant. */
  level(now: number): number;
  add(amount: number, now: number): void;
}

/** Creates an empty bucket; its level falls by `leakPerMs` each ms, to 0. */
export function createLeakyBucket(leakPerMs: number, startedAt: number): LeakyBucket {
  let level = 0;
  let at = startedAt;
  const drain = (now: number): number => {
    level = Math.max(0, level - (now - at) * leakPerMs);
    at = now;
    return level;
  };
  return {
    level: drain,
    add: (amount, now) => {
      level = drain(now) + amount;
    },
  };
}
