/**
 * What is recorded of a session, for those who listen to it later: the stretches in order, each read from
 * the disk when it is due (api/recordings/recording-files.ts). The files may be written by another process meanwhile,
 * also in places where something was missing, and hours may be removed; then a listener goes on with the
 * next one that is there. So a position is an instant.
 *
 * Listeners of the same place share what they read. Bounded: HOURS_MAX indexes, PIECES_MAX stretches, READS_MAX
 * reads at a time, so that a disk that hangs takes no more of the threads that others need.
 */
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  hourOf,
  hourStart,
  hoursIn,
  indexFile,
  parseIndex,
  type Stretch,
  soundFile,
} from '../../api/recordings/recording-files.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';

/** The stretch that a listener gets next: the one that was played then, or next after it. */
export interface TapePosition {
  /** Ms since 1970, at most LAST_MS. */
  readonly at: number;
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
  find(position: TapePosition): Promise<Stretch | undefined>;
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
/** The same where a later hour has begun: only what was missing is still added. */
const CLOSED_MS = 5000;

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

/** An index as it was read, and when. */
interface KnownIndex {
  readonly at: number;
  readonly freshMs: number;
  /** Of its file; undefined: it could not be read. */
  readonly version: Promise<string | undefined>;
  readonly stretches: Promise<readonly Stretch[]>;
}

const versionOf = async (path: string): Promise<string> => {
  const { ino, size, mtimeMs } = await stat(path);
  return `${ino} ${size} ${mtimeMs}`;
};

/** Opens what is recorded in a folder; `now` is monotonic, in ms. */
export function openRecording(folder: string, now: () => number): Recording {
  const inTurn = createTurns(READS_MAX);
  const indexes = createBoundedMap<string, KnownIndex>(HOURS_MAX);
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

  /** Reads an index if it has changed. */
  const renewed = async (hour: string, known: KnownIndex | undefined) => {
    const path = join(folder, indexFile(hour));
    const version = await inTurn(() => versionOf(path)).catch(() => undefined);
    const before = await known?.stretches;
    if (version === (await known?.version) && before !== undefined) return { version, before };
    // What is gone stays known as long as there is room.
    const after = await inTurn(() => readFile(path, 'utf8')).then(parseIndex, () => before ?? []);
    return { version, before: after };
  };

  const stretchesOf = async (hour: string): Promise<readonly Stretch[]> => {
    const known = indexes.use(hour);
    if (known !== undefined && now() - known.at < known.freshMs) return known.stretches;
    const freshMs = (await laterThan(hour)) === undefined ? FRESH_MS : CLOSED_MS;
    const read = renewed(hour, known);
    const stretches = read.then(({ before }) => before);
    indexes.set(hour, {
      ...{ at: now(), freshMs, stretches, version: read.then(({ version }) => version) },
    });
    return stretches;
  };

  const soundOf = (stretch: Stretch): Promise<Uint8Array | undefined> => {
    const hour = hourOf(stretch.at);
    const name = `${hour} ${stretch.offset}`;
    const known = pieces.use(name);
    if (known !== undefined) return known;
    const read = inTurn(() => readPart(join(folder, soundFile(hour)), stretch));
    const sound = read.catch(() => undefined);
    pieces.set(name, sound);
    return sound;
  };

  const find = async ({ at }: TapePosition): Promise<Stretch | undefined> => {
    let hour: string | undefined = hourOf(at);
    while (hour !== undefined) {
      const found: Stretch | undefined = (await stretchesOf(hour)).find((one) => one.at >= at);
      if (found !== undefined) return found;
      hour = await laterThan(hour);
    }
    return undefined;
  };

  const read = async (position: TapePosition): Promise<Piece | undefined> => {
    const stretch = await find(position);
    if (stretch === undefined) return undefined;
    const next = { at: stretch.at + 1 };
    const sound = await soundOf(stretch);
    return sound === undefined ? read(next) : { stretch, sound, next };
  };

  const seek = async (at: number): Promise<TapePosition | undefined> => {
    const all = await hours();
    const hour = all.findLast((one) => (hourStart(one) ?? 0) <= at) ?? all[0];
    if (hour === undefined) return undefined;
    const stretch = (await stretchesOf(hour)).find((one) => one.at + one.durationMs > at);
    return { at: stretch?.at ?? at };
  };

  return { seek, read, find, hours, index: stretchesOf };
}
