/**
 * A public key as it is written: an Ed25519 key (RFC 8032), 32 bytes, in base64url. It names a
 * session, a source or an SCX together with, or instead of, a name that anybody can choose.
 */
import { excerpt } from '../lib/excerpt.js';
import { bad, good, type Result } from '../lib/result.js';

/** 43 characters of base64url. */
export type PublicKey = string & { readonly brand: 'PublicKey' };

/** 32 bytes have two unused bits in the last character; they must be 0, so that a key has one form. */
const FORM = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export const isPublicKey = (text: unknown): text is PublicKey =>
  typeof text === 'string' && FORM.test(text);

/** Reads a public key. `what` names it in the problem. */
export function parsePublicKey(what: string, text: string): Result<PublicKey> {
  if (isPublicKey(text)) return good(text);
  return bad(`${what} must be 43 characters of base64url, got ${excerpt(text)}`);
}
