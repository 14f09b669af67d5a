/**
 * The name of a session (§2.1). It appears in URLs, in file names of playlists and in logs, so it
 * may contain only characters that are written the same in all of them. A slash at the end makes no
 * difference, and neither does the case of the creator, which is a host name; the case of the
 * session part is kept.
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

/** The endings of the listen path; a name with such an ending would be ambiguous in it. */
const LISTEN_SUFFIX = /\.(mp3|m3u8?|pls|xspf)$/i;

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
  return bad(
    `the session part must not end in ${suffix[0]}, which the listen path adds: remove it`,
  );
}

/**
 * Reads `creator/session`, the form that a session name has in URLs.
 * Problems: too long, not two parts, a creator that is not a host name, disallowed characters.
 */
export function parseSessionPath(path: string): Result<SessionName> {
  if (path.length > LENGTH_MAX) {
    return bad(
      `the session name is ${path.length} characters long; at most ${LENGTH_MAX} are allowed`,
    );
  }
  const parts = path.split('/');
  if (parts.length !== 2) {
    return bad(
      `a session name must have two parts, creator-identity/session-name, got ${excerpt(path)}`,
    );
  }
  const findings = createFindings();
  const creator = findings.take(parseHostName('the creator identity', parts[0] ?? ''));
  const session = findings.take(parseSegment(parts[1] ?? ''));
  if (creator === undefined || session === undefined) return findings.refuse();
  return good({ text: `${SCHEME}${creator}/${session}`, creator, session });
}

/**
 * §2.1: "Session names are of the form `scattercast://creator-identity/session-name`."
 * One trailing slash, as in the paper's example, is dropped.
 */
export function parseSessionName(text: string): Result<SessionName> {
  if (text.slice(0, SCHEME.length).toLowerCase() !== SCHEME) {
    return bad(`a session name must have the form ${FORM}, got ${excerpt(text)}`);
  }
  return parseSessionPath(text.slice(SCHEME.length).replace(/\/$/, ''));
}

/** `creator/session`: safe in a URL without escaping. */
export function sessionPath(name: SessionName): string {
  return `${name.creator}/${name.session}`;
}
