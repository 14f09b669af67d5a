/**
 * Checks that every SCX gets every ADU. Each SCX must receive everything that was published since
 * it joined, including ADUs that were published before its first subscription. ADUs of the last
 * seconds may still be in transit at the end, so they are not counted.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import { assert } from '../../lib/assert.js';
import type { Observer } from '../world/world.js';

/** How long an ADU may be in transit, ms. */
const IN_TRANSIT_MS = 5000;

export interface ReceptionReport {
  /** ADUs that all SCXs together should have received, and those of them that they did not. */
  readonly owed: number;
  readonly missed: number;
  /** SCXs that have missed an ADU. */
  readonly incomplete: number;
  /**
   * From joining, or from the very first ADU if that is later, to an SCX's first ADU, ms: the mean,
   * and the longest; null: an SCX received none.
   */
  readonly firstMs: { readonly mean: number; readonly longest: number } | null;
  /** From publishing to delivery, ms, the mean over all deliveries. */
  readonly delayMs: number;
}

export interface Reception extends Observer {
  report(): ReceptionReport;
}

/** One source, as the SCXs receive it. */
interface Received {
  /** By sequence number, ms. */
  readonly publishedMs: number[];
  /** By SCX: the last sequence number, and how many of the ADUs that it owes it has received. */
  readonly last: Int32Array;
  readonly got: Uint32Array;
}

/** The ADUs that one SCX should have received, and those that it has missed. */
interface Account {
  readonly owed: number;
  readonly missed: number;
}

const createReceived = (scxs: number): Received => ({
  publishedMs: [],
  last: new Int32Array(scxs).fill(-1),
  got: new Uint32Array(scxs),
});

/** Records a delivery in order; a second or an earlier one is our mistake. */
function record({ last }: Received, scx: number, sequence: number): void {
  const before = last[scx] as number;
  assert(sequence > before, () => `SCX ${scx} delivered ADU ${sequence} after ${before}`);
  last[scx] = sequence;
}

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};

/** Creates the measurement of how long each SCX waited for its first ADU. */
function createFirsts(joinInstantsMs: readonly number[]) {
  const firstMs = new Float64Array(joinInstantsMs.length).fill(Number.POSITIVE_INFINITY);
  let startedMs = Number.POSITIVE_INFINITY;
  return {
    see: (scx: number, publishedMs: number, now: number): void => {
      startedMs = Math.min(startedMs, publishedMs);
      const waitedSince = Math.max(startedMs, joinInstantsMs[scx] as number);
      firstMs[scx] = Math.min(firstMs[scx] as number, now - waitedSince);
    },
    report: (): ReceptionReport['firstMs'] => {
      const longest = firstMs.reduce((a, b) => Math.max(a, b), 0);
      return Number.isFinite(longest) ? { mean: sum(firstMs) / firstMs.length, longest } : null;
    },
  };
}

/**
 * Creates the check; nothing has been delivered yet.
 * @param joinInstantsMs by SCX
 * @param untilMs the end of the run
 */
export function createReception(joinInstantsMs: readonly number[], untilMs: number): Reception {
  const bySource = new Map<SourceId, Received>();
  const firsts = createFirsts(joinInstantsMs);
  let [delivered, delaysMs] = [0, 0];

  const receivedFrom = (source: SourceId): Received => {
    const existing = bySource.get(source);
    if (existing !== undefined) return existing;
    const received = createReceived(joinInstantsMs.length);
    bySource.set(source, received);
    return received;
  };

  const isOwed = (publishedMs: number, scx: number): boolean =>
    publishedMs >= (joinInstantsMs[scx] as number) && publishedMs <= untilMs - IN_TRANSIT_MS;

  const accountOf = (scx: number): Account => {
    let [owed, got] = [0, 0];
    for (const received of bySource.values()) {
      for (const instant of received.publishedMs) if (isOwed(instant, scx)) owed++;
      got += received.got[scx] as number;
    }
    return { owed, missed: owed - got };
  };

  return {
    onDeliver: ({ index }, { source, sequence, timestampMs }, now) => {
      const received = receivedFrom(source);
      record(received, index, sequence);
      // The source SCX delivers an ADU first, so its delivery gives the instant of publishing.
      received.publishedMs[sequence] ??= timestampMs;
      if (isOwed(timestampMs, index)) received.got[index] = (received.got[index] as number) + 1;
      firsts.see(index, timestampMs, now);
      delivered++;
      delaysMs += now - timestampMs;
    },
    report: () => {
      const accounts = joinInstantsMs.map((_, scx) => accountOf(scx));
      return {
        owed: sum(accounts.map(({ owed }) => owed)),
        missed: sum(accounts.map(({ missed }) => missed)),
        incomplete: accounts.filter(({ missed }) => missed > 0).length,
        firstMs: firsts.report(),
        delayMs: delivered === 0 ? 0 : delaysMs / delivered,
      };
    },
  };
}
