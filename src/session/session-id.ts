/**
 * The identity of a session: its name and its public key. Anybody can announce any name, but only
 * who holds the private key can sign for it, so the same name with another key is another session.
 * Processes compare sessions by the id; people see the name.
 *
 * In paths at a cluster `creator/session` is what is published there. A session that is announced
 * elsewhere has the path `creator/session@KEY`.
 */
import { excerpt } from '../lib/excerpt.js';
import { bad, good, type Result } from '../lib/result.js';
import { isPublicKey, type PublicKey } from './public-key.js';
import {
  parseSessionName,
  parseSessionPath,
  type SessionName,
  sessionPath,
} from './session-name.js';

/** A session's name, and perhaps its key: without one, what is published under that name. */
export interface SessionRef extends SessionName {
  readonly key?: PublicKey;
}

/** A session's name and key. */
export interface SessionIdentity extends SessionName {
  readonly key: PublicKey;
  /** `scattercast://creator/session#KEY`. */
  readonly id: string;
}

/** A session at a cluster: its path there is that of `refPath`. */
export interface PlacedSession extends SessionIdentity {
  readonly path: string;
}

export function identityOf({ text, creator, session }: SessionName, key: PublicKey) {
  return { text, creator, session, key, id: `${text}#${key}` } satisfies SessionIdentity;
}

/** Reads an id; the name must be in its normal form. */
export function parseSessionId(id: string): Result<SessionIdentity> {
  const [before = '', key, ...more] = id.split('#');
  const name = parseSessionName(before);
  if (!name.ok) return name;
  if (isPublicKey(key) && more.length === 0 && name.value.text === before) {
    return good(identityOf(name.value, key));
  }
  return bad('a session must be written as scattercast://creator/session#KEY');
}

/** Reads `creator/session` or `creator/session@KEY`. */
export function parseSessionRef(path: string): Result<SessionRef> {
  const at = path.lastIndexOf('@');
  const name = parseSessionPath(at === -1 ? path : path.slice(0, at));
  if (!name.ok || at === -1) return name;
  const key = path.slice(at + 1);
  if (isPublicKey(key)) return good({ ...name.value, key });
  return bad(`behind the "@" must be the session's key, got ${excerpt(key)}`);
}

/** `creator/session`, or `creator/session@KEY` if it has a key. */
export const refPath = (ref: SessionRef): string =>
  ref.key === undefined ? sessionPath(ref) : `${sessionPath(ref)}@${ref.key}`;

/** The name in an id, for people; any other text as it is. */
export const nameInId = (id: string): string => id.split('#', 1)[0] ?? id;
