/**
 * Keeps what the session plays on the disk (api/recordings/recording-files.ts), for as long as its announcement wants and
 * the operator lets: the oldest hours go first. Of the live path it only reads the segments that are there
 * for HLS anyway, one write at a time, and never waits for the disk elsewhere: a disk that is full, or hangs,
 * ends the recording and not the stream. It is tried again later, and after a restart the recording goes
 * on behind what is there.
 *
 * Bounded: `bytesMax` for the recordings of all sessions, of which the oldest hour goes first; some of
 * the disk stays free for what a cluster must store (kept-hours.ts).
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import {
  HOUR_MS,
  hourOf,
  hourStart,
  indexFile,
  parseIndex,
  playedAfter,
  printStretch,
  type Stretch,
  soundEnd,
  soundFile,
} from '../../api/recordings/recording-files.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { parseSegmentName } from '../../icecast/segment-name.js';
import { printInstant } from '../../lib/instant.js';
import { dropAbsent } from '../../session/drop-absent.js';
import { withoutTag } from '../sound/segment.js';
import type { Segment, Segments } from '../sound/segments.js';
import { type FoundStretch, hoursOf, insertStretches, renumber } from './insert-stretches.js';
import {
  type KeptHour,
  keptBelow,
  keptIn,
  lastIn,
  makeRoom,
  type RecordingPlace,
  removeHour,
} from './kept-hours.js';
import { FILE_MODE, placeAfter } from './place-after.js';

export interface RecorderOptions {
  /** Of all recordings of the cluster. */
  readonly root: string;
  readonly segments: Pick<Segments, 'state' | 'onNext'>;
  /** Bytes of all recordings, and how long any is kept, ms. */
  readonly bytesMax: number;
  readonly keepMsMax: number;
  readonly log: Logger;
  /** Ms since 1970. */
  wallNow(): number;
  /** How long a recording that has stopped waits before it is tried again, ms. Default: 10 s. */
  readonly retryMs?: number;
  /** A stretch was recorded behind another one, or as the first. */
  onAppended?(after: Stretch | undefined, stretch: Stretch): void;
}

/** What is to be recorded. */
interface RecordingOrder {
  /** The session's folder below `root`. */
  readonly folder: string;
  /** Other recordings than those of the options, and their bytes. */
  readonly place?: RecordingPlace | undefined;
  /** 0: nothing, and what was recorded is removed. */
  readonly keepMs: number;
}

export interface Recorder {
  /** Undefined: from now on nothing is recorded; what was recorded stays. */
  set(order: RecordingOrder | undefined): void;
  /** Undefined: nothing is to be recorded. */
  status(): ScxStatus['recording'];
  /**
   * Puts stretches between what is recorded; false: there is no room, or no recording. `isOlder`: they are older
   * than all of it, so nothing is removed for them.
   */
  insert(found: readonly FoundStretch[], isOlder: boolean): Promise<boolean>;
  /** Counts all stretches anew after insertions. */
  renumber(): Promise<void>;
  /** Ends; resolves when nothing is written any more. */
  close(): Promise<void>;
  readonly counters: {
    readonly bytes: number;
    readonly filledBytes: number;
    readonly failures: number;
  };
}

const RETRY_MS = 10_000; // guess
/** Interval at which old hours are looked for, ms. Guess. */
const TIDY_MS = 60_000;

/** The files of the hour that is being written. */
interface OpenHour {
  readonly folder: string;
  readonly hour: string;
  readonly sound: FileHandle;
  readonly index: FileHandle;
  offset: number;
}

/** Opens the files of an hour, behind the last stretch that is complete. */
async function openHour(folder: string, hour: string): Promise<OpenHour> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const sound = await open(join(folder, soundFile(hour)), 'a', FILE_MODE);
  const index = await open(join(folder, indexFile(hour)), 'a+', FILE_MODE);
  const text = await index.readFile('utf8');
  const offset = soundEnd(parseIndex(text));
  await index.truncate(Buffer.byteLength(text.slice(0, text.lastIndexOf('\n') + 1)));
  if ((await sound.stat()).size > offset) await sound.truncate(offset);
  return { folder, hour, sound, index, offset };
}

/** A segment as a stretch, and its frames; undefined if it holds none. */
function stretchOf({ name, title, durationMs, bytes, isMended }: Segment) {
  const named = parseSegmentName(name);
  const frames = withoutTag(bytes);
  return named && { ...named, title, durationMs, frames, ...(isMended && { isMended }) };
}

type NewStretch = NonNullable<ReturnType<typeof stretchOf>>;

/** When each was played: the last one has just ended. */
function timed(all: readonly NewStretch[], now: number) {
  let end = now;
  const times = all.toReversed().map(({ durationMs }) => {
    end -= durationMs;
    return Math.round(end);
  });
  return all.map((one, index) => ({ ...one, at: times[times.length - 1 - index] ?? now }));
}

/** What is recorded, and what is known of it. */
interface Work {
  readonly order: RecordingOrder;
  readonly place: RecordingPlace;
  readonly folder: string;
  /** The last stretch on the disk; null: none; undefined: not known yet. */
  last: Stretch | null | undefined;
  /** When its oldest hour begins. */
  from: string | undefined;
  tidiedAt: number;
  retryAt: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** Creates a recorder that has nothing to record yet. */
export function createRecorder(options: RecorderOptions): Recorder {
  const { segments, keepMsMax, log, wallNow, retryMs = RETRY_MS } = options;
  const counters = { bytes: 0, filledBytes: 0, failures: 0 };
  /** What else is to be written, in turn. Bounded: one at a time by its only caller. */
  const jobs: (() => Promise<void>)[] = [];
  let ordered: Work | undefined;
  let current: OpenHour | undefined;
  let problem: string | undefined;
  let working: Promise<void> | undefined;
  let isDue = false;
  let isClosed = false;
  let forget = (): void => undefined;

  const closeHour = async (): Promise<void> => {
    const hour = current;
    current = undefined;
    await Promise.allSettled([hour?.sound.close(), hour?.index.close()]);
  };

  const tidy = async (work: Work): Promise<void> => {
    work.tidiedAt = wallNow();
    const oldest = wallNow() - work.order.keepMs;
    const isOld = ({ hour }: KeptHour): boolean => (hourStart(hour) ?? 0) + HOUR_MS < oldest;
    await Promise.all((await keptIn(work.folder)).filter(isOld).map(removeHour));
    await makeRoom(work.place, keepMsMax, wallNow());
    const first = (await keptIn(work.folder))[0]?.hour;
    work.from = first === undefined ? undefined : printInstant(hourStart(first) ?? 0);
  };

  const append = async (work: Work, one: NewStretch & { readonly at: number }): Promise<void> => {
    const { folder, last } = work;
    const at = Math.max(one.at, (last?.at ?? 0) + 1);
    const hour = hourOf(at);
    if (current?.hour !== hour || current.folder !== folder) {
      await closeHour();
      current = await openHour(folder, hour);
    }
    const { frames, ...about } = one;
    const place = { ...placeAfter(last, one), at, offset: current.offset };
    const stretch = { ...about, ...place, bytes: frames.length };
    await current.sound.writeFile(frames);
    await current.index.writeFile(printStretch(stretch));
    current.offset += frames.length;
    counters.bytes += frames.length;
    options.onAppended?.(last ?? undefined, stretch);
    work.last = stretch;
    work.from ??= printInstant(hourStart(hour) ?? 0);
  };

  const record = async (work: Work): Promise<void> => {
    if (wallNow() - work.tidiedAt >= TIDY_MS) await tidy(work);
    if (work.last === undefined) work.last = (await lastIn(work.folder)) ?? null;
    const all = segments.state().kept.flatMap((segment) => stretchOf(segment) ?? []);
    for (const one of timed(playedAfter(all, work.last ?? undefined), wallNow())) {
      if (ordered === work) await append(work, one);
    }
  };

  const onFailure = async (work: Work, error: unknown): Promise<void> => {
    const { message, code = message } = error as NodeJS.ErrnoException;
    await closeHour();
    counters.failures++;
    work.retryAt = wallNow() + retryMs;
    work.tidiedAt = NEVER;
    if (problem !== code) log.warn({ reason: code }, 'The recording has stopped: no stream ends.');
    problem = code;
  };

  const recordOrFail = async (work: Work): Promise<void> => {
    if (wallNow() < work.retryAt) return;
    try {
      await record(work);
      if (problem !== undefined) log.info('The recording goes on.');
      problem = undefined;
    } catch (error) {
      await onFailure(work, error);
    }
  };

  const erase = async ({ folder }: Work): Promise<void> => {
    await closeHour();
    await Promise.all((await keptIn(folder)).map(removeHour));
  };

  const run = async (): Promise<void> => {
    while (isDue && ordered !== undefined && !isClosed) {
      isDue = false;
      if (ordered.order.keepMs > 0) await recordOrFail(ordered);
      else await erase(ordered).catch(() => undefined);
      for (const job of jobs.splice(0)) await job();
    }
    for (const job of jobs.splice(0)) await job();
    if (ordered === undefined || isClosed) await closeHour();
    working = undefined;
    if (jobs.length > 0) start();
  };

  const start = (): void => {
    isDue = true;
    working ??= run();
  };

  /** Does something between two writes; false: it has failed, or nothing is recorded. */
  const inTurn = (task: (work: Work) => Promise<boolean>): Promise<boolean> =>
    new Promise((resolve) => {
      jobs.push(async () => {
        const isWriting = ordered !== undefined && ordered.order.keepMs > 0 && !isClosed;
        const isDone = isWriting && problem === undefined && task(ordered as Work);
        resolve(await Promise.resolve(isDone).catch(() => false));
      });
      start();
    });

  const insertInto = async (
    work: Work,
    found: readonly FoundStretch[],
    isOlder: boolean,
  ): Promise<boolean> => {
    const bytes = found.reduce((sum, { sound }) => sum + sound.length, 0);
    const { root, bytesMax } = work.place;
    const total = (await keptBelow(root)).reduce((sum, one) => sum + one.bytes, 0);
    if (isOlder && total + bytes > bytesMax) return false;
    await makeRoom(work.place, keepMsMax, wallNow());
    if (hoursOf(found).some((hour) => hour === current?.hour)) await closeHour();
    await insertStretches(work.folder, found);
    counters.filledBytes += bytes;
    work.last = undefined;
    work.tidiedAt = NEVER;
    return true;
  };

  const renumberIn = async (work: Work): Promise<boolean> => {
    await closeHour();
    await renumber(work.folder);
    work.last = undefined;
    return true;
  };

  const listen = (): void => {
    forget = segments.onNext(() => {
      listen();
      start();
    });
  };

  listen();
  return {
    counters,
    set: (order) => {
      const { folder, keepMs, place } = ordered?.order ?? {};
      const isSame = order?.folder === folder && order?.place?.root === place?.root;
      if (isSame && order?.keepMs === keepMs) return;
      const times = { tidiedAt: NEVER, retryAt: NEVER };
      const known = { last: undefined, from: undefined, ...times };
      const where = order?.place ?? { root: options.root, bytesMax: options.bytesMax };
      const at = order && { order, place: where, folder: join(where.root, order.folder) };
      ordered = at && { ...at, ...known };
      start();
    },
    status: () => {
      if (ordered === undefined || ordered.order.keepMs === 0) return undefined;
      const about = dropAbsent({ reason: problem, from: ordered.from });
      return { state: problem === undefined ? 'recording' : 'stopped', ...about };
    },
    insert: (found, isOlder) => inTurn((work) => insertInto(work, found, isOlder)),
    renumber: () => inTurn(renumberIn).then(() => undefined),
    close: async () => {
      isClosed = true;
      forget();
      await working;
      await closeHour();
    },
  };
}
