/**
 * What is recorded of a session, for those who listen to it later: the stretches in order, each read from
 * the disk when it is due (api/recordings/recording-files.ts). The files may be written by another process meanwhile, and
 * hours may be removed; then a listener goes on with the next one that is there.
 *
 * Listeners of the same place share what they read. Bounded: HOURS_MAX indexes, PIECES_MAX stretches, READS_MAX
 * reads at a time, so that a disk that hangs takes no more of the threads that others need.
 */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  hourStart,
  hoursIn,
  indexFile,
  parseIndex,
  type Stretch,
  soundFile,
} from '../../api/recordings/recording-files.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';

/** The stretch that a listener gets next. */
export interface TapePosition {
  readonly hour: string;
  readonly index: number;
}

/** A stretch, its sound, and what comes after it. */
interface Piece {
  readonly stretch: Stretch;
  readonly sound: Uint8Array;
  readonly next: TapePosition;
}

export interface Recording {
  /** What was played at an instant, ms since 1970, or next after it; undefined: nothing is there. */
  seek(at: number): Promise<TapePosition | undefined>;
  /** The stretch at a position, or the next one that is there; undefined: it is to come. */
  read(position: TapePosition): Promise<Piece | undefined>;
  /** The hours that are there, in order, and the stretches of one. */
  hours(): Promise<readonly string[]>;
  index(hour: string): Promise<readonly Stretch[]>;
}

/**
 * A day and some more: listeners all over it would else have every index read again for each stretch. An index has
 * 1,400 lines an hour, 0.3 MB in memory.
 */
const HOURS_MAX = 32;
const PIECES_MAX = 32;
const READS_MAX = 2;
/** An index that has been read is not read again for this long, ms. */
const FRESH_MS = 500;

/** Runs a bounded number of tasks at a time, in turn. */
function createTurns(most: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  const next = (): void => {
    running--;
    waiting.shift()?.();
  };
  return async <Value>(task: () => Promise<Value>): Promise<Value> => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    running++;
    return task().finally(next);
  };
}

async function readPart(path: string, { offset, bytes }: Stretch): Promise<Uint8Array | undefined> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, offset);
    return bytesRead === bytes ? buffer : undefined;
  } finally {
    await file.close();
  }
}

/** Opens what is recorded in a folder; `now` is monotonic, in ms. */
export function openRecording(folder: string, now: () => number): Recording {
  const inTurn = createTurns(READS_MAX);
  const indexes = createBoundedMap<
    string,
    {
      readonly at: number;
      /** Nothing is added any more. */
      readonly isClosed: boolean;
      readonly stretches: Promise<readonly Stretch[]>;
    }
  >(HOURS_MAX);
  const pieces = createBoundedMap<string, Promise<Uint8Array | undefined>>(PIECES_MAX);
  let listed: { readonly at: number; readonly hours: Promise<readonly string[]> } | undefined;

  const hours = (): Promise<readonly string[]> => {
    if (listed === undefined || now() - listed.at > FRESH_MS) {
      const read = inTurn(() => readdir(folder)).then(hoursIn, () => []);
      listed = { at: now(), hours: read };
    }
    return listed.hours;
  };

  const laterThan = async (hour: string): Promise<string | undefined> =>
    (await hours()).find((one) => one > hour);

  /** The stretches of an hour, at least as many as are asked for if they are there. */
  const stretchesOf = async (hour: string, least: number): Promise<readonly Stretch[]> => {
    const known = indexes.use(hour);
    const stretches = await known?.stretches;
    const isEnough = (stretches?.length ?? 0) >= least;
    const isFresh = known !== undefined && (known.isClosed || now() - known.at < FRESH_MS);
    if (stretches && (isEnough || isFresh)) return stretches;
    const isClosed = (await laterThan(hour)) !== undefined;
    const read = inTurn(() => readFile(join(folder, indexFile(hour)), 'utf8'));
    const parsed = read.then(parseIndex, () => []);
    indexes.set(hour, { at: now(), isClosed, stretches: parsed });
    return parsed;
  };

  const soundOf = ({ hour, index }: TapePosition, stretch: Stretch) => {
    const name = `${hour} ${index} ${stretch.offset}`;
    const known = pieces.use(name);
    if (known !== undefined) return known;
    const read = inTurn(() => readPart(join(folder, soundFile(hour)), stretch));
    const sound = read.catch(() => undefined);
    pieces.set(name, sound);
    return sound;
  };

  const read = async ({ hour, index }: TapePosition): Promise<Piece | undefined> => {
    const stretch = (await stretchesOf(hour, index + 1))[index];
    const sound = stretch && (await soundOf({ hour, index }, stretch));
    if (stretch !== undefined && sound !== undefined) {
      return { stretch, sound, next: { hour, index: index + 1 } };
    }
    if (stretch !== undefined) return read({ hour, index: index + 1 });
    const later = await laterThan(hour);
    return later === undefined ? undefined : read({ hour: later, index: 0 });
  };

  const seek = async (at: number): Promise<TapePosition | undefined> => {
    const all = await hours();
    const hour = all.findLast((one) => (hourStart(one) ?? 0) <= at) ?? all[0];
    if (hour === undefined) return undefined;
    const stretches = await stretchesOf(hour, Number.POSITIVE_INFINITY);
    const index = stretches.findIndex((one) => one.at + one.durationMs > at);
    if (index >= 0) return { hour, index };
    return { hour, index: stretches.length };
  };

  const index = (hour: string) => stretchesOf(hour, Number.POSITIVE_INFINITY);

  return { seek, read, hours, index };
}
