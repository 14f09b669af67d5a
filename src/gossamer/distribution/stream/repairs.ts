/**
 * The missing ADUs of a flow on a lossy channel: when to ask for them, and when to give them up.
 * §4: "Loss recovery is initiated by sending a retransmission request upstream towards the source.
 * Intermediate RMXs aggregate retransmission requests. They first attempt to recover the data
 * themselves, and if that fails forward the request towards the source."
 *
 * An SCX forwards in order, so what it lacks itself is never missed below it. Of all SCXs behind a
 * lossy link only the first one asks, and its parent has the ADU in its cache. No other suppression
 * or aggregation is needed between SCXs. Missing ADUs are asked for in ranges. The first request
 * waits a little, as the network may only have changed the order; it is repeated with growing waits
 * while no answer comes, as requests may be lost, too.
 *
 * Bounded: MISSING_MAX numbers.
 */
import type { Rng } from '../../../lib/rng.js';
import type { SequenceRange } from '../../core/message.js';

/**
 * Numbers that may be missing at once. Guess: 27 s of MP3 frames, like the ADUs that may wait for a
 * hole.
 */
const MISSING_MAX = 1024;

/** Ranges in one request. Further ones are asked for with the next. */
export const RANGES_MAX = 32;

/** The wait before the first request, ms; drawn between half and all of it. Guess. */
const REORDER_MS = 16;

/** Numbers that fall due within this time are asked for together, ms. Guess: half an MP3 frame. */
const TOGETHER_MS = 13;

/**
 * The wait for an answer: before any was measured, the least, and the most, ms. RFC 6298: 1 s;
 * guess.
 */
const ANSWER_FIRST_MS = 200;
const ANSWER_MIN_MS = 20;
const ANSWER_MAX_MS = 500;

/** Weights of the newest answer in the mean and in the deviation. RFC 6298. */
const MEAN_WEIGHT = 1 / 8;
const DEVIATION_WEIGHT = 1 / 4;

interface Missing {
  /** When it was found missing; -Infinity: no SCX upstream has it any more. */
  since: number;
  askAt: number;
  /** When it was asked for last. */
  askedAt: number;
  tries: number;
}

export interface Repairs {
  /** An ADU came: unknown numbers before it are missing. Returns whether we had asked for it. */
  onArrived(sequence: number, now: number): boolean;
  /** All numbers before this one exist. */
  onHead(next: number, now: number): void;
  /** No SCX upstream has these any more. */
  onLost(range: SequenceRange, now: number): void;
  /** All numbers before this one are delivered or given up. */
  settle(next: number): void;
  /** The ranges that are due; they count as asked. */
  ask(now: number): SequenceRange[];
  /** When the next request is due; Infinity: nothing is missing. */
  askAt(): number;
  /** When the first missing one is given up; Infinity: nothing is missing. */
  giveUpAt(): number;
  /** The number before which all missing ones are to be given up; undefined: none is. */
  lostBefore(now: number): number | undefined;
}

/** Ascending numbers as ranges. */
function rangesOf(numbers: readonly number[]): SequenceRange[] {
  const ranges: { from: number; count: number }[] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && number === last.from + last.count) last.count++;
    else ranges.push({ from: number, count: 1 });
  }
  return ranges;
}

/** Creates an estimator of the time until an answer, from the answers that came: RFC 6298. */
function createAnswerTime() {
  let meanMs: number | undefined;
  let deviationMs = 0;
  return {
    onAnswer: (ms: number): void => {
      const off = meanMs === undefined ? ms / 2 : Math.abs(meanMs - ms);
      const weight = meanMs === undefined ? 1 : DEVIATION_WEIGHT;
      deviationMs += weight * (off - deviationMs);
      meanMs = meanMs === undefined ? ms : meanMs + MEAN_WEIGHT * (ms - meanMs);
    },
    /** How long to wait for an answer; twice as long after each that did not come. */
    waitMs: (tries: number): number => {
      const usual = meanMs === undefined ? ANSWER_FIRST_MS : meanMs + 4 * deviationMs;
      return Math.min(ANSWER_MAX_MS, Math.max(ANSWER_MIN_MS, usual) * 2 ** (tries - 1));
    },
  };
}

/**
 * Creates repairs without missing ADUs.
 * @param timeoutMs how long a missing ADU is waited for
 */
export function createRepairs(timeoutMs: number, rng: Rng): Repairs {
  /** By number, ascending: each new one exceeds all others. */
  const missing = new Map<number, Missing>();
  const answerTime = createAnswerTime();
  /** The first number that may not exist yet; undefined: the stream has not begun. */
  let head: number | undefined;
  let askAt = Number.POSITIVE_INFINITY;

  /** Numbers beyond MISSING_MAX stay unknown, so an invented number does no harm. */
  const onHead = (next: number, now: number): void => {
    const first = head ?? next;
    const count = Math.max(0, Math.min(next - first, MISSING_MAX - missing.size));
    for (let index = 0; index < count; index++) {
      const due = now + REORDER_MS * (0.5 + rng.unit() / 2);
      missing.set(first + index, { since: now, askAt: due, askedAt: 0, tries: 0 });
      askAt = Math.min(askAt, due);
    }
    head = first + count;
  };

  const onArrived = (sequence: number, now: number): boolean => {
    onHead(sequence, now);
    const found = missing.get(sequence);
    head = Math.max(head as number, sequence + 1);
    missing.delete(sequence);
    // Which of several requests was answered is unknown (Karn).
    if (found?.tries === 1) answerTime.onAnswer(now - found.askedAt);
    return found !== undefined && found.tries > 0;
  };

  const findAskAt = (): number => {
    let earliest = Number.POSITIVE_INFINITY;
    for (const each of missing.values()) earliest = Math.min(earliest, each.askAt);
    return earliest;
  };

  const countAsked = (entry: Missing, now: number): void => {
    entry.tries++;
    entry.askedAt = now;
    entry.askAt = now + answerTime.waitMs(entry.tries) * (0.9 + 0.2 * rng.unit());
  };

  return {
    onArrived,
    onHead,
    onLost: (range, now) => {
      onHead(range.from + range.count, now);
      for (const [number, entry] of missing) {
        if (number < range.from || number >= range.from + range.count) continue;
        entry.since = Number.NEGATIVE_INFINITY;
        entry.askAt = Number.POSITIVE_INFINITY;
      }
    },
    settle: (next) => {
      head = Math.max(head ?? next, next);
      for (const number of missing.keys()) {
        if (number >= next) break;
        missing.delete(number);
      }
      if (missing.size === 0) askAt = Number.POSITIVE_INFINITY;
    },
    ask: (now) => {
      if (askAt > now) return [];
      const isDue = findAskAt() <= now;
      const due = [...missing].filter(([, entry]) => isDue && entry.askAt <= now + TOGETHER_MS);
      const ranges = rangesOf(due.map(([number]) => number)).slice(0, RANGES_MAX);
      const last = ranges.at(-1);
      const end = last === undefined ? 0 : last.from + last.count;
      for (const [number, entry] of due) if (number < end) countAsked(entry, now);
      askAt = findAskAt();
      return ranges;
    },
    askAt() {
      return askAt;
    },
    giveUpAt() {
      const [first] = missing.values();
      return first === undefined ? Number.POSITIVE_INFINITY : first.since + timeoutMs;
    },
    lostBefore: (now) => {
      let lost: number | undefined;
      for (const [number, entry] of missing) {
        if (entry.since + timeoutMs > now) break;
        lost = number + 1;
      }
      return lost;
    },
  };
}
