/**
 * Signs announcements, and checks those of others. The signature covers the printed form of what was
 * read (session/print-announcement.ts), so white space, comments and additions of others may change
 * on the way, and nothing that we use.
 *
 * An announcement is read by whoever fetches it, from any server. The signature says that it is the
 * session's own; the issue time, which of two is the newer one.
 */

import { printInstant } from '../lib/instant.js';
import { bad, good, type Result } from '../lib/result.js';
import type { Announcement, SignedAnnouncement } from '../session/announcement.js';
import { printAnnouncement } from '../session/print-announcement.js';
import { type SigningKey, verifierOf } from './signing-key.js';

/** Clocks differ. An announcement of the far future would hold until then. Guess. */
const AHEAD_MS_MAX = 600_000;

const UNSIGNED =
  'the announcement is not signed: announce it again with "scattercast announce", which signs it';
const ALTERED =
  "the announcement's signature does not match its content: it was altered after it was signed, " +
  'or was signed with another key';

function signedBytes(announcement: Announcement): Uint8Array {
  const { signature: _, ...content } = announcement;
  return Buffer.from(printAnnouncement(content));
}

/** Signs an announcement; what it says about key, issue time and signature is replaced. */
export function signAnnouncement(
  announcement: Announcement,
  sessionKey: SigningKey,
  issuedMs: number,
): SignedAnnouncement {
  const content = { ...announcement, key: sessionKey.publicKey, issuedMs };
  const signature = sessionKey.sign('announcement', signedBytes(content));
  return { ...content, signature: Buffer.from(signature).toString('base64url') };
}

/** An announcement in normal form that its session's key has signed; `nowMs` since 1970. */
export function verifyAnnouncement(
  announcement: Announcement,
  nowMs: number,
): Result<SignedAnnouncement> {
  const { key, issuedMs, signature } = announcement;
  if (key === undefined || issuedMs === undefined || signature === undefined) return bad(UNSIGNED);
  const bytes = Buffer.from(signature, 'base64url');
  const isRight = verifierOf(key)('announcement', signedBytes(announcement), bytes);
  if (!isRight) return bad(ALTERED);
  if (issuedMs <= nowMs + AHEAD_MS_MAX) {
    return good({ ...announcement, key, issuedMs, signature });
  }
  return bad(
    `the announcement was issued in the future, at ${printInstant(issuedMs)}, ` +
      `${Math.round((issuedMs - nowMs) / 1000)} s ahead of the clock here: ` +
      'check the clock of the machine that announces, and announce it again',
  );
}
