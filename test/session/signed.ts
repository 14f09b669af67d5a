/** The sessions of tests: one key, one source password, and announcements that it has signed. */
import type { SourceAccess } from '../../src/api/source-access.js';
import { type Stated, statementBytes } from '../../src/overlay/lots/source-statement.js';
import { signAnnouncement, verifyAnnouncement } from '../../src/runtime/signed-announcement.js';
import { type SigningKey, sessionKeyOf, sourceKeyOf } from '../../src/runtime/signing-key.js';
import type { Announcement, SignedAnnouncement } from '../../src/session/announcement.js';
import { parseAnnouncement } from '../../src/session/parse-announcement.js';
import { printAnnouncement } from '../../src/session/print-announcement.js';
import { identityOf, nameInId, type SessionIdentity } from '../../src/session/session-id.js';
import { parseSessionName, type SessionName } from '../../src/session/session-name.js';
import { type SourceKey, STATION_SOURCE } from '../../src/session/source-key.js';
import type { ClientHello } from '../../src/wire/hello.js';

export const TOKEN = 'the-admin-token-of-the-tests';
export const SESSION_KEY = sessionKeyOf(TOKEN);
/** The station's. */
export const PASSWORD = 'the source password of the tests';

/** The source key of a password, which is derived once. */
const derived = new Map<string, Promise<SigningKey>>();
export function keyOfPassword(password: string, session = SESSION_KEY): Promise<SigningKey> {
  const name = `${session.publicKey} ${password}`;
  const key = derived.get(name) ?? sourceKeyOf(password, session.publicKey);
  derived.set(name, key);
  return key;
}

/** A key as an announcement lists it. */
export const listed = (
  { publicKey }: SigningKey,
  { name = STATION_SOURCE, priorityMax = 255 }: Partial<SourceKey> = {},
): SourceKey => ({ name, key: publicKey, priorityMax });

export const STATION_KEY = await keyOfPassword(PASSWORD);
export const STATION = listed(STATION_KEY);

/** The access of a session with these passwords. */
export async function accessOf(issuedMs: number, ...passwords: string[]): Promise<SourceAccess> {
  const keys = await Promise.all(passwords.map((password) => keyOfPassword(password)));
  const sources = keys.map((key, n) => listed(key, n === 0 ? {} : { name: `dj ${n}` }));
  return { issuedMs, sources };
}

let lastIssuedMs = Date.now() - 60_000;

/** Signs an announcement, later than all that were signed before. */
export const signed = (
  announcement: Announcement,
  key: SigningKey = SESSION_KEY,
  issuedMs = ++lastIssuedMs,
): SignedAnnouncement => signAnnouncement(announcement, key, issuedMs);

/** The announcement in a document that its session has signed. */
export function announcementIn(xml: string): SignedAnnouncement {
  const parsed = parseAnnouncement(xml);
  const read = parsed.ok ? verifyAnnouncement(parsed.value, Date.now()) : parsed;
  if (!read.ok) throw new Error(read.problems.join());
  return read.value;
}

/** Signs a document, in which the station's key is listed unless it lists keys itself. */
export function signedXml(xml: string, key?: SigningKey, issuedMs?: number): string {
  const parsed = parseAnnouncement(xml);
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  const { sources = [STATION] } = parsed.value;
  return printAnnouncement(signed({ ...parsed.value, sources }, key, issuedMs));
}

/** A name, also that in an id. */
export function nameOf(text: string): SessionName {
  const name = parseSessionName(nameInId(text));
  if (!name.ok) throw new Error(name.problems.join('\n'));
  return name.value;
}

/** The session of a name, `scattercast://creator/session`. */
export const identity = (text: string, { publicKey } = SESSION_KEY): SessionIdentity =>
  identityOf(nameOf(text), publicKey);

/** A client's proof of a key, as it goes into HELLO. */
export function proofBy(
  key: SigningKey,
  statement: Omit<Stated, 'timeMs'>,
  timeMs = Date.now(),
): ClientHello['proof'] {
  const signature = key.sign('source', statementBytes({ ...statement, timeMs }));
  return {
    key: key.publicKey,
    timeMs,
    signature: Buffer.from(signature).toString('base64url'),
  };
}
