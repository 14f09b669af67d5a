/** Hours of earlier sound at the front end: who gets them, and who does not. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hourOf, printStretch, type Stretch } from '../../../src/api/recordings/recording-files.js';
import { openRecordings } from '../../../src/cluster/recordings/recordings.js';
import { issueTicket } from '../../../src/runtime/ticket.js';
import { afterTest } from '../../after-test.js';
import { announcementIn, identity, SESSION_KEY } from '../../session/signed.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, temporaryFolder } from '../support.js';

const PATH = 'radio.example/night';
const FOLDER = `${PATH}@${SESSION_KEY.publicKey}`;
const HOUR = Date.UTC(2026, 10, 30, 16);
const KEEP = { more: '<r:KEEP>7200</r:KEEP>' };
const CLUSTER = 'A'.repeat(43);
const PRIVATE = `${KEEP.more}<r:PRIVATE><r:CLUSTER key="${CLUSTER}"/></r:PRIVATE>`;

const stretch = (index: number, title: string): Stretch => ({
  ...{ at: HOUR + index * 2600, durationMs: 2600, offset: index * 1_000_000, bytes: 1_000_000 },
  ...{ source: 'a'.repeat(16), first: index * 100, count: 100, title },
  ...{ number: index, breaks: 0, playedMs: index * 2600 },
});

/** A cluster that has kept an hour of the session, and of another one. */
async function setUp(over: Parameters<typeof startFake>[0] = {}, folder = FOLDER) {
  const root = join(temporaryFolder(), 'recordings');
  const keep = (where: string): void => {
    mkdirSync(join(root, where), { recursive: true });
    const lines = ['One', 'One', 'Two'].map((title, index) => printStretch(stretch(index, title)));
    writeFileSync(join(root, where, '2026-11-30T16Z.index'), lines.join(''));
    writeFileSync(join(root, where, '2026-11-30T16Z.mp3'), Buffer.alloc(3_000_000, 'sound'));
  };
  const recording = { root, bytesMax: 1e9, keepMsMax: 1e9 };
  const fake = await startFake({ scx: { recording, ...over.scx }, ...over });
  keep(folder);
  return { ...fake, root, keep };
}

describe('What is kept of a session', () => {
  test('is listed with its titles, and hours are files', async () => {
    const { publish, get, cluster } = await setUp();
    expect((await get(`/recordings/${PATH}`)).status).toBe(404);
    await publish(PATH, announcementXml(NIGHT, 'Night', KEEP));
    expect(await (await get(`/recordings/${PATH}`)).json()).toEqual({
      path: PATH,
      from: '2026-11-30T16:00:00.000Z',
      to: '2026-11-30T16:00:07.800Z',
      hours: [
        {
          from: '2026-11-30T16:00:00.000Z',
          bytes: 3_000_000,
          url: `${cluster.url}/recordings/${PATH}/2026-11-30T16Z.mp3`,
        },
      ],
      titles: [
        { at: '2026-11-30T16:00:00.000Z', title: 'One' },
        { at: '2026-11-30T16:00:05.200Z', title: 'Two' },
      ],
    });
    const head = await get(`/recordings/${PATH}/2026-11-30T16Z.mp3`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '3000000']);
  });

  test('is hidden once the announcement does not want it kept', async () => {
    const { publish, get } = await setUp();
    await publish(PATH, announcementXml(NIGHT));
    expect((await get(`/recordings/${PATH}`)).status).toBe(404);
    expect((await get(`/recordings/${PATH}/2026-11-30T16Z.mp3`)).status).toBe(404);
  });

  test('while it was private stays with those who have a ticket, and is not shown later', async () => {
    const { publish, get, keep } = await setUp({}, `${FOLDER}!private`);
    await publish(PATH, announcementXml(NIGHT, 'Night', { more: PRIVATE }));
    expect((await get(`/recordings/${PATH}`)).status).toBe(401);
    expect((await get(`/recordings/${PATH}/2026-11-30T16Z.mp3`)).status).toBe(401);
    const untilS = Math.floor(Date.now() / 1000) + 600;
    const session = identity(`scattercast://${PATH}`);
    const { text: ticket } = issueTicket(session, SESSION_KEY, { untilS });
    const listed = await get(`/recordings/${PATH}?ticket=${ticket}`);
    const { hours } = (await listed.json()) as { hours: { url: string }[] };
    const { pathname, search } = new URL(`${hours[0]?.url}`);
    expect((await get(`${pathname}${search}`)).status).toBe(200);
    await publish(PATH, announcementXml(NIGHT, 'Night', KEEP));
    expect((await get(`/recordings/${PATH}`)).status).toBe(404);
    keep(FOLDER);
  });

  test('of sessions that are not published here is removed at the start', async () => {
    const root = join(temporaryFolder(), 'recordings');
    mkdirSync(join(root, 'other.example/day'), { recursive: true });
    await startFake({ scx: { recording: { root, bytesMax: 1, keepMsMax: 1 } } });
    expect(readdirSync(join(root, 'other.example'))).toEqual([]);
    expect(existsSync(root)).toBe(true);
  });

  test('is sent to few at a time of one address, however slowly they read', async () => {
    const { publish, at } = await setUp();
    await publish(PATH, announcementXml(NIGHT, 'Night', KEEP));
    const statusOf = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request(`${at}/recordings/${PATH}/2026-11-30T16Z.mp3`, { agent: false });
        afterTest(() => sent.destroy());
        sent.on('response', (response) => resolve(response.statusCode)).on('error', reject);
        sent.end();
      });
    const statuses = [];
    for (let count = 0; count < 6; count++) statuses.push(await statusOf());
    expect(statuses).toEqual([200, 200, 200, 200, 503, 503]);
  });

  test('is not handed out where a hook decides about listeners', async () => {
    const hook = { url: 'http://127.0.0.1:9/', onFailure: 'deny' as const };
    const root = join(temporaryFolder(), 'recordings');
    const recording = { root, bytesMax: 1e9, keepMsMax: 1e9 };
    const { publish, get } = await startFake({ scx: { recording, listenerHook: hook } });
    await publish(PATH, announcementXml(NIGHT, 'Night', KEEP));
    expect((await get(`/recordings/${PATH}`)).status).toBe(403);
  });

  test('of sessions from elsewhere is removed when they want it kept no longer, or are not known any more', async () => {
    const root = temporaryFolder();
    const write = (folder: string, hour: string): void => {
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(join(root, folder, `${hour}.index`), '');
      writeFileSync(join(root, folder, `${hour}.mp3`), '');
    };
    const announcement = announcementIn(announcementXml(NIGHT, 'Night', KEEP));
    let known = [{ announcement }];
    const recordings = await openRecordings(root, { all: () => known }, () => 0);
    const hoursAgo = (hours: number): string => hourOf(Date.now() - hours * 3_600_000);
    for (const hours of [0, 1, 4, 5]) write(FOLDER, hoursAgo(hours));
    write('other.example/day', hoursAgo(0));
    await recordings.tidy();
    expect(readdirSync(join(root, FOLDER))).toHaveLength(4);
    expect(readdirSync(join(root, 'other.example'))).toEqual([]);
    known = [];
    await recordings.tidy();
    expect(readdirSync(join(root, 'radio.example'))).toEqual([]);
  });
});
