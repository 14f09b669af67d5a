/**
 * Proves the knowledge of a cluster's secret without telling it. The secret lies in the data
 * directory, where only the cluster's own user can read it, and the processes of a cluster recognise
 * each other by it. They reach each other at ports, and while a process is away any other user of the
 * machine can open its port. So the secret is never sent: a request carries a code that was made
 * with the secret and holds for this request only, and an answer that has consequences carries one,
 * too. A program that merely opened the port learns nothing that is of use, and can answer nothing.
 *
 * A code holds for PROOF_MS, by the time since the machine was started, which all its processes see
 * alike and which nobody sets. Machines of one cluster have different such times: proven-client.ts.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { uptime } from 'node:os';
import { createBoundedMap } from '../lib/bounds/bounded-map.js';
import { isSameSecret } from '../runtime/secrets.js';

/** In requests and in answers. */
export const PROOF_FIELD = 'x-scattercast-proof';

/** The clock by which a process on another machine checks, as it told it a moment ago. */
export const clockOf =
  ({ clockMs }: { readonly clockMs?: number | undefined }) =>
  (): number =>
    clockMs ?? uptimeMs();

/** In answers of status 401: `uptimeMs` of who answers. */
export const CLOCK_FIELD = 'x-scattercast-clock';

/** What a code is about. */
export interface ProvenRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  /** Default: none. */
  readonly body?: string | Uint8Array;
}

/** The code of a request, and what its answer is checked with. */
export interface Proof {
  /** The value of PROOF_FIELD. */
  readonly value: string;
  /** Whether an answer comes from somebody who knows the secret; `proof`: its PROOF_FIELD. */
  isAnsweredBy(proof: string | undefined, status: number, body: string): boolean;
}

/** Checks the codes of requests. */
export interface ProofCheck {
  /** Whether the request was made with the secret. `value`: its PROOF_FIELD. */
  isProven(value: string | undefined, request: ProvenRequest): boolean;
  /** The PROOF_FIELD of the answer to a request that was proven with `value`. */
  answerTo(value: string | undefined, status: number, body: string): string;
}

/** A busy machine may take a while to read a request. Guess. */
const PROOF_MS = 20_000;
/** Codes that were used, at most: they are refused a second time. */
const USED_MAX = 4096;

const FORM = /^(\d{1,15})\.([\w-]{22})\.([\w-]{43})$/;

/** Ms since the machine was started. */
export const uptimeMs = (): number => Math.round(uptime() * 1000);

const hashOf = (body: string | Uint8Array): string =>
  createHash('sha256').update(body).digest('base64url');

const codeOf = (secret: string, ...parts: readonly (string | number)[]): string =>
  createHmac('sha256', secret).update(parts.join('\n')).digest('base64url');

const requestCode = (
  secret: string,
  { method, target, body = '' }: ProvenRequest,
  at: string | number,
  nonce: string,
): string => codeOf(secret, 'request', method, target, at, nonce, hashOf(body));

const answerCode = (secret: string, value: string, status: number, body: string): string =>
  codeOf(secret, 'answer', value, status, hashOf(body));

/** Makes the code of a request that is sent now. */
export function proveRequest(secret: string, request: ProvenRequest, now = uptimeMs): Proof {
  const at = now();
  const nonce = randomBytes(16).toString('base64url');
  const value = `${at}.${nonce}.${requestCode(secret, request, at, nonce)}`;
  return {
    value,
    isAnsweredBy: (proof, status, body) =>
      isSameSecret(proof ?? '', answerCode(secret, value, status, body)),
  };
}

/** Creates a check; `now` in ms since the machine was started. */
export function createProofCheck(secret: string, now = uptimeMs): ProofCheck {
  const used = createBoundedMap<string, true>(USED_MAX);
  return {
    isProven: (value, request) => {
      const [, at = '', nonce = '', code = ''] = FORM.exec(value ?? '') ?? [];
      if (at === '' || Math.abs(now() - Number(at)) > PROOF_MS || used.has(nonce)) return false;
      if (!isSameSecret(code, requestCode(secret, request, at, nonce))) return false;
      used.set(nonce, true);
      return true;
    },
    answerTo: (value = '', status, body) => answerCode(secret, value, status, body),
  };
}
