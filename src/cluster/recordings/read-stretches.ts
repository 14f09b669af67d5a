/** What a cluster tells others of its recording (api/recordings/stretches-answer.ts). */
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  hourOf,
  hoursIn,
  indexFile,
  parseIndex,
  type Stretch,
  soundFile,
} from '../../api/recordings/recording-files.js';
import {
  printTold,
  STRETCHES_TOLD_MAX,
  type StretchesAsked,
  toldStretches,
} from '../../api/recordings/stretches-answer.js';

/** The stretches of an hour; none if it has no index. */
export const stretchesOf = async (folder: string, hour: string): Promise<readonly Stretch[]> =>
  parseIndex(await readFile(join(folder, indexFile(hour)), 'utf8').catch(() => ''));

/** The stretches in the range, which are whole; a few more than an answer holds at most. */
async function stretchesIn(folder: string, { from, to }: StretchesAsked) {
  const hours = hoursIn(await readdir(folder).catch(() => []));
  const found: Stretch[] = [];
  for (const hour of hours) {
    if (hour < hourOf(from) || hour > hourOf(to)) continue;
    const index = await stretchesOf(folder, hour);
    found.push(...index.filter(({ at, isMended }) => at >= from && at <= to && isMended !== true));
    if (found.length > STRETCHES_TOLD_MAX) break;
  }
  return found;
}

async function soundOf(folder: string, { at, offset, bytes }: Stretch): Promise<Buffer> {
  const file = await open(join(folder, soundFile(hourOf(at))));
  return file
    .read(Buffer.alloc(bytes), 0, bytes, offset)
    .then(({ buffer }) => buffer)
    .finally(() => file.close());
}

/** The body of an answer. Rejects with the system's error. */
export async function readStretches(folder: string, asked: StretchesAsked): Promise<Buffer> {
  const found = await stretchesIn(folder, asked);
  const told = toldStretches(found, asked.withSound);
  const parts: Uint8Array[] = [Buffer.from(printTold(told))];
  if (!asked.withSound) return Buffer.concat(parts);
  for (const { at } of told) {
    const stretch = found.find((one) => one.at === at);
    if (stretch !== undefined) parts.push(await soundOf(folder, stretch));
  }
  return Buffer.concat(parts);
}
