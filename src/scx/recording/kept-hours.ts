/** The hours of recordings that are on the disk (api/recordings/recording-files.ts), and what room they take. */
import { open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import {
  hourOf,
  hoursIn,
  indexFile,
  newIndexFile,
  parseIndex,
  type Stretch,
  soundFile,
} from '../../api/recordings/recording-files.js';

/** Where recordings lie, and the bytes that they may take in all. */
export interface RecordingPlace {
  readonly root: string;
  readonly bytesMax: number;
}

const RESERVE_BYTES_MAX = 64 * 1024 * 1024;

/** What stays free of a disk, bytes: announcements and logs need little. Guess. */
const reserveOf = (bytes: number): number => Math.min(RESERVE_BYTES_MAX, bytes / 20);

/** The two files of an hour. */
export interface KeptHour {
  readonly folder: string;
  readonly hour: string;
  readonly bytes: number;
}

/** The hours in a folder of a session, with their sizes. */
export async function keptIn(folder: string): Promise<readonly KeptHour[]> {
  const hours = hoursIn(await readdir(folder).catch(() => []));
  const sizeOf = (file: string): Promise<number> =>
    stat(join(folder, file)).then(
      ({ size }) => size,
      () => 0,
    );
  const sized = hours.map(async (hour) => {
    const bytes = (await sizeOf(soundFile(hour))) + (await sizeOf(indexFile(hour)));
    return { folder, hour, bytes };
  });
  return Promise.all(sized);
}

/** Those of all sessions, the oldest first. */
export async function keptBelow(root: string): Promise<readonly KeptHour[]> {
  const creators = await readdir(root).catch(() => []);
  const folders = await Promise.all(
    creators.map(async (creator) =>
      (await readdir(join(root, creator)).catch(() => [])).map((name) => join(root, creator, name)),
    ),
  );
  const kept = await Promise.all(folders.flat().map(keptIn));
  return kept.flat().toSorted((one, other) => (one.hour < other.hour ? -1 : 1));
}

/** Removes the files of an hour. */
export const removeHour = async ({ folder, hour }: KeptHour): Promise<void> => {
  // Without its index a file of sound is not found any more, so that goes first.
  await rm(join(folder, indexFile(hour)), { force: true });
  await rm(join(folder, soundFile(hour)), { force: true });
  await rm(join(folder, newIndexFile(hour)), { force: true });
};

/**
 * Removes the oldest hours of all sessions until the rest is allowed, and what is older than `keepMsMax`. Rejects if
 * there is too much yet, or with the system's error. `now`: ms since 1970.
 */
export async function makeRoom(
  { root, bytesMax }: RecordingPlace,
  keepMsMax: number,
  now: number,
): Promise<void> {
  const all = await keptBelow(root);
  const [present, oldest] = [hourOf(now), hourOf(now - keepMsMax)];
  let total = all.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const one of all) {
    const isTooMuch = total > bytesMax && one.hour < present;
    if (!isTooMuch && one.hour >= oldest) break;
    await removeHour(one);
    total -= one.bytes;
  }
  if (total > bytesMax) throw new Error('the limit of bytes for recordings is reached');
  const { bavail, bsize, blocks } = await statfs(root);
  if (bavail * bsize < reserveOf(blocks * bsize)) throw new Error('the disk is nearly full');
}

/** The last stretch on the disk. */
export async function lastIn(folder: string): Promise<Stretch | undefined> {
  const hour = hoursIn(await readdir(folder).catch(() => [])).at(-1);
  if (hour === undefined) return undefined;
  const file = await open(join(folder, indexFile(hour)));
  return file
    .readFile('utf8')
    .then((text) => parseIndex(text).at(-1))
    .finally(() => file.close());
}
