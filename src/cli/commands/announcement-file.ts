/** An announcement as a file, for any web server. */
import { readFile, writeFile } from 'node:fs/promises';
import { EXIT, systemReason, UserError } from '../../lib/user-error.js';
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
