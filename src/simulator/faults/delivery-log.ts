/**
 * Who was given which ADU when, and what that says: recovery, pauses, what was missed. The measures
 * are functions of the log alone, so that tests can try them on logs whose answer is known.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import type { Observer } from '../world/world.js';

/** What one SCX was given of one source, in the order of delivery. */
export interface Reception {
  readonly scx: number;
  readonly source: SourceId;
  readonly sequences: number[];
  readonly instantsMs: number[];
}

/** By number: when each ADU of a source was published, ms. */
export type Published = readonly number[];

export interface DeliveryLog extends Observer {
  readonly receptions: readonly Reception[];
  published(source: SourceId): Published;
}

/** An empty log. It grows by 16 bytes for each delivery. */
export function createDeliveryLog(): DeliveryLog {
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
    // The source's own SCX is given each ADU as it is published.
    onDeliver: ({ index }, { source, sequence, timestampMs }, now) => {
      publishedBy(source)[sequence] = timestampMs;
      const { sequences, instantsMs } = receptionOf(index, source);
      sequences.push(sequence);
      instantsMs.push(now);
    },
  };
}

/**
 * Time until it is given the first ADU that was published at `sinceMs` or later, ms; null: never. ADUs
 * come in order, so by then it has all older ones that it will ever have.
 */
export function recoveryMs(
  { sequences, instantsMs }: Reception,
  published: Published,
  sinceMs: number,
): number | null {
  const first = sequences.findIndex((sequence) => (published[sequence] as number) >= sinceMs);
  return first < 0 ? null : (instantsMs[first] as number) - sinceMs;
}

/** The longest time without a delivery within an interval, ms. */
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

/** Instants of publishing, ms: from the first up to, but without, the second. */
export type Interval = readonly [fromMs: number, toMs: number];

/** What an SCX should have been given, and what it never was. */
export interface Tally {
  readonly due: number;
  readonly missed: number;
}

/**
 * Counts from the first ADU that it was given: all that were published before `untilMs` are due, save
 * those published while it was out of reach.
 */
export function tally(
  { sequences }: Reception,
  published: Published,
  untilMs: number,
  outOfReach: readonly Interval[],
): Tally {
  const given = new Set(sequences);
  let [due, missed] = [0, 0];
  for (let sequence = sequences[0] ?? published.length; sequence < published.length; sequence++) {
    const instant = published[sequence] as number;
    if (instant >= untilMs) break;
    if (outOfReach.some(([from, to]) => instant >= from && instant < to)) continue;
    due++;
    if (!given.has(sequence)) missed++;
  }
  return { due, missed };
}

/** Deliveries of what had been delivered before. */
export const countDuplicates = ({ sequences }: Reception): number =>
  sequences.length - new Set(sequences).size;

/** How some durations are spread. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** By nearest rank; null when there is nothing to spread. */
export function spreadOf(values: readonly number[]): Spread | null {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] as number;
  if (sorted.length === 0) return null;
  return { count: sorted.length, p50: rank(0.5), p99: rank(0.99), max: rank(1) };
}
