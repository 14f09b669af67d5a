/** HLS over real sockets: what players fetch, what they are told, and who is counted. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { trustIn } from '../../../src/http/server/client-address.js';
import { readRequestHead } from '../../../src/http/server/request-head.js';
import { issueTicket } from '../../../src/runtime/ticket.js';
import { createListenerIdentities } from '../../../src/scx/listeners/listener-identities.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { createTicketGate, type TicketGate } from '../../../src/scx/listeners/ticket-gate.js';
import { createHlsAnswers } from '../../../src/scx/port/hls-answers.js';
import { openScxPort, type ScxPort } from '../../../src/scx/port/scx-port.js';
import type { Privacy } from '../../../src/session/privacy.js';
import { SESSION_KEY } from '../../session/signed.js';
import { rawClient } from '../raw-client.js';
import {
  audioAdu,
  NIGHT,
  NO_INGEST,
  NO_SOURCES,
  newIdentities,
  nodeId,
  numbersIn,
  range,
  source,
  titleAdu,
  withoutWaiting,
} from '../support.js';

let playout: Playout;
let tickets: TicketGate;
let port: ScxPort;
let clock: number | undefined;
let isLeaving = false;
let sequence = 0;
const now = (): number => clock ?? performance.now();

async function open({
  isHooked = false,
  listenersMax = 5,
  identities = newIdentities(),
  privacy = undefined as Privacy | undefined,
} = {}) {
  tickets = createTicketGate(NIGHT, privacy);
  playout = createPlayout({ identities, burstMs: 500, listenersMax, writeIntervalMs: 20 }, now);
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: nodeId('f') });
  playout.start();
  const { listeners, ring } = playout;
  port = await openScxPort(
    {
      ...{ name: NIGHT, listeners, ring, identities, listenersMax, now, tls: undefined },
      ...{ ingest: NO_INGEST, ...NO_SOURCES, trust: trustIn(['127.0.0.1']) },
      tickets,
      hls: createHlsAnswers({
        name: NIGHT,
        playout,
        isHooked: () => isHooked,
        tickets,
        isLeaving: () => isLeaving,
        now,
      }),
      pages: () => Promise.resolve({ status: 404, body: 'nothing' }),
      accessLog: openAccessLog(undefined, pino({ level: 'silent' })),
      ...{ spareConnections: 100, onDropped: () => undefined },
      streamFields: () => ({}),
      isLeaving: () => isLeaving,
    },
    { host: '127.0.0.1', port: 0 },
  );
}

const play = (count: number): void => {
  for (let left = count; left > 0; left--) playout.handleAdu(audioAdu('a', sequence++));
};

/** Asks as an address behind a web server on this machine. */
async function get(path: string, fields: Record<string, string> = {}, method = 'GET') {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const client = rawClient(
    port.port,
    `${method} ${path} HTTP/1.1\r\nHost: x\r\n${lines.join('')}\r\n`,
  );
  const head = await client.head();
  client.socket.end();
  await client.closed;
  const body = client.body();
  return { head, status: Number(head.split(' ')[1]), body, text: body.toString() };
}

const field = (head: string, name: string): string | undefined =>
  new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trim();

/** The address of a new listener's playlist. */
const newListener = async (fields = {}): Promise<string> => {
  const { text } = await get('/night.m3u8', fields);
  return `/${/^night\.m3u8\?id=[0-9a-f]{32}$/m.exec(text)?.[0]}`;
};

const segmentsIn = (text: string): string[] => text.match(/^night\/.*$/gm) ?? [];

beforeEach(async () => {
  [clock, isLeaving, sequence] = [undefined, false, 0];
  await open();
});

const close = async (): Promise<void> => {
  playout.end();
  await port.close(0);
};

afterEach(close);

/** Opens the port anew, with other settings. */
const reopen = async (settings: Parameters<typeof open>[0]): Promise<void> => {
  await close();
  await open(settings);
};

describe('HLS at the port of an SCX', () => {
  test('begins with a list of one variant, whose address has an id of its own', async () => {
    play(250);
    const { head, text } = await get('/night.m3u8');
    expect(field(head, 'Content-Type')).toBe('application/vnd.apple.mpegurl');
    expect(field(head, 'Access-Control-Allow-Origin')).toBe('*');
    expect(field(head, 'Cache-Control')).toBe('no-store');
    expect(text).toMatch(/^#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=\d+,CODECS="mp4a\.40\.34"\nnight/);
    expect(await newListener()).not.toBe(await newListener());
    expect(await get('/radio.example/night.m3u8')).toMatchObject({ status: 200 });
    expect(playout.audience.count).toBe(0);
  });

  test('lists segments, which consist of the frames of the stream', async () => {
    playout.handleAdu(titleAdu('a', 'Ella, "live" – Misty', 0));
    play(350);
    const { text, head } = await get(await newListener());
    expect(field(head, 'Cache-Control')).toBe('no-cache');
    expect(text.split('\n').slice(0, 8)).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      '#EXT-X-TARGETDURATION:3',
      '#EXT-X-MEDIA-SEQUENCE:0',
      '#EXT-X-DISCONTINUITY-SEQUENCE:0',
      '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:00.000Z',
      '#EXTINF:2.61224,Ella, "live" – Misty',
      expect.stringMatching(/^night\/a{16}-0-100\.mp3\?t=[0-9a-f]{12}$/),
    ]);
    const names = segmentsIn(text);
    expect(names).toHaveLength(3);
    for (const [index, name] of names.entries()) {
      const segment = await get(`/${name}`);
      expect(field(segment.head, 'Content-Type')).toBe('audio/mpeg');
      expect(field(segment.head, 'Access-Control-Allow-Origin')).toBe('*');
      expect(segment.body.includes('Ella, "live" – Misty')).toBe(true);
      const sound = segment.body.subarray(segment.body.indexOf(Buffer.of(0xff, 0xfb)));
      expect(numbersIn(sound)).toEqual(range(index * 100, index * 100 + 100));
    }
  });

  test('lists addresses with the key behind the name, where a front end has the session under that', async () => {
    play(150);
    const as = `night@${'K'.repeat(43)}`;
    const { text } = await get(`/night.m3u8?as=${as}`);
    const [address = ''] = text.match(/^night@K{43}\.m3u8\?id=[0-9a-f]{32}$/m) ?? [];
    const listed = await get(`/night.m3u8${address.slice(address.indexOf('?'))}&as=${as}`);
    expect(listed.text).toMatch(/^night@K{43}\/a{16}-0-100\.mp3$/m);
    for (const odd of [
      'other',
      `other@${'K'.repeat(43)}`,
      'night@x',
      `night%0a@${'K'.repeat(43)}`,
    ]) {
      expect((await get(`/night.m3u8?as=${odd}`)).text).toMatch(/^night\.m3u8\?id=/m);
    }
  });

  test('lets caches keep a segment for ever, and sends nothing twice', async () => {
    play(250);
    const playlist = await newListener();
    const { head, text } = await get(playlist);
    const name = `/${segmentsIn(text)[0]}`;
    const segment = await get(name);
    expect(field(segment.head, 'Cache-Control')).toBe('public, max-age=31536000, immutable');
    const tag = field(segment.head, 'ETag') ?? '';
    expect(tag).toBe(`"${'a'.repeat(16)}-0-100"`);
    for (const known of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = await get(name, { 'If-None-Match': known });
      expect([again.status, again.body.length, field(again.head, 'ETag')]).toEqual([304, 0, tag]);
    }
    expect(await get(name, { 'If-None-Match': '"other"' })).toMatchObject({ status: 200 });
    const listed = { 'If-None-Match': field(head, 'ETag') ?? '' };
    expect(await get(playlist, listed)).toMatchObject({ status: 304 });
    play(100);
    expect(await get(playlist, listed)).toMatchObject({ status: 200 });
    const only = await get(name, {}, 'HEAD');
    expect([only.status, only.body.length]).toEqual([200, 0]);
    expect(field(only.head, 'Content-Length')).toBe(`${segment.body.length}`);
  });

  test('sends a segment under its title for caches, and under another one only to its client', async () => {
    playout.handleAdu(titleAdu('a', 'Misty', 0));
    play(150);
    const [name = ''] = segmentsIn((await get(await newListener())).text);
    const own = await get(`/${name}`);
    for (const query of ['', '?t=0123456789ab', '?t=']) {
      const other = await get(`/${name.replace(/\?.*/, query)}`);
      expect([other.status, field(other.head, 'Cache-Control')]).toEqual([200, 'no-store']);
      expect(other.body.equals(own.body)).toBe(true);
      expect(field(other.head, 'ETag')).toBe(field(own.head, 'ETag'));
    }
    expect(field(own.head, 'Cache-Control')).toContain('immutable');
  });

  test('says whether a segment is gone, to come, or another SCX\u2019s', async () => {
    play(3000);
    const at = (first: number): string => `/night/${'a'.repeat(16)}-${first}-100.mp3`;
    expect(await get(at(0))).toMatchObject({ status: 410, text: expect.stringContaining('gone') });
    const next = await get(at(3000));
    expect([next.status, field(next.head, 'Retry-After')]).toEqual([404, '1']);
    expect(next.text).toContain('not there yet');
    const foreign = await get(`/night/${'b'.repeat(16)}-0-100.mp3`);
    expect([foreign.status, foreign.text]).toEqual([404, expect.stringContaining('no such')]);
    for (const path of [
      '/night/../night.m3u8',
      '/night/a-1-1.mp3',
      '/other.m3u8',
      '/night/%00.mp3',
    ]) {
      expect(await get(path)).toMatchObject({ status: 404 });
    }
  });

  test('counts those who ask for the playlist, each once, until they have not asked for a while', async () => {
    clock = 1000;
    play(250);
    const [one, other] = [await newListener(), await newListener()];
    for (const playlist of [one, other, one, other, one]) await get(playlist);
    await get(other, {}, 'HEAD');
    expect([playout.audience.count, playout.audience.peak]).toEqual([2, 2]);
    clock = 10_000;
    await get(one);
    clock = 14_000;
    await expect.poll(() => playout.audience.count, { timeout: 20_000 }).toBe(1);
  });

  test('shares the slots of the SCX with the stream', async () => {
    await reopen({ listenersMax: 2 });
    play(250);
    const stream = rawClient(port.port, 'GET /night.mp3 HTTP/1.1\r\nHost: x\r\n\r\n');
    await stream.head();
    expect(await get(await newListener())).toMatchObject({ status: 200 });
    const refused = await get(await newListener());
    expect([refused.status, field(refused.head, 'Retry-After')]).toEqual([503, '10']);
    expect(await get('/night.mp3')).toMatchObject({ status: 503 });
    expect(playout.audience.count).toBe(2);
    stream.socket.destroy();
  });

  test('gives an address no more listeners than it may have, whatever ids it makes up', async () => {
    const identities = createListenerIdentities({ perAddressMax: 2, returnMs: 10_000 });
    await reopen({ identities });
    play(250);
    const stranger = { 'X-Forwarded-For': '192.0.2.1' };
    const statuses: number[] = [];
    for (const digit of ['0', '1', '2', '3']) {
      statuses.push((await get(`/night.m3u8?id=${digit.repeat(32)}`, stranger)).status);
    }
    expect(statuses).toEqual([200, 200, 429, 429]);
    const neighbour = { 'X-Forwarded-For': '192.0.2.2' };
    expect(await get(await newListener(neighbour), neighbour)).toMatchObject({ status: 200 });
  });

  test('asks for a ticket at each address of a private session, and leads on with it', async () => {
    const privacy: Privacy = { clusters: [], revoked: [] };
    await reopen({ privacy });
    play(400);
    const untilS = Math.floor(Date.now() / 1000) + 3600;
    const { id, text: ticket } = issueTicket(NIGHT, SESSION_KEY, { untilS });
    const shown = `ticket=${ticket}`;
    expect((await get('/night.m3u8')).status).toBe(401);
    const variants = await get(`/night.m3u8?${shown}`);
    const [variant = ''] = /^night\.m3u8\?id=.*$/m.exec(variants.text) ?? [];
    expect(variant).toMatch(new RegExp(`id=[0-9a-f]{32}&${shown}$`));
    const list = await get(`/${variant}`);
    expect(list.status).toBe(200);
    const addresses = [variant, ...segmentsIn(list.text)];
    expect(addresses.length).toBeGreaterThan(2);
    for (const address of addresses) {
      expect((await get(`/${address}`)).status).toBe(200);
      const without = address.replace(/[?&]ticket=.*/, '');
      const { status, text } = await get(`/${without}`);
      expect([status, text]).toEqual([401, expect.stringContaining('private')]);
      const forged = address.replace(/.{4}$/, 'AAAA');
      expect((await get(`/${forged}`)).status).toBe(401);
      expect(field((await get(`/${address}`)).head, 'cache-control')).not.toContain('public');
    }
    tickets.set({ ...privacy, revoked: [id] });
    for (const address of addresses) expect((await get(`/${address}`)).status).toBe(401);
    tickets.set(undefined);
    const open = await get(`/night.m3u8?${shown}`);
    expect(open.text).not.toContain('ticket');
  });

  test('limits the requests of an address, and those of no other', async () => {
    clock = 0;
    const hls = createHlsAnswers({
      name: NIGHT,
      playout,
      isHooked: () => false,
      tickets: createTicketGate(NIGHT, undefined),
      isLeaving: () => false,
      now,
    });
    const parsed = readRequestHead(Buffer.from('GET /night.m3u8 HTTP/1.1\r\nHost: x\r\n\r\n'));
    if (parsed.kind !== 'head') throw new Error('no head');
    const { head } = parsed;
    const statuses = range(0, 2100).map(
      async () => (await hls({ head, address: '192.0.2.1' }))?.status,
    );
    const refused = (await Promise.all(statuses)).filter((status) => status === 429);
    expect(refused).toHaveLength(100);
    expect(await hls({ head, address: '192.0.2.2' })).toMatchObject({ status: 200 });
  });

  test('waits for the first segment, as a listener waits for the stream', async () => {
    const asked = get(await newListener());
    await expect.poll(() => playout.audience.count, { timeout: 20_000 }).toBe(1);
    play(150);
    expect(segmentsIn((await asked).text)).toHaveLength(1);
  });

  test('waits for a limited time, and then says that the session is off the air', async () => {
    withoutWaiting([10_000]);
    const { status, text, head } = await get(await newListener());
    expect([status, field(head, 'Retry-After')]).toEqual([503, '5']);
    expect(text).toContain('off the air');
  });

  test('plays no old sound to new listeners; those who were there keep their playlist', async () => {
    clock = 0;
    play(250);
    const old = await newListener();
    await get(old);
    clock = 7000; // off the air, but it has asked within its time
    expect(segmentsIn((await get(old)).text)).toHaveLength(2);
    const asked = get(await newListener());
    await expect.poll(() => playout.audience.count, { timeout: 20_000 }).toBe(2);
    play(100);
    expect(segmentsIn((await asked).text)).toHaveLength(3);
  });

  test('is not for clusters that ask for names and passwords, nor for an SCX that leaves', async () => {
    isLeaving = true;
    expect(await get('/night.m3u8')).toMatchObject({ status: 503 });
    isLeaving = false;
    await reopen({ isHooked: true });
    play(250);
    for (const path of ['/night.m3u8', `/night/${'a'.repeat(16)}-0-100.mp3`]) {
      expect(await get(path)).toMatchObject({ status: 403, text: expect.stringContaining('.mp3') });
    }
  });
});
