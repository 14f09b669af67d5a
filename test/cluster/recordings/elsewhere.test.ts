/** Listeners to earlier sound at a cluster that has not recorded it: they are sent to one that has. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  hourOf,
  indexFile,
  printStretch,
  soundFile,
} from '../../../src/api/recordings/recording-files.js';
import { afterTest } from '../../after-test.js';
import { SESSION_KEY } from '../../session/signed.js';
import { openNeighbours } from '../nearest/neighbours.js';
import { announcementXml, NIGHT, temporaryFolder } from '../support.js';

const PATH = 'radio.example/night';
const REF = `${PATH}@${SESSION_KEY.publicKey}`;
const KEEP = { more: '<r:KEEP>86400</r:KEEP>' };
const LIMITS = { bytesMax: 1e9, keepMsMax: 86_400_000 };

/** An hour with one stretch, ten minutes ago. */
function record(root: string): string {
  const at = Date.now() - 600_000;
  const folder = join(root, REF);
  mkdirSync(folder, { recursive: true });
  const stretch = {
    ...{ at, durationMs: 2600, offset: 0, bytes: 100, source: 'a'.repeat(16), first: 0 },
    ...{ count: 100, title: 'Misty', number: 0, breaks: 0, playedMs: 0 },
  };
  writeFileSync(join(folder, indexFile(hourOf(at))), printStretch(stretch));
  writeFileSync(join(folder, soundFile(hourOf(at))), Buffer.alloc(100, 1));
  return hourOf(at);
}

/** Two clusters, of which the other has recorded the session. */
async function openBoth(options: Parameters<typeof openNeighbours>[0] = {}) {
  const root = temporaryFolder();
  const both = await openNeighbours({
    other: { scx: { recording: { root, ...LIMITS } } },
    ...options,
  });
  await both.other.publish(PATH, announcementXml(NIGHT, 'Night', KEEP));
  return { ...both, hour: record(root) };
}

type Both = Awaited<ReturnType<typeof openBoth>>;

const locationOf = async ({ first }: Both, path: string, init?: RequestInit) =>
  (await first.get(path, init)).headers.get('location');

/** Waits until the first cluster trusts the other one. */
const untilSent = (both: Both, path = `/listen/${PATH}.mp3?ago=10m`) =>
  expect
    .poll(() => locationOf(both, path), { timeout: 10_000 })
    .toMatch(new RegExp(`^${both.other.at}/`));

describe('A cluster that has not recorded the session', () => {
  test('sends a listener to one that has, by the stream, HLS, and files', async () => {
    const both = await openBoth();
    await untilSent(both);
    const { other, hour } = both;
    const sent = {
      [`/listen/${PATH}.mp3?ago=10m`]: `/listen/${REF}.mp3?ago=10m`,
      [`/listen/${PATH}.m3u8?at=1700000000`]: `/listen/${REF}.m3u8?at=1700000000`,
      [`/recordings/${PATH}`]: `/recordings/${REF}`,
      [`/recordings/${PATH}/${hour}.mp3`]: `/recordings/${REF}/${hour}.mp3`,
    };
    for (const [from, to] of Object.entries(sent)) {
      expect(await locationOf(both, from)).toBe(`${other.at}${to}`);
      expect([200, 302]).toContain((await other.get(to)).status);
    }
    const live = await locationOf(both, `/listen/${PATH}.mp3`);
    expect(live).not.toContain(other.at);
  });

  test('answers itself what is malformed, and whom it cannot send, and nobody is sent on twice', async () => {
    const both = await openBoth();
    await untilSent(both);
    const { first, other } = both;
    const here = [
      await locationOf(both, `/listen/${PATH}.mp3?ago=soon`),
      await locationOf(both, `/listen/${PATH}.mp3?ago=1h`, {
        headers: { 'Scattercast-From': other.key },
      }),
    ];
    for (const location of here) expect(location).not.toContain(`${other.at}/`);
    expect((await first.get(`/recordings/${PATH}/stretches?from=0&to=1`)).status).toBe(404);
    expect((await other.get(`/recordings/${REF}/stretches?from=0&to=1`)).status).toBe(200);
  });

  test('asks no cluster that it does not trust, and sends nobody there', async () => {
    const asked: string[] = [];
    const silent = createServer(({ url }) => void asked.push(`${url}`)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    afterTest(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const untrusted = await openBoth({
      trust: [],
      url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    });
    const location = await locationOf(untrusted, `/listen/${PATH}.mp3?ago=10m`);
    expect(location).toMatch(/\/night\.mp3\?ago=10m$/);
    expect((await untrusted.first.get(`/recordings/${PATH}`)).status).toBe(404);
    expect(asked).toEqual([]);
  });
});
