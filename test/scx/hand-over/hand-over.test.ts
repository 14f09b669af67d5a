import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { trustIn } from '../../../src/http/server/client-address.js';
import { createLatch, type Latch } from '../../../src/runtime/latch.js';
import { handOver } from '../../../src/scx/hand-over/hand-over.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { openScxPort, type ScxPort } from '../../../src/scx/port/scx-port.js';
import { type RawClient, rawClient } from '../raw-client.js';
import {
  audioAdu,
  FRAME_BYTES,
  NIGHT,
  NO_HLS,
  NO_INGEST,
  NO_SOURCES,
  newIdentities,
  numbersIn,
  range,
  source,
} from '../support.js';

const GET = 'GET /night.mp3 HTTP/1.1\r\n\r\n';
const STAND_IN = fileURLToPath(new URL('successor-stand-in.mjs', import.meta.url));
const log = pino({ level: 'silent' });
const now = (): number => performance.now();
const wait = { timeout: 20_000, interval: 5 };

let playout: Playout;
let http: ScxPort;
let lines: string[];
let events: string[];
let clients: RawClient[];
let sequence: number;
let told: Latch<void>;

beforeEach(async () => {
  lines = [];
  events = [];
  clients = [];
  sequence = 0;
  told = createLatch();
  playout = createPlayout(
    { identities: newIdentities(), burstMs: 500, listenersMax: 5, writeIntervalMs: 20 },
    now,
  );
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: 'f'.repeat(32) as never });
  playout.start();
  const options = {
    ...{ name: NIGHT, listenersMax: 5, spareConnections: 9, tls: undefined, now },
    onDropped: () => undefined,
    ...{ listeners: playout.listeners, ring: playout.ring, trust: trustIn([]) },
    identities: newIdentities(),
    ...NO_HLS,
    accessLog: {
      ...openAccessLog(undefined, log),
      add: ({ status }: { readonly status: number }) => void lines.push(`${status}`),
    },
    ingest: NO_INGEST,
    ...NO_SOURCES,
    pages: () => Promise.resolve({ status: 404, body: '' }),
    streamFields: () => ({}),
    isLeaving: () => false,
  };
  http = await openScxPort(options, { host: '127.0.0.1', port: 0 });
  play(40);
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  playout.end();
  await http.close(0);
});

const play = (count: number): void => {
  for (let left = count; left > 0; left--) playout.handleAdu(audioAdu('a', sequence++));
};

const listen = async (): Promise<RawClient> => {
  const client = rawClient(http.port, GET);
  clients.push(client);
  await client.bodyOf(10 * FRAME_BYTES);
  return client;
};

/** The first bytes that a new connection gets. */
async function firstAnswer(): Promise<string> {
  const socket = connect(http.port, '127.0.0.1');
  socket.write(GET);
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return bytes.toString('latin1');
}

const handOverTo = (behaviour: string, drainMs = 0) =>
  handOver({
    order: {
      ...{ program: process.execPath, args: [STAND_IN, behaviour], drainMs },
      launch: { id: '2'.repeat(32) },
    },
    ...{ playout, http, log, now, overlayAddress: '127.0.0.1:1', isLeaving: () => false },
    toldToLeave: told.promise,
    becomeSucceeded: () => void events.push('succeeded'),
    sendSourcesAway: async () => void events.push('sources sent away'),
    onTitle: ({ title }) => void events.push(`title ${title}`),
    leave: () => void events.push('left'),
  });

describe('An SCX continues as before', () => {
  test.each([
    ['ends', 'the successor ended (exit code 7)'],
    ['version', 'the successor ended (SIGKILL)'],
  ])('when its successor %s', async (behaviour, reason) => {
    const client = await listen();
    const told = await handOverTo(behaviour);
    // Whether the end or the closed channel is noticed first is up to the system.
    expect([reason, 'the successor hung up']).toContain(told);
    play(40);
    await client.bodyOf(50 * FRAME_BYTES);
    const numbers = numbersIn(client.body());
    expect(numbers).toEqual(range(numbers[0] ?? -1, (numbers[0] ?? -1) + numbers.length));
    expect(await firstAnswer()).toMatch(/^HTTP\/1.1 200 OK/);
    expect(events).toEqual([]);
  });

  test.each([
    ['/nowhere', /cannot be started: .*ENOENT/],
    ['/dev/null/nowhere', /ENOTDIR/],
  ])('when the program %s cannot be started at all', async (program, why) => {
    const order = { program, args: [], drainMs: 0, launch: { id: '2'.repeat(32) } };
    const reason = await handOver({
      ...{ order, playout, http, log, now, overlayAddress: '', isLeaving: () => false },
      toldToLeave: told.promise,
      becomeSucceeded: () => undefined,
      sendSourcesAway: async () => undefined,
      onTitle: () => undefined,
      leave: () => undefined,
    });
    expect(reason).toMatch(why);
    expect(await firstAnswer()).toMatch(/^HTTP\/1.1 200 OK/);
  });
});

describe('A successor', () => {
  test.each([
    ['with time for listeners that cannot move', 5000],
    ['without time for listeners that cannot move', 0],
  ])(
    'is given the port and the listeners, whose end is not logged twice, %s',
    async (_, drainMs) => {
      const client = await listen();
      expect(await handOverTo('good', drainMs)).toBeUndefined();
      expect(events).toEqual(['succeeded', 'sources sent away', 'left']);
      await vi.waitUntil(() => client.text().endsWith('<taken over>'), wait);
      expect(lines).toEqual([]);
      expect(await firstAnswer()).toMatch(/^\d+$/);
      expect(playout.listeners.count).toBe(0);
    },
  );

  test('is given nothing while it hears another source', async () => {
    const client = await listen();
    let isLeaving = false;
    const handing = handOver({
      order: {
        ...{ program: process.execPath, args: [STAND_IN, 'another'], drainMs: 0 },
        launch: { id: '2'.repeat(32) },
      },
      ...{ playout, http, log, now, overlayAddress: '127.0.0.1:1', isLeaving: () => isLeaving },
      toldToLeave: told.promise,
      becomeSucceeded: () => void events.push('succeeded'),
      sendSourcesAway: async () => undefined,
      onTitle: () => undefined,
      leave: () => undefined,
    });
    play(40);
    await client.bodyOf(50 * FRAME_BYTES);
    expect(events).toEqual([]);
    isLeaving = true;
    // From now on both hear the same, but this process is about to end.
    playout.onEvent({ kind: 'sourceDown', source: source('a').id });
    playout.onEvent({ kind: 'sourceUp', source: source('b', 200), scx: 'f'.repeat(32) as never });
    playout.handleAdu(audioAdu('b', 0));
    expect(await handing).toBe('this SCX is leaving itself');
  });

  test('that dies as it takes a listener costs nothing: the listener stays where it was', async () => {
    const client = await listen();
    const handing = handOverTo('listener', 60_000);
    await vi.waitUntil(() => events.length === 2, wait);
    play(40);
    await client.bodyOf(50 * FRAME_BYTES);
    const numbers = numbersIn(client.body());
    expect(numbers).toEqual(range(numbers[0] ?? -1, (numbers[0] ?? -1) + numbers.length));
    client.socket.destroy();
    await handing;
    expect(events.at(-1)).toBe('left');
    expect(lines).toEqual(['200']);
  });

  test('that the front end does not know is told to leave when this process is', async () => {
    const handing = handOverTo('unknown');
    await vi.waitUntil(async () => /^\d+$/.test(await firstAnswer()), wait);
    expect(events).toEqual([]);
    told.resolve();
    await vi.waitUntil(() => events.includes('title told to leave'), wait);
    await handing;
    expect(events).toEqual(['title told to leave', 'succeeded', 'sources sent away', 'left']);
  });

  test('that hears nothing yet is ended at once when this process is told to leave', async () => {
    const handing = handOverTo('another');
    told.resolve();
    expect(await handing).toMatch(/^the successor (does not hear|ended|hung up)/);
    expect(events).toEqual([]);
  });

  test('that the front end knows is told by the front end only', async () => {
    const client = await listen();
    const handing = handOverTo('listener', 60_000);
    await vi.waitUntil(() => events.includes('succeeded'), wait);
    told.resolve();
    client.socket.destroy();
    await handing;
    expect(events).toEqual(['succeeded', 'sources sent away', 'left']);
  });
});
