/**
 * Records to a file, with a cue sheet of the titles beside it (`show.mp3` and `show.cue`). A file that
 * exists already is not overwritten: a recording cannot be made again.
 */
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { EXIT, UserError } from '../../../lib/user-error.js';
import { cueHead, cueTrack } from './cue-sheet.js';
import { type Output, writeProblem } from './output.js';
import { createStreamOutput } from './stream-output.js';

/**
 * How long the first title is waited for, ms: at an SCX that has just been started it comes a moment after the
 * sound for which it holds. Guess.
 */
const TITLE_MS = 5000;

/** Creates a file, which must not exist. Rejects with a UserError. */
async function createFile(path: string) {
  try {
    return createWriteStream(path, { fd: await open(path, 'wx') });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw writeProblem(path, error);
    throw new UserError(EXIT.file, `${path} exists already: give another name, or remove it`);
  }
}

/** Creates the recording. Rejects with a UserError. */
export async function createFileOutput(path: string, withCue: boolean): Promise<Output> {
  const sound = createStreamOutput(await createFile(path), path);
  if (!withCue) return sound;
  const cuePath = `${path.replace(/\.mp3$/i, '')}.cue`;
  const cue = await createFile(cuePath);
  let failure: UserError | undefined;
  cue.on('error', (error) => {
    failure ??= writeProblem(cuePath, error);
  });
  cue.write(cueHead(basename(path)));
  let number = 0;
  let positionMs = 0;
  let title: string | null | undefined;
  const begin = (next: string | null, ms: number): void => {
    title = next;
    cue.write(cueTrack(++number, next, ms));
  };
  return {
    ...sound,
    onFrame: (frame) => {
      const isAwaited = number === 0 && frame.title === null && positionMs < TITLE_MS;
      if (number === 0 && !isAwaited) begin(frame.title, 0);
      else if (!isAwaited && frame.title !== title) begin(frame.title, positionMs);
      positionMs += frame.durationMs;
      return sound.onFrame(frame);
    },
    end: async () => {
      if (number === 0 && positionMs > 0) begin(null, 0);
      await Promise.all([sound.end(), new Promise<void>((done) => cue.end(() => done()))]);
      if (failure !== undefined) throw failure;
    },
  };
}
