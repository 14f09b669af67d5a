/**
 * Mounts, as source clients name what they feed: `/CREATOR/SESSION`, with `.mp3` or without. A
 * mount may say a priority: `/CREATOR/SESSION?priority=50` is a studio that steps in for a better one.
 */

import { pathOf } from '../lib/url-path.js';
import { parseSessionPath, type SessionName, sessionPath } from '../session/session-name.js';

/** As `broadcast` has it when it is not told. */
export const DEFAULT_PRIORITY = 128;
export const PRIORITY_MAX = 255;

const withoutSuffix = (path: string): string => path.replace(/\.mp3$/, '');

/** The session that a mount's path names by itself; undefined if it names none. */
export function sessionOfMount(path: string): SessionName | undefined {
  const name = parseSessionPath(withoutSuffix(path.replace(/^\//, '')));
  return name.ok ? name.value : undefined;
}

/** Whether the path is one of the names under which this session's SCX can be fed. */
export function isMountOf(target: string, name: SessionName): boolean {
  const path = pathOf(target);
  if (path === undefined) return false;
  const mount = withoutSuffix(path);
  return mount === `/${name.session}` || sessionOfMount(path)?.text === name.text;
}

/** The priority that a mount asks for; `bad` if that is no number from 0 to 255. */
export function priorityOf(target: string): number | undefined | 'bad' {
  const text = new URLSearchParams(/\?([^#]*)/.exec(target)?.[1] ?? '').get('priority');
  if (text === null) return undefined;
  return /^\d{1,3}$/.test(text) && Number(text) <= PRIORITY_MAX ? Number(text) : 'bad';
}

/** The mount under which any SCX of the session takes it. */
export const mountOf = (name: SessionName): string => `/${sessionPath(name)}`;
