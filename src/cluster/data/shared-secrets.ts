/**
 * The secrets of a cluster whose front ends are on several machines: all of them are derived from
 * one text, which the operator gives each front end as a file (a Docker secret). They are written to
 * the data directory, where this program's commands on that machine find them.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { EXIT, UserError } from '../../lib/user-error.js';
import { derivePassword } from '../../runtime/secrets.js';
import { PRIVATE_MODE, writeFileAtomic } from './atomic-file.js';

/** Shorter ones can be guessed. */
const LENGTH_MIN = 32;
const LENGTH_MAX = 1024;

const derive = (purpose: string, text: string): string =>
  createHash('sha256').update(`scattercast ${purpose} 1\n${text}`).digest('base64url');

/** The files, by their names in the data directory. */
const secretsOf = (text: string): Readonly<Record<string, string>> => ({
  secret: derive('cluster secret', text),
  'admin-token': derivePassword('admin token', text),
  'cluster-key': derive('cluster key', text),
});

/**
 * Writes the secrets that follow from the text in a file. Rejects with a UserError if that cannot be
 * read, or is too short.
 */
export async function placeSharedSecrets(dataDir: string, file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    const advice = 'create it as docs/deploying.md says';
    throw new UserError(EXIT.file, `--cluster-secret ${file} cannot be read (${code}): ${advice}`);
  });
  const trimmed = text.trim();
  if (trimmed.length < LENGTH_MIN || trimmed.length > LENGTH_MAX) {
    const need = `must have ${LENGTH_MIN} to ${LENGTH_MAX} characters, all drawn at random`;
    throw new UserError(EXIT.file, `the text of --cluster-secret ${file} ${need}`);
  }
  for (const [name, value] of Object.entries(secretsOf(trimmed))) {
    await writeFileAtomic(`${dataDir}/${name}`, value, PRIVATE_MODE);
  }
}
