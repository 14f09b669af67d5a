/**
 * The usual interval between a source's ADUs, and so how soon its silence is suspicious. An MP3 has
 * 38 frames a second: when none has come for a few hundred milliseconds an upstream is in trouble,
 * long before keep-alives show which one. Time stamps are the source's, so bursts from a cache do
 * not disturb the measure.
 */
import { TIMEOUTS } from '../../core/config.js';
import type { Adu } from '../../core/node.js';

/** Weight of the newest interval. Guess: pauses are forgotten within two seconds of music. */
const WEIGHT = 0.1;

export interface UsualInterval {
  /** An ADU was delivered. */
  heard(adu: Adu): void;
  /** How long silence is normal, ms. */
  quietMs(): number;
}

/**
 * Creates the estimate of a channel's usual interval.
 * @param stallMs how long silence is normal before two ADUs were heard, and at most
 */
export function createUsualInterval(stallMs: number, isLossy = false): UsualInterval {
  const quietMinMs = isLossy ? TIMEOUTS.lossyQuietMinMs : TIMEOUTS.quietMinMs;
  let last: Adu | undefined;
  let intervalMs: number | undefined;
  return {
    heard: (adu) => {
      if (last !== undefined && adu.sequence === last.sequence + 1) {
        const gapMs = Math.min(stallMs, Math.max(0, adu.timestampMs - last.timestampMs));
        intervalMs = intervalMs === undefined ? gapMs : intervalMs + WEIGHT * (gapMs - intervalMs);
      }
      last = adu;
    },
    quietMs() {
      if (intervalMs === undefined) return stallMs;
      return Math.min(stallMs, Math.max(quietMinMs, TIMEOUTS.quietIntervals * intervalMs));
    },
  };
}
