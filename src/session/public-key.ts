/**
 * Public keys and hashes as they are written: both are 32 bytes, in base64url.
 *
 * A public key is an Ed25519 key (RFC 8032). It names a session, a source or an SCX together with, or
 * instead of, a name that anybody can choose. A hash is a SHA-256, with `sha256:` before it in documents.
 */
import { bad, good, type Result } from '../lib/result.js';

/** 43 characters of base64url. */
export type PublicKey = string & { readonly brand: 'PublicKey' };

/** 32 bytes have two unused bits in the last character; they must be 0, so that a key has one form. */
const FORM = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const HASH_PREFIX = 'sha256:';

export const isPublicKey = (text: unknown): text is PublicKey =>
  typeof text === 'string' && FORM.test(text);

/** Whether it is a hash without the prefix: 43 characters. */
export const isSha256 = (digits: string): boolean => FORM.test(digits);

/** A hash with the prefix. */
export const sha256Text = (digits: string): string => `${HASH_PREFIX}${digits}`;

/** Reads a hash with the prefix; returns the 43 characters. */
export function parseSha256(what: string, text: string): Result<string> {
  const digits = text.slice(HASH_PREFIX.length);
  if (text.startsWith(HASH_PREFIX) && isSha256(digits)) return good(digits);
  return bad(`${what} must be "sha256:" and 43 characters of base64url`);
}
