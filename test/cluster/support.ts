/** What the tests of the cluster share: facts, statuses, announcements, a quiet log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { LaunchFacts } from '../../src/api/scx-launch.js';
import type { ScxStatus } from '../../src/api/scx-status.js';
import { hashSecret } from '../../src/runtime/secrets.js';
import type { SigningKey } from '../../src/runtime/signing-key.js';
import { nameInId } from '../../src/session/session-id.js';
import { afterTest } from '../after-test.js';
import { identity, STATION, signedXml } from '../session/signed.js';

export const quiet = pino({ level: 'silent' });

export const FACTS: LaunchFacts = {
  title: 'Night',
  channels: [{ id: 1, unicast: 'tcp' }],
  locations: ['radio.example:8101'],
  access: { issuedMs: 1, sources: [STATION] },
};

/** The id of a session of the tests' key. */
export const idOf = (name: string): string => identity(name).id;

export const NIGHT = idOf('scattercast://radio.example/night');

/** The status of an SCX that runs and has no clients. */
export function statusOf(id: string, session: string, over: Partial<ScxStatus> = {}): ScxStatus {
  return {
    session,
    id,
    pid: process.pid,
    version: '0.0.1',
    httpUrl: `http://127.0.0.1:8100/${nameInId(session).split('/').at(-1)}.mp3`,
    overlayAddress: '127.0.0.1:8101',
    state: 'running',
    rendezvous: false,
    startedAt: '2024-01-01T00:00:00.000Z',
    listeners: 0,
    listenersPeak: 0,
    listenersTotal: 0,
    listenersMax: 100,
    attachedSources: 0,
    playing: null,
    title: null,
    bitrateKbps: null,
    membersKnown: 1,
    generator: null,
    neighbours: [],
    sources: [],
    disturbances: { failovers: {}, stallMs: 0, repaired: {}, lost: {} },
    ...over,
  };
}

/** Of the user `admin`, in the announcements below. */
export const adminPasswordOf = (session: string): string =>
  `admin-password-of-${nameInId(session)}`;

interface AnnouncementChanges {
  /** Further elements, with the prefix `r`. */
  readonly more?: string;
  readonly key?: SigningKey;
  readonly issuedMs?: number;
}

/** The signed document of a session's announcement; each is newer than the one before. */
export const announcementXml = (
  session: string,
  title = 'Night music',
  { more = '', key, issuedMs }: AnnouncementChanges = {},
): string =>
  signedXml(
    `<SCATTERCAST name="${nameInId(session)}" xmlns:r="https://scattercast.example/ns/radio/1">
      <r:TITLE>${title}</r:TITLE>
      <r:ADMIN-KEY>${hashSecret(adminPasswordOf(session))}</r:ADMIN-KEY>${more}
      <CHANNEL id="1"><TRANSPORT unicast="tcp"/></CHANNEL>
      <RENDEZVOUS>radio.example:8101</RENDEZVOUS>
    </SCATTERCAST>`,
    ...([key, issuedMs] as const),
  );

/** A directory that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-cluster-'));
  // A process that is just ending may still write.
  afterTest(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Waits until another process or connection has made it true; no longer than the test may run. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((fulfil) => setTimeout(fulfil, 5));
}
