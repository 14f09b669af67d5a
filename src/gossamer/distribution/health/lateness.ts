/**
 * Measures the lateness of a flow: by how much longer an ADU took from its source than the quickest
 * one did. Time stamps are the source's and instants are ours, so only differences count: the
 * clocks need not agree.
 *
 * A stall is a rise of the lateness: for that long no ADU came although one was due. When the flow
 * catches up, from a cache or by skipping, it becomes less late again, and the next rise counts
 * anew.
 */
import type { Adu } from '../../core/node.js';

/** A smaller lateness is the jitter of networks and machines, no stall, ms. Guess. */
const STALL_LEAST_MS = 100;

/**
 * Lateness is forgotten at this rate: clocks of crystals differ by up to 0.0002, and a new path may
 * be longer for good. Guess.
 */
const FORGETTING = 0.001;

/**
 * After a longer pause of the source, or a change of its clock, the flow is on time again, ms.
 * Guess.
 */
const LEAP_MS = 60_000;

export interface Lateness {
  /** An ADU was delivered; returns by how much the present stall has grown, ms. */
  heard(adu: Adu, now: number): number;
  lateMs(): number;
  /** The source's time by now, if its clock runs like ours; undefined before the first ADU. */
  sourceTimeMs(now: number): number | undefined;
}

/** Creates the lateness of a flow that begins: its first ADU is on time. */
export function createLateness(): Lateness {
  let last: { readonly timestampMs: number; readonly at: number } | undefined;
  let lateMs = 0;
  /** The highest lateness since the flow was on time last, which has been reported. */
  let reportedMs = 0;

  const measure = (timestampMs: number, now: number): void => {
    const passedMs = now - (last?.at ?? now);
    const dueMs = timestampMs - (last?.timestampMs ?? timestampMs);
    const isLeap = dueMs < 0 || dueMs > LEAP_MS;
    lateMs = isLeap ? 0 : Math.max(0, lateMs + passedMs * (1 - FORGETTING) - dueMs);
    last = { timestampMs, at: now };
  };

  return {
    heard: ({ timestampMs }, now) => {
      measure(timestampMs, now);
      if (lateMs < STALL_LEAST_MS) reportedMs = 0;
      if (lateMs < STALL_LEAST_MS || lateMs <= reportedMs) return 0;
      const stalledMs = lateMs - reportedMs;
      reportedMs = lateMs;
      return stalledMs;
    },
    lateMs() {
      return lateMs;
    },
    sourceTimeMs: (now) =>
      last === undefined ? undefined : last.timestampMs + lateMs + (now - last.at),
  };
}
