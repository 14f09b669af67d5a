/**
 * The session that a client receives, as its announcement describes it. The client reads and verifies
 * the announcement itself (runtime/signed-announcement.ts), and takes from it the keys that may sign
 * what it hears. So neither an SCX nor a cluster can make it hear anything else: they may only keep
 * things back. Where only a name is given, the first cluster that is asked says which key the session
 * has; from then on, also at other clusters, that key is required. A newer announcement replaces an
 * older one, never the other way round.
 */
import { readText, requestFailure, sendRequest } from '../../http/client/plain-request.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { createSourceTrust, type SourceTrust } from '../../overlay/lots/source-trust.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { ANNOUNCEMENT_LIMITS, type SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { identityOf, parseSessionRef, type SessionIdentity } from '../../session/session-id.js';

/** A session whose key is known. */
export interface TrustedSession {
  readonly identity: SessionIdentity;
  /** The newest announcement that was read. */
  readonly announcement: SignedAnnouncement;
  /** The keys of its sources. */
  readonly trust: SourceTrust;
  /** Reads the announcement at a URL. Rejects with a UserError, also if it is another session's. */
  read(url: string): Promise<void>;
}

/** Time to fetch an announcement, ms. Guess. */
const FETCH_MS_MAX = 10_000;

async function fetchXml(url: string): Promise<string> {
  const signal = AbortSignal.timeout(FETCH_MS_MAX);
  try {
    const headers = { accept: 'application/xml' };
    const answer = await sendRequest({ url: new URL(url), headers, signal });
    if (answer.statusCode !== 200) throw new Error(`HTTP status ${answer.statusCode}`);
    return await readText(answer, ANNOUNCEMENT_LIMITS.documentBytesMax);
  } catch (error) {
    const why = signal.aborted ? 'no answer in time' : requestFailure(error);
    throw new UserError(EXIT.unreachable, `the announcement at ${url} cannot be read (${why})`);
  }
}

async function readAnnouncement(url: string): Promise<SignedAnnouncement> {
  const parsed = parseAnnouncement(await fetchXml(url));
  const verified = parsed.ok ? verifyAnnouncement(parsed.value, Date.now()) : parsed;
  if (verified.ok) return verified.value;
  const problems = verified.problems.join('; ');
  throw new UserError(EXIT.refused, `the document at ${url} is no valid announcement: ${problems}`);
}

/** The key that a name like `creator/session@KEY` asks for. */
function askedKey(text: string): string | undefined {
  const ref = parseSessionRef(text);
  return ref.ok ? ref.value.key : undefined;
}

/** Reads a session's announcement for the first time. Rejects with a UserError. */
export async function openTrustedSession(text: string, url: string): Promise<TrustedSession> {
  let announcement = await readAnnouncement(url);
  const identity = identityOf(announcement.name, announcement.key);
  const wanted = askedKey(text) ?? identity.key;
  if (wanted !== identity.key) {
    throw new UserError(
      EXIT.refused,
      `the announcement at ${url} is of another key than ${wanted}`,
    );
  }
  const trust = createSourceTrust(announcement.sources ?? [], steadyTimeMs);
  return {
    identity,
    trust,
    get announcement() {
      return announcement;
    },
    read: async (from) => {
      const next = await readAnnouncement(from);
      if (identityOf(next.name, next.key).id !== identity.id) {
        throw new UserError(EXIT.refused, `the announcement at ${from} is of another session`);
      }
      if (next.issuedMs <= announcement.issuedMs) return;
      announcement = next;
      trust.setKeys(next.sources ?? []);
    },
  };
}
