/**
 * A token bucket: `burst` uses at once, and in the long run one use per interval. It is kept as one
 * number, the instant at which the bucket would be full, so that it needs no timer and no rounding.
 */

/** A right that is used up and grows back. */
export interface TokenBucket {
  /** Takes one token; false if there is none. `now` in ms that never decreases. */
  take(now: number): boolean;
  /** Gives back a token that was taken. */
  giveBack(): void;
  /** The instant from which `take` succeeds. */
  next(): number;
  /** Whether it is full at an instant, so that it can be forgotten. */
  isFull(now: number): boolean;
}

/** Creates a full bucket of `burst` tokens (>= 1); one grows back every `intervalMs`. */
export function createTokenBucket(burst: number, intervalMs: number): TokenBucket {
  let fullAt = Number.NEGATIVE_INFINITY;
  const next = (): number => fullAt - (burst - 1) * intervalMs;
  return {
    take: (now) => {
      if (now < next()) return false;
      fullAt = Math.max(fullAt, now) + intervalMs;
      return true;
    },
    giveBack: () => {
      fullAt -= intervalMs;
    },
    next() {
      return next();
    },
    isFull: (now) => fullAt <= now,
  };
}
