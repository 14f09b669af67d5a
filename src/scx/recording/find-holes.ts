/** Finds the holes of a recording that is on the disk, one hour at a time. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  HOUR_MS,
  hourStart,
  hoursIn,
  indexFile,
  parseIndex,
  type Stretch,
} from '../../api/recordings/recording-files.js';
import { type Hole, holeBefore, holeBetween } from './holes.js';

/** The holes since an instant, ms since 1970, the oldest first. Rejects with the system's error. */
export async function findHoles(folder: string, since: number): Promise<readonly Hole[]> {
  const holes: Hole[] = [];
  let last: Stretch | undefined;
  for (const hour of hoursIn(await readdir(folder).catch(() => []))) {
    if ((hourStart(hour) ?? 0) + HOUR_MS < since) continue;
    for (const one of parseIndex(await readFile(join(folder, indexFile(hour)), 'utf8'))) {
      const hole = last === undefined ? holeBefore(one, since) : holeBetween(last, one);
      if (hole !== undefined) holes.push(hole);
      last = one;
    }
  }
  return holes;
}
