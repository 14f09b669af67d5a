/**
 * Proves that a request comes from a session's owner: it is signed with the session's key, whose
 * private half never leaves the owner's machine. A signature is about one request (method, path,
 * body), one server and one instant, and is accepted once; so whoever sees the request can neither
 * repeat it there nor use it at another cluster where the session is announced, too.
 *
 * Bounded: USED_MAX signatures are remembered. Only right ones are, so strangers cannot push them
 * out.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createBoundedMap } from '../lib/bounds/bounded-map.js';
import type { SigningKey, Verify } from '../runtime/signing-key.js';

/** In requests of owners: `TIME.NONCE.BODYHASH.SIGNATURE`. */
export const SESSION_PROOF_FIELD = 'x-scattercast-signature';

/** What a signature is about, besides the body. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, as they are sent. */
  readonly target: string;
}

/** A request that is signed, or why it does not count as signed. */
export type SessionProof =
  /** `bodyHash`: of the body that the signature is about, see `hashOfBody`; `atMs` since 1970. */
  | { readonly kind: 'signed'; readonly bodyHash: string; readonly atMs: number }
  /** `aheadMs`: how far its time is ahead of ours, or behind it (negative). */
  | { readonly kind: 'late'; readonly aheadMs: number }
  | { readonly kind: 'missing' | 'wrong' | 'used' };

/** Checks the signatures of requests. */
export interface SessionProofCheck {
  /** `value`: the SESSION_PROOF_FIELD; `authorities`: our own names, as `host:port`. */
  check(
    value: string | undefined,
    verify: Verify,
    request: SignedRequest,
    authorities: readonly string[],
  ): SessionProof;
}

/** Clocks of stations are set by hand at times. Guess. */
const WINDOW_MS = 600_000;
const USED_MAX = 4096;
const FORM = /^(\d{13})\.([\w-]{22})\.([\w-]{43})\.([\w-]{86})$/;

/** SHA-256 in base64url. */
export const hashOfBody = (body: string | Uint8Array): string =>
  createHash('sha256').update(body).digest('base64url');

const statement = (
  { method, target }: SignedRequest,
  ...rest: readonly [authority: string, at: string, nonce: string, hash: string]
): Uint8Array => Buffer.from([method, target, ...rest].join('\n'));

/** The value of SESSION_PROOF_FIELD for a request that is sent now to this authority. */
export function signRequest(
  key: SigningKey,
  authority: string,
  { body = '', ...request }: SignedRequest & { readonly body?: string | Uint8Array },
  now = Date.now,
): string {
  const parts = [`${now()}`, randomBytes(16).toString('base64url'), hashOfBody(body)] as const;
  const signature = key.sign('request', statement(request, authority, ...parts));
  return [...parts, Buffer.from(signature).toString('base64url')].join('.');
}

/** Creates a check that has seen no request; `now` in ms since 1970. */
export function createSessionProofCheck(now = Date.now): SessionProofCheck {
  const used = createBoundedMap<string, true>(USED_MAX);
  return {
    check: (value, verify, request, authorities) => {
      if (value === undefined) return { kind: 'missing' };
      const [, at = '', nonce = '', hash = '', code = ''] = FORM.exec(value) ?? [];
      const signature = Buffer.from(code, 'base64url');
      const isRight = authorities.some((authority) =>
        verify('request', statement(request, authority, at, nonce, hash), signature),
      );
      if (!isRight) return { kind: 'wrong' };
      const aheadMs = Number(at) - now();
      if (Math.abs(aheadMs) > WINDOW_MS) return { kind: 'late', aheadMs };
      if (used.has(nonce)) return { kind: 'used' };
      used.set(nonce, true);
      return { kind: 'signed', bodyHash: hash, atMs: Number(at) };
    },
  };
}
