/**
 * A log of deliveries: which SCX received which ADU, and when. Recovery, pauses and missed ADUs are
 * measured from it. The measures are functions of the log alone, so that tests can try them on logs
 * with a known answer.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import type { Observer } from '../world/world.js';

/** The ADUs that one SCX received from one source, in the order of delivery. */
export interface Reception {
  readonly scx: number;
  readonly source: SourceId;
  readonly sequences: number[];
  /** When each of them was delivered. */
  readonly instantsMs: number[];
}

/** By sequence number: when each ADU of a source was published, ms. */
export type Published = readonly number[];

export interface DeliveryLog extends Observer {
  readonly receptions: readonly Reception[];
  published(source: SourceId): Published;
}

/** Creates an empty log of one channel. It grows by 16 bytes for each delivery. */
export function createDeliveryLog(channel: number): DeliveryLog {
  const receptions = new Map<string, Reception>();
  const published = new Map<SourceId, number[]>();
  const receptionOf = (scx: number, source: SourceId): Reception => {
    const key = `${scx}/${source}`;
    const known = receptions.get(key) ?? { scx, source, sequences: [], instantsMs: [] };
    receptions.set(key, known);
    return known;
  };
  const publishedBy = (source: SourceId): number[] => {
    const instants = published.get(source) ?? [];
    published.set(source, instants);
    return instants;
  };
  return {
    get receptions() {
      return [...receptions.values()];
    },
    published: publishedBy,
    // The source SCX delivers each ADU when it is published, so every published ADU is seen.
    onDeliver: ({ index }, adu, now) => {
      if (adu.channel !== channel) return;
      const { source, sequence, timestampMs } = adu;
      publishedBy(source)[sequence] = timestampMs;
      const { sequences, instantsMs } = receptionOf(index, source);
      sequences.push(sequence);
      instantsMs.push(now);
    },
  };
}

/**
 * Time until an SCX receives the first ADU that was published at `sinceMs` or later, ms; null:
 * never. ADUs come in order, so by then the SCX has all older ones that it will ever have.
 */
export function recoveryMs(
  { sequences, instantsMs }: Reception,
  published: Published,
  sinceMs: number,
): number | null {
  const first = sequences.findIndex((sequence) => (published[sequence] as number) >= sinceMs);
  return first < 0 ? null : (instantsMs[first] as number) - sinceMs;
}

/** The longest time without a delivery between two instants, ms. */
export function longestPauseMs({ instantsMs }: Reception, fromMs: number, toMs: number): number {
  let last = fromMs;
  let longest = 0;
  for (const instant of instantsMs) {
    if (instant < fromMs) continue;
    if (instant > toMs) break;
    longest = Math.max(longest, instant - last);
    last = instant;
  }
  return Math.max(longest, toMs - last);
}

/** Instants of publishing, ms, including the first and excluding the second. */
export type Interval = readonly [fromMs: number, toMs: number];

/** How many ADUs an SCX should have received, and how many of them it never did. */
export interface Tally {
  readonly due: number;
  readonly missed: number;
}

/**
 * Counts from the first ADU that an SCX received: every ADU published before `untilMs` is due,
 * except those published while the SCX was out of reach.
 */
export function tally(
  { sequences }: Reception,
  published: Published,
  untilMs: number,
  outOfReach: readonly Interval[],
): Tally {
  const received = new Set(sequences);
  let [due, missed] = [0, 0];
  for (let sequence = sequences[0] ?? published.length; sequence < published.length; sequence++) {
    const instant = published[sequence] as number;
    if (instant >= untilMs) break;
    if (outOfReach.some(([from, to]) => instant >= from && instant < to)) continue;
    due++;
    if (!received.has(sequence)) missed++;
  }
  return { due, missed };
}

/** How long each ADU was under way that was published between two instants, ms. */
export const delaysMs = (
  { sequences, instantsMs }: Reception,
  published: Published,
  [fromMs, toMs]: Interval,
): number[] =>
  sequences.flatMap((sequence, index) => {
    const at = published[sequence] as number;
    return at >= fromMs && at < toMs ? [(instantsMs[index] as number) - at] : [];
  });

/** Deliveries of ADUs that had been delivered before. */
export const countDuplicates = ({ sequences }: Reception): number =>
  sequences.length - new Set(sequences).size;

/** The distribution of durations. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Quantiles by nearest rank; null without values. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number;
  if (sorted.length === 0) return null;
  return { count: sorted.length, p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}
