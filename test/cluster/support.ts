/** What the tests of the cluster share: facts, statuses, announcements, a quiet log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { LaunchFacts } from '../../src/api/scx-launch.js';
import type { ScxStatus } from '../../src/api/scx-status.js';
import { afterTest } from '../after-test.js';

export const quiet = pino({ level: 'silent' });

export const FACTS: LaunchFacts = {
  title: 'Night',
  channels: [{ id: 1, unicast: 'tcp' }],
  locations: ['radio.example:8101'],
};

export const NIGHT = 'scattercast://radio.example/night';

/** The status of an SCX that runs and has no clients. */
export function statusOf(id: string, session: string, over: Partial<ScxStatus> = {}): ScxStatus {
  return {
    session,
    id,
    pid: process.pid,
    version: '0.0.1',
    httpUrl: `http://127.0.0.1:8100/${session.split('/').at(-1)}.mp3`,
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

/** The document of a session's announcement. */
export const announcementXml = (session: string, title = 'Night music'): string =>
  `<SCATTERCAST name="${session}" xmlns:r="https://scattercast.example/ns/radio/1">
    <r:TITLE>${title}</r:TITLE>
    <CHANNEL id="1"><TRANSPORT unicast="tcp"/></CHANNEL>
    <RENDEZVOUS>radio.example:8101</RENDEZVOUS>
  </SCATTERCAST>`;

/** A directory that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'scattercast-cluster-'));
  afterTest(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Waits until another process or connection has made it true; no longer than the test may run. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await what())) await new Promise((fulfil) => setTimeout(fulfil, 5));
}
