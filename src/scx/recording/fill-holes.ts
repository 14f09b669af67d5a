/**
 * Fills the holes of a recording with what other clusters have recorded: where the SCX was dead, or its cluster
 * down, or the session not announced here yet. One hole after the other: the list of what a cluster has there,
 * then the sound that is missing, a minute at a time and at most BYTES_PER_SECOND, so that neither the live
 * path nor the other cluster notices. What comes is checked (ask-stretches.ts), and put in by the recorder.
 *
 * Bounded: HOLES_MAX holes, the newest; TRIES_MAX tries for each, later each time, as the others may be
 * away or have the same hole; then it stays until the SCX is started anew.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { SOUND_TOLD_BYTES_MAX, type ToldStretch } from '../../api/recordings/stretches-answer.js';
import { type BackoffRange, backoffMs } from '../../lib/backoff.js';
import type { AskStretches, OtherCluster } from './ask-stretches.js';
import { CLOCKS_MS, type Hole, missingIn } from './holes.js';

export interface FillingOptions {
  readonly ask: AskStretches;
  /** Puts stretches in; false: there is no room. `isOlder`: than all that is kept. */
  insert(found: readonly ToldStretch[], isOlder: boolean): Promise<boolean>;
  /** All that was to be put in for now is there. */
  onFilled(): Promise<void>;
  readonly log: Logger;
  /** Ms, monotonic. */
  now(): number;
  /** For tests: how often it is looked what is due, and how long is waited after tries, ms. */
  readonly everyMs?: number | undefined;
  readonly waits?: BackoffRange | undefined;
}

export interface Filling {
  /** Something is missing. */
  add(hole: Hole): void;
  /** The clusters that are asked, in this order. */
  setOthers(others: readonly OtherCluster[]): void;
  /** Forgets all holes. */
  clear(): void;
  close(): void;
}

const HOLES_MAX = 100;
const TRIES_MAX = 6;
/** The other clusters write a segment when it has ended. */
const WAITS: BackoffRange = { firstMs: 8000, lastMs: 1_800_000 };
const EVERY_MS = 1000;
/** 30 times as fast as 128 kbit/s plays. */
const BYTES_PER_SECOND = 512 * 1024;

interface Work {
  hole: Hole;
  tries: number;
  dueAt: number;
}

type Missing = ReturnType<typeof missingIn>;

/** As many of the missing stretches, from the first on, as one answer holds. */
function batchOf(missing: Missing): Missing {
  let bytes = 0;
  const end = missing.findIndex((one, index) => {
    bytes += one.bytes;
    return index > 0 && bytes > SOUND_TOLD_BYTES_MAX;
  });
  return missing.slice(0, end < 0 ? undefined : end);
}

/** Those of a batch whose sound has come. */
const matched = (batch: Missing, told: readonly ToldStretch[]): ToldStretch[] =>
  batch.flatMap((one) => {
    const found = told.find(
      ({ stretch: { source, first, count } }) =>
        source === one.source && first === one.first && count === one.count,
    );
    return found === undefined
      ? []
      : [{ stretch: { ...found.stretch, at: one.at }, sound: found.sound }];
  });

/** Starts to fill; there are no holes yet. */
export function createFilling(options: FillingOptions): Filling {
  const { ask, insert, onFilled, log, now, everyMs = EVERY_MS, waits = WAITS } = options;
  let works: readonly Work[] = [];
  let others: readonly OtherCluster[] = [];
  let isBusy = false;

  const rest = (bytes: number): Promise<void> =>
    pause((bytes / BYTES_PER_SECOND) * 1000, undefined, { ref: false });

  const isWanted = (work: Work): boolean => works.includes(work);

  /** Gets the sound, and puts it in; resolves to how many stretches that were. */
  const fetchSound = async (work: Work, cluster: OtherCluster, all: Missing): Promise<number> => {
    let [missing, count] = [all, 0];
    while (missing.length > 0 && isWanted(work)) {
      const batch = batchOf(missing);
      const [from = 0, to = 0] = [batch[0]?.toldAt, batch.at(-1)?.toldAt];
      const answer = await ask(cluster, { from, to, withSound: true });
      const found = matched(batch, answer?.told ?? []);
      if (found.length === 0 || !isWanted(work)) break;
      if (!(await insert(found, work.hole.after === undefined))) break;
      count += found.length;
      await rest(answer?.bytes ?? 0);
      missing = missing.slice(batch.length);
    }
    return count;
  };

  const fillFrom = async (work: Work, cluster: OtherCluster): Promise<number> => {
    const { from, before } = work.hole;
    const range = { from: Math.max(0, Math.floor(from - CLOCKS_MS)), to: before.at + CLOCKS_MS };
    const answer = await ask(cluster, { ...range, withSound: false });
    const missing = missingIn(work.hole, answer?.told.map(({ stretch }) => stretch) ?? []);
    return fetchSound(work, cluster, missing);
  };

  const fill = async (work: Work): Promise<void> => {
    work.dueAt = now() + backoffMs(waits, work.tries);
    work.tries++;
    for (const cluster of others) {
      const count = isWanted(work) ? await fillFrom(work, cluster) : 0;
      if (count === 0) continue;
      log.info({ cluster: cluster.url, stretches: count }, 'A hole of the recording was filled.');
      works = works.filter((one) => one !== work);
      await onFilled(); // what is left of it is a hole again
      return;
    }
    if (work.tries >= TRIES_MAX) works = works.filter((one) => one !== work);
  };

  const look = (): void => {
    const due = works.findLast(({ dueAt }) => dueAt <= now());
    if (isBusy || due === undefined || others.length === 0) return;
    isBusy = true;
    void fill(due)
      .catch(() => undefined)
      .finally(() => {
        isBusy = false;
      });
  };

  const timer = setInterval(look, everyMs).unref();
  return {
    add: (hole) => {
      const isKnown = works.some(
        (one) => one.hole.before.at === hole.before.at && one.hole.after?.at === hole.after?.at,
      );
      if (isKnown) return;
      const work = { hole, tries: 0, dueAt: now() + waits.firstMs };
      works = [...works, work].slice(-HOLES_MAX);
    },
    setOthers: (next) => {
      others = next;
    },
    clear: () => {
      works = [];
    },
    close: () => {
      works = [];
      clearInterval(timer);
    },
  };
}
