/** The written form of a source key. */
import { bad, good, type Result } from '../lib/result.js';

/** 32 bytes are 43 characters of base64url. */
const FORM = /^sha256:[A-Za-z0-9_-]{43}$/;

/**
 * Reads `sha256:` and 43 characters of base64url. The problem does not quote a bad key: it may be a
 * password.
 */
export function parseSourceKey(text: string): Result<string> {
  if (FORM.test(text)) return good(text);
  return bad('the source key must be "sha256:" and 43 characters of base64url');
}
