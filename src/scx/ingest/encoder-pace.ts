/**
 * The pace of an encoder. An SCX sends on what it gets, so something must keep time. Most encoders
 * do; one that sends a file as fast as the network allows is held up here, and TCP holds up the
 * sender. One that is too slow is heard with gaps; it can only be reported.
 *
 * Pure: instants are ms that never decrease.
 */
import { createLeakyBucket } from '../sources/leaky-bucket.js';

/** Watches the frames of one encoder. */
export interface EncoderPace {
  /** The time until the next frame may be sent on, ms; 0: now. */
  waitMs(now: number): number;
  /** A frame is sent on. */
  add(durationMs: number, now: number): void;
  /** Whether audio has come slower than real time; true at most once a minute. */
  isSlow(now: number): boolean;
}

/** Audio ahead of real time that is not held up: an encoder's own buffer. Guess. */
const AHEAD_MS_MAX = 5000;
/** Clocks of sound cards differ; an encoder that is this much faster for ever is not held up. Guess. */
const DRIFT = 1.002;
/** The time over which slowness is measured, and the share of real time that is enough. Guesses. */
const WINDOW_MS = 10_000;
const SLOW_SHARE = 0.95;
const REPORT_INTERVAL_MS = 60_000;

/** Creates an encoder that has sent nothing. */
export function createEncoderPace(startedAt: number): EncoderPace {
  const ahead = createLeakyBucket(DRIFT, startedAt);
  /** The level at the last frame: between two bursts an encoder is not slow. */
  let lastAheadMs = 0;
  let windowAt = startedAt;
  let windowMs = 0;
  let reportedAt = Number.NEGATIVE_INFINITY;

  return {
    waitMs: (now) => {
      lastAheadMs = ahead.level(now);
      return Math.max(0, lastAheadMs - AHEAD_MS_MAX);
    },
    add: (durationMs, now) => {
      ahead.add(durationMs, now);
      lastAheadMs = ahead.level(now);
      windowMs += durationMs;
    },
    isSlow: (now) => {
      const elapsedMs = now - windowAt;
      if (elapsedMs < WINDOW_MS) return false;
      const isSlow = windowMs < elapsedMs * SLOW_SHARE && lastAheadMs < AHEAD_MS_MAX / 2;
      windowAt = now;
      windowMs = 0;
      if (!isSlow || now - reportedAt < REPORT_INTERVAL_MS) return false;
      reportedAt = now;
      return true;
    },
  };
}
