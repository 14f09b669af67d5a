/**
 * How regularly a source speaks, and so how soon its silence is suspicious. An MP3 has 38 frames each
 * second: when none has come for a few hundred milliseconds somebody upstream is in trouble, long before
 * keep-alives tell who. Time stamps are the source's, so bursts from a cache do not disturb the measure.
 */
import type { Adu } from '../../core/node.js';

/** Silence is suspicious after so many usual intervals. Guess. */
const QUIET_INTERVALS = 8;

/** And not before so many ms: TCP may need as long to send again what was lost. Guess. */
const QUIET_MIN_MS = 400;

/** On a lossy channel a parent is silent while it waits for a repair itself, some round trips. Guess. */
const LOSSY_QUIET_MIN_MS = 1000;

/** Weight of the newest interval. Guess: pauses are forgotten within two seconds of music. */
const WEIGHT = 0.1;

export interface Rhythm {
  /** An ADU was delivered. */
  heard(adu: Adu): void;
  /** How long silence is nothing special, ms. */
  readonly quietMs: number;
}

/** @param stallMs how long silence is nothing special where nothing is known, and at most */
export function createRhythm(stallMs: number, isLossy = false): Rhythm {
  const quietMinMs = isLossy ? LOSSY_QUIET_MIN_MS : QUIET_MIN_MS;
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
    get quietMs() {
      if (intervalMs === undefined) return stallMs;
      return Math.min(stallMs, Math.max(quietMinMs, QUIET_INTERVALS * intervalMs));
    },
  };
}
