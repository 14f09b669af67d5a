/**
 * The name of a session (§2.1). It travels in URLs, in file names of players' lists and in log
 * lines, so only characters that are written the same everywhere may be part of it. Whether it
 * ends in a slash makes no difference, and neither does the case of the creator, which is a
 * host name; the session's own part is kept as it is.
 *
 * Departure: the paper says "URL-like" and leaves the characters open.
 */

import { excerpt } from '../lib/excerpt.js';
import { bad, good, type Result } from '../lib/result.js';
import { createFindings } from './findings.js';
import { parseHostName } from './host-name.js';

/** A session's name, normalised: two names are the same session exactly if `text` is equal. */
export interface SessionName {
  /** `scattercast://creator/session`. */
  readonly text: string;
  /** A host name in lower case. */
  readonly creator: string;
  /** One path segment of unreserved characters (RFC 3986 §2.3). */
  readonly session: string;
}

const SCHEME = 'scattercast://';
const FORM = 'scattercast://creator-identity/session-name';
const SESSION_LENGTH_MAX = 64; // guess: fits one line of a player's display
const LENGTH_MAX = 400; // more than the longest valid name
const ODD_CHARACTER = /[^A-Za-z0-9._~-]/u;

/** What follows the name in the listen path; a name that ends so could not be told from it. */
const LISTEN_SUFFIX = /\.(mp3|m3u|pls|xspf)$/i;

function parseSegment(text: string): Result<string> {
  if (text === '') return bad('the session part of the name is missing');
  if (text.length > SESSION_LENGTH_MAX) {
    return bad(
      `the session part is ${text.length} characters long; ` +
        `at most ${SESSION_LENGTH_MAX} are allowed`,
    );
  }
  const odd = ODD_CHARACTER.exec(text);
  if (odd !== null) {
    return bad(
      `the session part ${excerpt(text)} contains ${excerpt(odd[0])}: ` +
        'write letters, digits, "-", ".", "_" and "~" only',
    );
  }
  if (text === '.' || text === '..') return bad(`the session part must not be ${excerpt(text)}`);
  const suffix = LISTEN_SUFFIX.exec(text);
  if (suffix === null) return good(text);
  return bad(`the session part must not end in ${suffix[0]}, which the listen path adds: drop it`);
}

/**
 * The name behind `creator/session`, the form that it has in URLs.
 * Problems: too long, not two parts, a creator that is no host name, odd characters.
 */
export function parseSessionPath(path: string): Result<SessionName> {
  if (path.length > LENGTH_MAX) {
    return bad(`the session name is ${path.length} characters long, which is too much`);
  }
  const parts = path.split('/');
  if (parts.length !== 2) {
    return bad(`a session is named by creator-identity/session-name, got ${excerpt(path)}`);
  }
  const findings = createFindings();
  const creator = findings.take(parseHostName('the creator identity', parts[0] ?? ''));
  const session = findings.take(parseSegment(parts[1] ?? ''));
  if (creator === undefined || session === undefined) return findings.refuse();
  return good({ text: `${SCHEME}${creator}/${session}`, creator, session });
}

/**
 * §2.1: "Session names are of the form `scattercast://creator-identity/session-name`."
 * Takes one trailing slash, as in the paper's example, and drops it.
 */
export function parseSessionName(text: string): Result<SessionName> {
  if (text.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
    return bad(`a session name has the form ${FORM}, got ${excerpt(text)}`);
  }
  return parseSessionPath(text.slice(SCHEME.length).replace(/\/$/, ''));
}

/** `creator/session`: safe in a URL without escaping. */
export function sessionPath(name: SessionName): string {
  return `${name.creator}/${name.session}`;
}
