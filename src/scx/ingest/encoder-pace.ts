/**
 * The pace of a source client. An SCX sends on what it gets, so somebody has to keep time. Most
 * encoders do; who sends a file as fast as the line allows is held up here, and TCP holds up the
 * sender. Who is too slow is heard with gaps; nothing can be done about that but tell it.
 *
 * Pure: instants are ms that only grow.
 */

/** Watches over one source's frames. */
export interface EncoderPace {
  /** After how many ms the next frame may go on; 0: now. */
  waitMs(now: number): number;
  /** A frame goes on. */
  add(durationMs: number, now: number): void;
  /** Whether audio has come slower than real time; tells it once, then for a minute not again. */
  isSlow(now: number): boolean;
}

/** Audio ahead of real time that goes on unhindered: an encoder's own buffer. Guess. */
const AHEAD_MS_MAX = 5000;
/** The clocks of sound cards differ; who is a little faster for ever is not held up. Guess. */
const DRIFT = 1.002;
/** How long it is looked at before it is called slow, and the share of real time that will do. Guesses. */
const WINDOW_MS = 10_000;
const SLOW_SHARE = 0.95;
const TOLD_EACH_MS = 60_000;

/** A source that has sent nothing. */
export function createEncoderPace(startedAt: number): EncoderPace {
  let aheadMs = 0;
  let at = startedAt;
  let windowAt = startedAt;
  let windowMs = 0;
  let toldAt = Number.NEGATIVE_INFINITY;

  const drain = (now: number): void => {
    aheadMs = Math.max(0, aheadMs - (now - at) * DRIFT);
    at = now;
  };

  return {
    waitMs: (now) => {
      drain(now);
      return Math.max(0, aheadMs - AHEAD_MS_MAX);
    },
    add: (durationMs, now) => {
      drain(now);
      aheadMs += durationMs;
      windowMs += durationMs;
    },
    isSlow: (now) => {
      const elapsedMs = now - windowAt;
      if (elapsedMs < WINDOW_MS) return false;
      const slow = windowMs < elapsedMs * SLOW_SHARE && aheadMs < AHEAD_MS_MAX / 2;
      windowAt = now;
      windowMs = 0;
      if (!slow || now - toldAt < TOLD_EACH_MS) return false;
      toldAt = now;
      return true;
    },
  };
}
