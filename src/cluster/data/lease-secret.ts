/**
 * The secrets of a cluster, each in a file of the data directory that only the cluster's own user can
 * read. By one a front end recognises its SCXs; it is kept so that a restarted front end accepts the
 * SCXs that an earlier one launched. The other is the operator's password for `/admin`, which tools
 * are given: with it alone nobody can pose as an SCX. Only the second is ever sent; the first is proven
 * (http/cluster-proof.ts).
 */
import { chmod } from 'node:fs/promises';
import type { Request, Response } from 'express';
import { CLOCK_FIELD, PROOF_FIELD, type ProofCheck, uptimeMs } from '../../http/cluster-proof.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { drawPassword, drawToken } from '../../runtime/secrets.js';
import { type SigningKey, signingKeyFrom } from '../../runtime/signing-key.js';
import { createFileAtomic, PRIVATE_MODE, readFileIfAny } from './atomic-file.js';

/** The secret in a file, drawn at the first start; `advice`: what to do if it is malformed. */
async function loadDrawn(
  path: string,
  draw: () => string,
  form: RegExp,
  advice: string,
): Promise<string> {
  await createFileAtomic(path, draw(), PRIVATE_MODE);
  const secret = (await readFileIfAny(path))?.trim() ?? '';
  if (!form.test(secret)) throw new UserError(EXIT.file, `${path} is damaged: ${advice}`);
  await chmod(path, PRIVATE_MODE);
  return secret;
}

/** What `drawToken` draws. */
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/;

/** The secret between the front end and its SCXs: 256 random bits. */
export const loadSecret = (dataDir: string): Promise<string> =>
  loadDrawn(`${dataDir}/secret`, drawToken, TOKEN_FORM, "stop this cluster's SCXs and remove it");

/** The operator's token for `/admin`: drawn, or what the operator has written into the file. */
export const loadAdminToken = (dataDir: string): Promise<string> =>
  loadDrawn(
    `${dataDir}/admin-token`,
    drawPassword,
    /^[!-~]{16,128}$/,
    'write 16 to 128 printable characters into it, or remove it',
  );

/** The cluster's own key: private sessions list the clusters that may carry them by it. */
export const loadClusterKey = async (dataDir: string): Promise<SigningKey> => {
  const seed = await loadDrawn(
    `${dataDir}/cluster-key`,
    drawToken,
    TOKEN_FORM,
    'remove it; private sessions that list this cluster must then be announced again',
  );
  return signingKeyFrom(seed);
};

/** Tells a client whose proof is refused the time here: it may be on another machine. */
export const tellClock = (response: Response): void =>
  void response.set(CLOCK_FIELD, `${uptimeMs()}`);

/** Whether a request to the front end was made with the cluster's secret. */
export const isProven = (check: ProofCheck, request: Request, body: string | Uint8Array): boolean =>
  check.isProven(request.get(PROOF_FIELD), {
    method: request.method,
    target: request.originalUrl,
    body,
  });
