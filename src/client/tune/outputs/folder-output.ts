/**
 * Writes each ADU of a channel to a file of its own in a folder: slides, pictures, documents. A file's
 * name is the time at which its source sent it, its source and its number, and the ending that its
 * content suggests. A file appears under its name when it is whole.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adu } from '../../../gossamer/core/node.js';
import { createLatch } from '../../../runtime/latch.js';
import { type Output, writeProblem } from './output.js';

/** First bytes, and the endings that they stand for. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['89504e47', 'png'],
  ['ffd8ff', 'jpg'],
  ['47494638', 'gif'],
  ['25504446', 'pdf'],
  ['3c737667', 'svg'],
  ['504b0304', 'zip'],
];

function endingOf(payload: Uint8Array): string {
  const start = Buffer.from(payload.subarray(0, 8)).toString('hex');
  const known = ENDINGS.find(([bytes]) => start.startsWith(bytes))?.[1];
  return known ?? (payload.includes(0) ? 'bin' : 'txt');
}

/** `20261130T160500.123Z-0123456789abcdef-7.png` */
const nameOf = ({ timestampMs, source, sequence, payload }: Adu): string => {
  const time = new Date(Math.floor(timestampMs)).toISOString().replace(/[-:]/g, '');
  return `${time}-${source}-${sequence}.${endingOf(payload)}`;
};

/** Creates the folder, if it is not there. Rejects with a UserError. */
export async function createFolderOutput(folder: string): Promise<Output> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeProblem(folder, error);
  });
  const failed = createLatch();
  let writing: Promise<unknown> = Promise.resolve();
  const write = async (adu: Adu): Promise<void> => {
    const path = join(folder, nameOf(adu));
    try {
      await writeFile(`${path}.part`, adu.payload);
      await rename(`${path}.part`, path);
    } catch (error) {
      failed.reject(writeProblem(path, error));
    }
  };
  return {
    onFrame: () => undefined,
    onAdu: (adu) => {
      writing = writing.then(() => write(adu));
      return writing;
    },
    ended: failed.promise,
    end: async () => void (await writing),
  };
}
