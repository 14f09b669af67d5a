/** The files of `announce`: an announcement for any web server, and the picture of a session. */
import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { fileProblem } from '../../client/track/track-input.js';
import { IMAGE_BYTES_MAX } from '../../image/image-type.js';
import { inspectImage } from '../../image/inspect-image.js';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
import { pathOf } from '../../runtime/file-name.js';
import { print } from '../shell/output.js';

/** Standard output, or input, in place of a file. */
export const STANDARD = '-';

/** The document in a file; undefined if there is none that can be read. */
export const documentIn = (file: string): Promise<string | undefined> =>
  file === STANDARD ? Promise.resolve(undefined) : readFile(file, 'utf8').catch(() => undefined);

/** Writes an announcement. Rejects with a UserError. */
export async function writeDocument(file: string, xml: string): Promise<void> {
  if (file === STANDARD) return print(xml);
  try {
    await writeFile(file, xml);
  } catch (error) {
    throw new UserError(EXIT.file, `cannot write ${file}: ${systemReason(error)}`);
  }
}

/** A picture, and its SHA-256, 43 characters of base64url. */
export interface Picture {
  readonly hash: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A file that is too large is refused by its length, and not read. */
async function bytesOf(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await stat(pathOf(file));
    if (size > IMAGE_BYTES_MAX) return new Uint8Array(IMAGE_BYTES_MAX + 1);
    return await readFile(pathOf(file));
  } catch (error) {
    throw fileProblem(file, error);
  }
}

/** Reads a picture that a cluster will take. Rejects with a UserError. */
export async function readPicture(file: string): Promise<Picture> {
  const bytes = await bytesOf(file);
  const inspected = inspectImage(bytes);
  if (inspected.ok) return { hash: createHash('sha256').update(bytes).digest('base64url'), bytes };
  throw new UserError(EXIT.file, `${file}: ${inspected.problems.join('; ')}`);
}
