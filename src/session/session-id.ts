/**
 * The identity of a session: its name and its public key. Anybody can announce any name, but only
 * who holds the private key can sign for it, so the same name with another key is another session.
 * Processes compare sessions by this text; people see the name.
 */
import { bad, good, type Result } from '../lib/result.js';
import { isPublicKey, type PublicKey } from './public-key.js';
import { parseSessionName, type SessionName } from './session-name.js';

/** A session's name and key. */
export interface SessionIdentity {
  readonly name: SessionName;
  readonly key: PublicKey;
}

/** `scattercast://creator/session#KEY`. */
export const sessionId = ({ name, key }: SessionIdentity): string => `${name.text}#${key}`;

/** Reads that form; the name must be in its normal form. */
export function parseSessionId(text: string): Result<SessionIdentity> {
  const [before = '', key, ...more] = text.split('#');
  const name = parseSessionName(before);
  if (!name.ok) return name;
  if (isPublicKey(key) && more.length === 0 && name.value.text === before) {
    return good({ name: name.value, key });
  }
  return bad('a session must be written as scattercast://creator/session#KEY');
}
