/**
 * Makes samples of what is seen about once a second: how long all listeners of a series have listened
 * together, the most at a time, and how many have begun. A machine without I/O.
 *
 * A front end that stood still for longer than GAP_MS_MAX has not measured that time. What SCXs have
 * counted before they were seen first is no start of now, unless they have only just been started.
 *
 * Bounded: SERIES_MAX series at a time.
 */
import { type Sample, type SeriesKind, STEPS } from '../../api/dashboard/history-rows.js';

/** A series as it is seen now. */
export interface Seen {
  readonly kind: SeriesKind;
  readonly name: string;
  readonly listeners: number;
  /** All that have ever begun to listen; absent where that is not known. */
  readonly startsTotal?: number;
  /** It is remembered, but no sample is made of it unless somebody begins to listen. */
  readonly isIdle?: boolean;
  /** Of these, those that began before anything was measured; for the first time it is seen. */
  readonly startsBefore?: number;
}

export interface Sampler {
  /** `now`: ms, monotonic; `wallMs`: ms since 1970. */
  see(all: readonly Seen[], now: number, wallMs: number): void;
  /** What was measured since the last call. */
  take(): readonly Sample[];
}

const GAP_MS_MAX = 5000;
const SERIES_MAX = 20_000;
const STEP_MS = STEPS.fine * 1000;

type Growing = { -readonly [Field in keyof Sample]: Sample[Field] };

/** Creates a sampler that has seen nothing yet. */
export function createSampler(): Sampler {
  let samples = new Map<string, Growing>();
  /** The starts that each series had when it was seen last. */
  let totals = new Map<string, number>();
  let seenAt: number | undefined;

  const startsOf = (key: string, { startsTotal, startsBefore = 0 }: Seen): number => {
    if (startsTotal === undefined) return 0;
    const before = totals.get(key) ?? startsBefore;
    return Math.max(0, startsTotal - before);
  };

  const sampleAt = (seen: Seen, key: string, at: number): Growing => {
    const found = samples.get(`${at} ${key}`);
    if (found !== undefined) return found;
    const { kind, name } = seen;
    const made = { kind, name, at, measuredMs: 0, listeningMs: 0, peak: 0, starts: 0 };
    samples.set(`${at} ${key}`, made);
    return made;
  };

  return {
    see: (all, now, wallMs) => {
      const elapsed = seenAt === undefined ? 0 : now - seenAt;
      const measuredMs = elapsed > GAP_MS_MAX ? 0 : Math.round(elapsed);
      seenAt = now;
      const at = Math.floor(wallMs / STEP_MS) * STEPS.fine;
      const nextTotals = new Map<string, number>();
      for (const seen of all.slice(0, SERIES_MAX)) {
        const key = `${seen.kind} ${seen.name}`;
        const starts = startsOf(key, seen);
        if (seen.startsTotal !== undefined) nextTotals.set(key, seen.startsTotal);
        if (seen.isIdle === true && starts === 0) continue;
        const sample = sampleAt(seen, key, at);
        sample.measuredMs += measuredMs;
        sample.listeningMs += Math.round(measuredMs * seen.listeners);
        sample.peak = Math.max(sample.peak, Math.round(seen.listeners));
        sample.starts += starts;
      }
      totals = nextTotals;
    },
    take: () => {
      const taken = [...samples.values()];
      samples = new Map();
      return taken;
    },
  };
}
