/**
 * The cluster's secret, by which a front end recognises its SCXs. It is kept in the data directory,
 * so that a restarted front end accepts the SCXs that an earlier one launched.
 */
import { chmod } from 'node:fs/promises';
import { EXIT, UserError } from '../../lib/user-error.js';
import { drawToken, isSameSecret } from '../../runtime/secrets.js';
import { createFileAtomic, PRIVATE_MODE, readFileIfAny } from './atomic-file.js';

const FORM = /^[A-Za-z0-9_-]{43}$/;

/** The secret of a data directory: 256 random bits, drawn at the first start. */
export async function loadSecret(dataDir: string): Promise<string> {
  const path = `${dataDir}/secret`;
  await createFileAtomic(path, drawToken(), PRIVATE_MODE);
  const secret = (await readFileIfAny(path))?.trim() ?? '';
  if (!FORM.test(secret)) {
    throw new UserError(EXIT.file, `${path} is damaged: stop this cluster's SCXs and remove it`);
  }
  await chmod(path, PRIVATE_MODE);
  return secret;
}

/** Whether an Authorization header carries the secret; takes the same time whatever it carries. */
export const isAuthorized = (header: string | undefined, secret: string): boolean =>
  isSameSecret(header ?? '', `Bearer ${secret}`);
