/** Listeners that move from the port of one session's SCX to that of another, over real connections. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scxListenersSchema } from '../../../src/api/scx-admin.js';
import { PROOF_FIELD } from '../../../src/http/cluster-proof.js';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { trustIn } from '../../../src/http/server/client-address.js';
import type { HookedListener } from '../../../src/icecast/listener-hook.js';
import type { ListenerHook } from '../../../src/scx/listeners/listener-hook.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { openScxPort, type ScxPort } from '../../../src/scx/port/scx-port.js';
import { proofOf } from '../../http/proven.js';
import { type RawClient, rawClient } from '../raw-client.js';
import {
  audioAdu,
  FRAME_BYTES,
  NIGHT,
  NO_HLS,
  NO_INGEST,
  NO_SOURCES,
  newIdentities,
  nodeId,
  numbersIn,
  range,
  SECRET,
  source,
} from '../support.js';

const now = (): number => performance.now();
const wait = { timeout: 20_000, interval: 5 };
const INTERVAL = 16_000;

/** An SCX's port, and its audio. */
interface Session {
  readonly playout: Playout;
  readonly port: ScxPort;
  readonly logged: { readonly status: number; readonly bytes: number }[];
  /** The number of the next frame. */
  next: number;
}

let sessions: Session[] = [];
let clients: RawClient[] = [];

async function open(first: number, listenersMax = 5, hook?: ListenerHook): Promise<Session> {
  const playout = createPlayout(
    { identities: newIdentities(), burstMs: 500, listenersMax, writeIntervalMs: 20 },
    now,
  );
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: nodeId('f') });
  playout.start();
  const logged: { status: number; bytes: number }[] = [];
  const port = await openScxPort(
    {
      ...{ name: NIGHT, listenersMax, tls: undefined, now, hook, trust: trustIn(['127.0.0.1']) },
      ...{ listeners: playout.listeners, ring: playout.ring, ingest: NO_INGEST, ...NO_SOURCES },
      ...{ spareConnections: 100, onDropped: () => undefined, isLeaving: () => false },
      identities: newIdentities(),
      ...NO_HLS,
      accessLog: {
        ...openAccessLog(undefined, pino({ level: 'silent' })),
        add: ({ status, bytes }) => void logged.push({ status, bytes }),
      },
      pages: () => Promise.resolve({ status: 404, body: '' }),
      streamFields: () => ({}),
    },
    { host: '127.0.0.1', port: 0 },
  );
  const session = { playout, port, logged, next: first };
  sessions.push(session);
  play(session, 40);
  return session;
}

const play = (session: Session, count: number): void => {
  for (let left = count; left > 0; left--) session.playout.handleAdu(audioAdu('a', session.next++));
};

beforeEach(() => {
  [sessions, clients] = [[], []];
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  for (const { playout, port } of sessions) {
    playout.end();
    await port.close(0);
  }
});

const listen = async ({ port }: Session, more = ''): Promise<RawClient> => {
  const fields = `X-Forwarded-For: 198.51.100.7\r\nUser-Agent: Player/1.0\r\n${more}`;
  const client = rawClient(port.port, `GET /night.mp3 HTTP/1.0\r\n${fields}\r\n`);
  clients.push(client);
  await client.bodyOf(10 * FRAME_BYTES);
  return client;
};

const ask = ({ port }: Session, path: string, init: RequestInit = {}): Promise<Response> => {
  const headers = { ...proofOf(SECRET, init.method ?? 'GET', path), ...init.headers };
  return fetch(`http://127.0.0.1:${port.port}${path}`, { ...init, headers });
};

const listed = async (session: Session) =>
  scxListenersSchema.parse(await (await ask(session, '/admin/listeners')).json()).listeners;

const move = (from: Session, to: Session | string): Promise<Response> => {
  const url = typeof to === 'string' ? to : `http://127.0.0.1:${to.port.port}/`;
  const query = new URLSearchParams({ to: url });
  return ask(from, `/admin/listeners?${query}`, { method: 'POST' });
};

const moved = (to: Session, count: number): Promise<boolean> =>
  vi.waitUntil(async () => to.playout.listeners.count === count, wait);

/** The audio of a stream with titles, and the titles. */
function split(body: Buffer) {
  const audio: Buffer[] = [];
  const titles: string[] = [];
  for (let at = 0; at < body.length; ) {
    audio.push(body.subarray(at, at + INTERVAL));
    at += INTERVAL;
    const length = (body[at] ?? 0) * 16;
    titles.push(body.toString('utf8', at + 1, at + 1 + length).replace(/\0+$/, ''));
    at += 1 + length;
  }
  return { audio: Buffer.concat(audio), titles: titles.filter(Boolean) };
}

describe('A listener', () => {
  test('hears the other session from a frame on, on the same connection', async () => {
    const [from, to] = [await open(0), await open(5000)];
    const client = await listen(from);
    const [before] = await listed(from);
    expect((await move(from, to)).status).toBe(204);
    await moved(to, 1);
    play(to, 100);
    play(from, 100);
    await vi.waitUntil(() => client.body().length >= 100 * FRAME_BYTES, wait);
    const whole = client.body().length - (client.body().length % FRAME_BYTES);
    const numbers = numbersIn(client.body().subarray(0, whole));
    const change = numbers.findIndex((number) => number >= 5000);
    const [first = 0, there = 0] = [numbers[0], numbers[change]];
    expect(numbers.slice(0, change)).toEqual(range(first, first + change));
    expect(numbers.slice(change)).toEqual(range(there, there + numbers.length - change));
    expect(await listed(from)).toEqual([]);
    expect(await listed(to)).toEqual([
      { ...before, connectedS: expect.any(Number), address: '198.51.100.7', agent: 'Player/1.0' },
    ]);
  });

  test('keeps its place between two titles', async () => {
    const [from, to] = [await open(0), await open(5000)];
    const client = await listen(from, 'Icy-MetaData: 1\r\n');
    play(from, 10);
    await move(from, to);
    await moved(to, 1);
    play(to, 200);
    await vi.waitUntil(() => client.body().length > 4 * INTERVAL, wait);
    const { audio } = split(client.body().subarray(0, 3 * INTERVAL));
    const whole = audio.length - (audio.length % FRAME_BYTES);
    expect(numbersIn(audio.subarray(0, whole)).some((number) => number >= 5000)).toBe(true);
  });

  test('that leaves is gone at both, and is logged once', async () => {
    const [from, to] = [await open(0), await open(5000)];
    const client = await listen(from);
    await move(from, to);
    await moved(to, 1);
    await vi.waitUntil(() => from.port.movedListeners === 1, wait);
    client.socket.destroy();
    await moved(to, 0);
    await vi.waitUntil(() => from.port.movedListeners === 0, wait);
    const streams = [...from.logged, ...to.logged].filter(({ bytes }) => bytes > 1000);
    expect(streams.map(({ status }) => status)).toEqual([200]);
  });

  test('is the same for its hook, which learns of its end once', async () => {
    const asked: HookedListener[] = [];
    const ended: HookedListener[] = [];
    const hook: ListenerHook = {
      ...{ isSet: true, set: () => undefined },
      ask: async (listener) => {
        asked.push(listener);
        return { kind: 'admitted', limitMs: 3_600_000 };
      },
      onLeft: (listener) => void ended.push(listener),
      onSources: () => undefined,
      close: () => Promise.resolve(),
      counters: { asked: 0, denied: 0, failed: 0, lost: 0 },
    };
    const [from, to] = [await open(0, 5, hook), await open(5000, 5, hook)];
    const client = await listen(from, 'Authorization: Basic YW5uOng=\r\n');
    await move(from, to);
    await moved(to, 1);
    await vi.waitUntil(() => from.port.movedListeners === 1, wait);
    client.socket.destroy();
    await vi.waitUntil(() => ended.length > 0, wait);
    await vi.waitUntil(() => from.port.movedListeners === 0, wait);
    expect(asked).toMatchObject([{ user: 'ann', password: 'x', address: '198.51.100.7' }]);
    expect(ended).toEqual(asked);
  });

  test('can be ended where it is now', async () => {
    const [from, to] = [await open(0), await open(5000)];
    const client = await listen(from);
    await move(from, to);
    await moved(to, 1);
    const [one] = await listed(to);
    await ask(to, `/admin/listeners/${one?.id}`, { method: 'DELETE' });
    await client.closed;
    await vi.waitUntil(() => from.port.movedListeners === 0, wait);
  });

  test.each([
    ['is full', async () => open(5000, 0)],
    ['is gone', async () => 'http://127.0.0.1:1/'],
  ])('stays, and loses nothing, where the other SCX %s', async (_what, there) => {
    const from = await open(0);
    const client = await listen(from);
    const target = await there();
    expect((await move(from, target)).status).toBe(204);
    await vi.waitUntil(() => from.playout.listeners.count === 1, wait);
    play(from, 100);
    await vi.waitUntil(() => client.body().length >= 100 * FRAME_BYTES, wait);
    const numbers = numbersIn(client.body().subarray(0, 100 * FRAME_BYTES));
    expect(numbers).toEqual(range(numbers[0] ?? 0, (numbers[0] ?? 0) + 100));
    expect(await listed(from)).toHaveLength(1);
  });
});

describe('A stranger', () => {
  test('moves nobody', async () => {
    const [from, to] = [await open(0), await open(5000)];
    await listen(from);
    const url = `/admin/listeners?to=http://127.0.0.1:${to.port.port}/`;
    for (const proof of ['', 'x', SECRET, proofOf('guess', 'POST', url)[PROOF_FIELD] ?? '']) {
      const headers = { [PROOF_FIELD]: proof, authorization: `Bearer ${SECRET}` };
      const answer = await ask(from, url, { method: 'POST', headers });
      expect(answer.status).toBe(405);
    }
    expect(await listed(from)).toHaveLength(1);
  });
});

describe('A request of an SCX', () => {
  test.each(['', 'x', btoa('{}'), btoa('{"state":{"address":1},"icy":null}')])(
    'with the malformed state %j is refused',
    async (state) => {
      const to = await open(5000);
      const headers = { 'x-scattercast-listener': state };
      expect((await ask(to, '/admin/listeners', { method: 'POST', headers })).status).toBe(400);
      expect(to.playout.listeners.count).toBe(0);
    },
  );

  test.each(['', 'x', 'file:///etc/passwd', 'https://127.0.0.1/'])(
    'to move to %j is refused',
    async (url) => {
      const from = await open(0);
      await listen(from);
      expect((await move(from, url)).status).toBe(400);
      expect(await listed(from)).toHaveLength(1);
    },
  );
});
