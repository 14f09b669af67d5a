/**
 * Puts stretches between those that are recorded (api/recordings/recording-files.ts): their sound is added to the
 * files, and then each index is replaced at once. Whoever reads the older index meanwhile finds what it says.
 */
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import {
  hourOf,
  hoursIn,
  indexFile,
  newIndexFile,
  parseIndex,
  printStretch,
  type Stretch,
  soundEnd,
  soundFile,
} from '../../api/recordings/recording-files.js';
import { FILE_MODE, placeAfter } from './place-after.js';

/** A stretch that comes from elsewhere: where it stands here is not known yet. */
export interface FoundStretch {
  readonly stretch: Stretch;
  readonly sound: Uint8Array;
}

const readIndex = async (folder: string, hour: string): Promise<readonly Stretch[]> =>
  parseIndex(await readFile(join(folder, indexFile(hour)), 'utf8').catch(() => ''));

async function replaceIndex(folder: string, hour: string, all: readonly Stretch[]): Promise<void> {
  const written = join(folder, newIndexFile(hour));
  await writeFile(written, all.map(printStretch).join(''), { mode: FILE_MODE });
  await rename(written, join(folder, indexFile(hour)));
}

/** The same stretches with the places that follow from the one before them. */
function placed(before: Stretch | undefined, all: readonly Stretch[]): readonly Stretch[] {
  let last = before;
  return all.map((one, index) => {
    const isFirst = last === undefined && index === 0;
    const { number, breaks, playedMs } = one;
    last = { ...one, ...(isFirst ? { number, breaks, playedMs } : placeAfter(last, one)) };
    return last;
  });
}

/** Adds sound to the file of an hour; returns the stretches with their places in it. */
async function addSound(
  folder: string,
  hour: string,
  index: readonly Stretch[],
  found: readonly FoundStretch[],
): Promise<readonly Stretch[]> {
  const file = join(folder, soundFile(hour));
  let offset = soundEnd(index);
  const { size } = await stat(file).catch(() => ({ size: 0 }));
  if (size > offset) await truncate(file, offset);
  const sounds = found.map(({ sound }) => sound);
  await appendFile(file, Buffer.concat(sounds), { mode: FILE_MODE });
  return found.map(({ stretch, sound }) => {
    const added = { ...stretch, offset, bytes: sound.length };
    offset += sound.length;
    return added;
  });
}

async function insertIntoHour(
  folder: string,
  hour: string,
  found: readonly FoundStretch[],
): Promise<void> {
  const index = await readIndex(folder, hour);
  const taken = new Set(index.map(({ at }) => at));
  const fresh = found.filter(({ stretch }) => !taken.has(stretch.at));
  const added = await addSound(folder, hour, index, fresh);
  const all = [...index, ...added].toSorted((one, other) => one.at - other.at);
  const earlier = hoursIn(await readdir(folder)).findLast((one) => one < hour);
  const before = earlier === undefined ? undefined : (await readIndex(folder, earlier)).at(-1);
  await replaceIndex(folder, hour, placed(before, all));
}

/** The hours in which stretches have been played. */
export const hoursOf = (found: readonly FoundStretch[]): readonly string[] => [
  ...new Set(found.map(({ stretch }) => hourOf(stretch.at))),
];

/** Inserts stretches into a folder, in which nobody else writes meanwhile. Rejects with the system's error. */
export async function insertStretches(
  folder: string,
  found: readonly FoundStretch[],
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const hour of hoursOf(found)) {
    const own = found.filter(({ stretch }) => hourOf(stretch.at) === hour);
    await insertIntoHour(folder, hour, own);
  }
}

/** Counts on through all hours, as insertions change what follows them. An hour that is right is not written. */
export async function renumber(folder: string): Promise<void> {
  let before: Stretch | undefined;
  for (const hour of hoursIn(await readdir(folder).catch(() => []))) {
    const index = await readIndex(folder, hour);
    const right = placed(before, index);
    const isRight = right[0]?.number === index[0]?.number;
    if (!isRight) await replaceIndex(folder, hour, right);
    before = right.at(-1) ?? before;
  }
}
