/**
 * Mounts: the names by which encoders address a session, `/CREATOR/SESSION`, with `.mp3` or without, or
 * `/CREATOR/SESSION@KEY` for one that a cluster does not publish itself. A mount may have a priority: `/CREATOR/SESSION?priority=50` is played while no source of a higher
 * priority is live.
 */

import { pathOf } from '../lib/url-path.js';
import { parseSessionRef, type SessionIdentity, type SessionRef } from '../session/session-id.js';
import { type SessionName, sessionPath } from '../session/session-name.js';

/** The priority of a mount without one, and the default of `broadcast`. */
export const DEFAULT_PRIORITY = 128;
/** The highest priority; the lowest is 0. */
export const PRIORITY_MAX = 255;

const withoutSuffix = (path: string): string => path.replace(/\.mp3$/, '');

/** The session in a mount's path; undefined if the path is no `/CREATOR/SESSION`. */
export function sessionOfMount(path: string): SessionRef | undefined {
  const ref = parseSessionRef(withoutSuffix(path.replace(/^\//, '')));
  return ref.ok ? ref.value : undefined;
}

/** Whether a path without a suffix is a name of this session, where a server has no other one. */
export function isPathOf(path: string, session: SessionIdentity): boolean {
  if (path === `/${session.session}`) return true;
  const ref = sessionOfMount(path);
  return ref?.text === session.text && (ref.key ?? session.key) === session.key;
}

/** Whether a request's target is a mount of the session: its short or its full name. */
export function isMountOf(target: string, session: SessionIdentity): boolean {
  const path = pathOf(target);
  return path !== undefined && isPathOf(withoutSuffix(path), session);
}

/** The priority in a mount; undefined without one, `bad` if it is no number from 0 to 255. */
export function priorityOf(target: string): number | undefined | 'bad' {
  const text = new URLSearchParams(/\?([^#]*)/.exec(target)?.[1] ?? '').get('priority');
  if (text === null) return undefined;
  return /^\d{1,3}$/.test(text) && Number(text) <= PRIORITY_MAX ? Number(text) : 'bad';
}

/** The mount in a request's target as addresses have it: without a query; undefined if malformed. */
export function mountPath(target: string): string | undefined {
  const path = pathOf(target);
  return path?.startsWith('/') ? encodeURI(path) : undefined;
}

/** The full name of a session's mount. */
export const mountOf = (name: SessionName): string => `/${sessionPath(name)}`;
