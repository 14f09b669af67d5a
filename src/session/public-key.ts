/**
 * A public key as it is written: an Ed25519 key (RFC 8032), 32 bytes, in base64url. It names a
 * session, a source or an SCX together with, or instead of, a name that anybody can choose.
 */
/** 43 characters of base64url. */
export type PublicKey = string & { readonly brand: 'PublicKey' };

/** 32 bytes have two unused bits in the last character; they must be 0, so that a key has one form. */
const FORM = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

export const isPublicKey = (text: unknown): text is PublicKey =>
  typeof text === 'string' && FORM.test(text);
