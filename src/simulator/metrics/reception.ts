/**
 * Whether every SCX gets every ADU: each owes its listeners all that was published since it joined,
 * what others had heard before its first subscription included. ADUs of the last seconds may still be
 * under way at the end, so they are not counted.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import { assert } from '../../lib/assert.js';
import type { Observer } from '../world/world.js';

/** How long an ADU may be under way, ms. */
const UNDER_WAY_MS = 5000;

export interface ReceptionReport {
  /** What all SCXs together should have got, and what they have missed of it. */
  readonly owed: number;
  readonly missed: number;
  /** SCXs that have missed something. */
  readonly incomplete: number;
  /**
   * From joining, or from the very first ADU if that is later, to an SCX's first ADU, ms: the mean, and
   * the longest; null: somebody got none.
   */
  readonly firstMs: { readonly mean: number; readonly longest: number } | null;
  /** From publishing to delivery, ms, the mean over all. */
  readonly delayMs: number;
}

export interface Reception extends Observer {
  report(): ReceptionReport;
}

/** One source, as the SCXs receive it. */
interface Received {
  /** By sequence number, ms. */
  readonly publishedMs: number[];
  /** By SCX: the last number, and how many of those that it owes. */
  readonly last: Int32Array;
  readonly got: Uint32Array;
}

/** @param joinInstantsMs by SCX */
export function createReception(joinInstantsMs: readonly number[], untilMs: number): Reception {
  const scxs = joinInstantsMs.length;
  const bySource = new Map<SourceId, Received>();
  const firstMs = new Float64Array(scxs).fill(Number.POSITIVE_INFINITY);
  let startedMs = Number.POSITIVE_INFINITY;
  let [delivered, delaysMs] = [0, 0];

  const receivedFrom = (source: SourceId): Received => {
    const existing = bySource.get(source);
    if (existing !== undefined) return existing;
    const last = new Int32Array(scxs).fill(-1);
    const created = { publishedMs: [], last, got: new Uint32Array(scxs) };
    bySource.set(source, created);
    return created;
  };

  const isOwed = (publishedMs: number, scx: number): boolean =>
    publishedMs >= (joinInstantsMs[scx] as number) && publishedMs <= untilMs - UNDER_WAY_MS;

  const sum = (values: Iterable<number>): number => {
    let total = 0;
    for (const value of values) total += value;
    return total;
  };

  const missedBy = (scx: number): { owed: number; missed: number } => {
    let [owed, got] = [0, 0];
    for (const received of bySource.values()) {
      for (const instant of received.publishedMs) if (isOwed(instant, scx)) owed++;
      got += received.got[scx] as number;
    }
    return { owed, missed: owed - got };
  };

  return {
    onDeliver: ({ index }, { source, sequence, timestampMs }, now) => {
      const { publishedMs, last, got } = receivedFrom(source);
      const before = last[index] as number;
      assert(sequence > before, () => `SCX ${index} delivered ADU ${sequence} after ${before}`);
      last[index] = sequence;
      // Nobody delivers an ADU before its source SCX does.
      publishedMs[sequence] ??= timestampMs;
      if (isOwed(timestampMs, index)) got[index] = (got[index] as number) + 1;
      startedMs = Math.min(startedMs, timestampMs);
      const waitedSince = Math.max(startedMs, joinInstantsMs[index] as number);
      firstMs[index] = Math.min(firstMs[index] as number, now - waitedSince);
      delivered++;
      delaysMs += now - timestampMs;
    },
    report: () => {
      const accounts = joinInstantsMs.map((_, scx) => missedBy(scx));
      const longest = firstMs.reduce((a, b) => Math.max(a, b), 0);
      return {
        owed: sum(accounts.map(({ owed }) => owed)),
        missed: sum(accounts.map(({ missed }) => missed)),
        incomplete: accounts.filter(({ missed }) => missed > 0).length,
        firstMs: Number.isFinite(longest) ? { mean: sum(firstMs) / scxs, longest } : null,
        delayMs: delivered === 0 ? 0 : delaysMs / delivered,
      };
    },
  };
}
