/** Listeners about whom the operator's hook is asked: a real port, and a real server of the hook. */
import { createServer } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { basicHeader } from '../../../src/http/server/basic-auth.js';
import { trustIn } from '../../../src/http/server/client-address.js';
import { createListenerHook, type ListenerHook } from '../../../src/scx/listeners/listener-hook.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { createPromisedAdmissions } from '../../../src/scx/listeners/promised-admissions.js';
import { openScxPort, type ScxPort } from '../../../src/scx/port/scx-port.js';
import { proofOf } from '../../http/proven.js';
import { admit, type HookServer, startHookServer } from '../../icecast/hook-server.js';
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
  SECRET,
  source,
  withoutWaiting,
} from '../support.js';

const log = pino({ level: 'silent' });
const now = (): number => performance.now();
const wait = { timeout: 20_000, interval: 5 };
const MOUNT = '/radio.example/night.mp3';
const launch = { advertiseHost: 'radio.example', httpPort: 8100 };
const ANN = `Authorization: ${basicHeader({ user: 'ann', password: 'right' })}\r\n`;

let playout: Playout;
let port: ScxPort;
let server: HookServer;
let hook: ListenerHook;
let clients: RawClient[] = [];
let sequence = 0;

const play = (): void => {
  for (let left = 40; left > 0; left--) playout.handleAdu(audioAdu('a', sequence++));
};

async function open(
  url: string,
  onFailure: 'allow' | 'deny' = 'deny',
  listenersMax = 5,
  clock = now,
) {
  playout = createPlayout(
    { identities: newIdentities(), burstMs: 500, listenersMax, writeIntervalMs: 20 },
    now,
  );
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: nodeId('f') });
  playout.start();
  play();
  hook = createListenerHook({ settings: { url, onFailure }, launch, mount: MOUNT, log });
  port = await openScxPort(
    {
      ...{ name: NIGHT, listenersMax, tls: undefined, now: clock, hook },
      trust: trustIn(['127.0.0.1']),
      ...{ listeners: playout.listeners, ring: playout.ring, ingest: NO_INGEST, ...NO_SOURCES },
      ...{ spareConnections: 100, onDropped: () => undefined, isLeaving: () => false },
      identities: newIdentities(),
      ...NO_HLS,
      accessLog: openAccessLog(undefined, log),
      pages: () => Promise.resolve({ status: 404, body: '' }),
      streamFields: () => ({}),
    },
    { host: '127.0.0.1', port: 0 },
  );
}

const ask = (fields = '', target = '/night.mp3', method = 'GET'): RawClient => {
  const client = rawClient(port.port, `${method} ${target} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`);
  clients.push(client);
  return client;
};

beforeEach(() => {
  clients = [];
  sequence = 0;
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  playout.end();
  await port.close(0);
  await hook.close();
  server?.close();
});

describe('A listener', () => {
  test('is let in by the hook, which learns who it is, and when it has ended', async () => {
    server = await startHookServer();
    await open(server.url);
    const client = ask(`${ANN}User-Agent: Old Player/1\r\n`, '/night.mp3?ticket=7%2B&x=é');
    await client.bodyOf(10 * FRAME_BYTES);
    const known = {
      ...{ server: 'radio.example', port: '8100', mount: `${MOUNT}?ticket=7%2B&x=é` },
      ...{ user: 'ann', pass: 'right', ip: '127.0.0.1', agent: 'Old Player/1' },
      client: expect.stringMatching(/^\d+$/),
    };
    const type = 'application/x-www-form-urlencoded';
    expect(server.told).toEqual([{ type, fields: { action: 'listener_add', ...known } }]);
    client.socket.destroy();
    await vi.waitUntil(() => server.told.length === 2, wait);
    const { client: id } = server.told[0]!.fields;
    const removed = { action: 'listener_remove', ...known, client: id, duration: '0' };
    expect(server.told[1]!.fields).toEqual(removed);
  });

  test('is asked for name and password when the hook denies it, and let in with them', async () => {
    server = await startHookServer(({ pass }, response) => {
      if (pass === 'right') admit(response);
      else response.writeHead(200, { 'icecast-auth-message': 'Not paid' }).end('no');
    });
    await open(server.url);
    const denied = ask();
    await denied.closed;
    expect(denied.text()).toMatch(/\r\n\r\nNot paid\n$/);
    expect(denied.text()).toMatch(/^HTTP\/1\.1 401 /);
    expect(denied.text()).toMatch(/^WWW-Authenticate: Basic realm="radio.example\/night"\r?$/m);
    await ask(ANN).bodyOf(10 * FRAME_BYTES);
    expect(hook.counters).toMatchObject({ asked: 2, denied: 1, failed: 0 });
    expect(server.of('listener_remove')).toEqual([]);
  });

  test('only looks without a question', async () => {
    server = await startHookServer();
    await open(server.url);
    await ask('', '/night.mp3', 'HEAD').closed;
    await ask('Range: bytes=0-1\r\n').closed;
    expect(server.told).toEqual([]);
  });

  test('ends when its time is over', async () => {
    server = await startHookServer((_fields, response) =>
      admit(response, { 'icecast-auth-timelimit': '1' }),
    );
    await open(server.url);
    await ask().closed;
    await vi.waitUntil(() => server.of('listener_remove').length === 1, wait);
    expect(playout.listeners.count).toBe(0);
  });

  test('that leaves before it is admitted, or finds the SCX full, has ended for the hook', async () => {
    const answers: (() => void)[] = [];
    server = await startHookServer((_fields, response) => void answers.push(() => admit(response)));
    await open(server.url, 'deny', 1);
    const [first, second, third] = [ask(), ask(), ask()];
    await vi.waitUntil(() => answers.length === 3, wait);
    third.socket.resetAndDestroy();
    for (const answer of answers) answer();
    await vi.waitUntil(() => answers.length > 3, wait); // the first end
    for (const answer of answers.splice(3)) answer();
    await vi.waitUntil(() => server.of('listener_remove').length === 2, wait);
    await Promise.race([first.closed, second.closed]);
    expect(`${first.text()}${second.text()}`).toContain('HTTP/1.1 503 ');
    expect(playout.listeners.count).toBe(1);
  });
});

describe('A listener about whom the front end has the hook asked before it comes', () => {
  const FROM = 'X-Forwarded-For: 198.51.100.7\r\nUser-Agent: Old/1\r\n';
  const TARGET = '/night.mp3?ticket=7';

  const askAhead = async (target = TARGET, fields = FROM, secret = SECRET): Promise<string> => {
    const path = `/admin/admission?${new URLSearchParams({ target })}`;
    const [proof = ['', '']] = Object.entries(proofOf(secret, 'GET', path));
    const asked = ask(`${fields}${proof.join(': ')}\r\n`, path);
    await asked.closed;
    return asked.text();
  };

  test('is let in without another question, and has ended once', async () => {
    server = await startHookServer();
    await open(server.url);
    expect(await askAhead()).toMatch(/^HTTP\/1\.1 204 /);
    const client = ask(FROM, TARGET);
    await client.bodyOf(10 * FRAME_BYTES);
    const [added, ...others] = server.of('listener_add');
    expect(others).toEqual([]);
    const known = { mount: `${MOUNT}?ticket=7`, ip: '198.51.100.7', agent: 'Old/1', user: '' };
    expect(added).toMatchObject(known);
    client.socket.destroy();
    await vi.waitUntil(() => server.of('listener_remove').length === 1, wait);
    expect(server.of('listener_remove')[0]).toMatchObject({ ...known, client: added?.client });
  });

  test.each([
    ['another program', FROM.replace('Old', 'New'), TARGET],
    ['another address', FROM.replace('.7', '.8'), TARGET],
    ['another ticket', FROM, '/night.mp3?ticket=8'],
    ['a password', `${FROM}${ANN}`, TARGET],
  ])('lets nobody else in: %s', async (_what, fields, target) => {
    server = await startHookServer();
    await open(server.url);
    await askAhead();
    await ask(fields, target).bodyOf(10 * FRAME_BYTES);
    expect(server.of('listener_add')).toHaveLength(2);
  });

  test('lets one in only once', async () => {
    server = await startHookServer();
    await open(server.url);
    await askAhead();
    for (const count of [1, 2]) {
      await ask(FROM, TARGET).bodyOf(10 * FRAME_BYTES);
      expect(server.of('listener_add')).toHaveLength(count);
    }
  });

  test('is refused in the words of the hook', async () => {
    server = await startHookServer((_fields, response) =>
      response.writeHead(200, { 'icecast-auth-message': 'Not paid' }).end(),
    );
    await open(server.url);
    expect(await askAhead()).toMatch(/^HTTP\/1\.1 401 [\s\S]*\r\n\r\nNot paid\n$/);
  });

  test('has ended for the hook if it does not come, or is one of too many', async () => {
    server = await startHookServer();
    await open(server.url);
    const removed = () => server.of('listener_remove').length;
    withoutWaiting([10_000]);
    await askAhead();
    await vi.waitUntil(() => removed() === 1, wait);
    vi.restoreAllMocks();
    expect(server.of('listener_remove')[0]).toMatchObject({ duration: '0' });
    const promised = createPromisedAdmissions(() => void missing++);
    let missing = 0;
    const listener = (id: number) => ({
      connection: { id, address: 'x' },
      admission: { mount: '/m', user: '', password: '' },
    });
    for (let id = 0; id < 1100; id++) promised.add(listener(id));
    expect(missing).toBe(1100 - 1024);
    promised.close();
    expect(missing).toBe(1100);
  });

  test('is not told of by anybody but the front end', async () => {
    server = await startHookServer();
    await open(server.url);
    expect(await askAhead(TARGET, FROM, 'another secret')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await askAhead(TARGET, FROM, '')).toMatch(/^HTTP\/1\.1 404 /);
    expect(server.told).toEqual([]);
  });
});

describe('A hook without an answer', () => {
  /** A port at which nobody listens. */
  const nowhere = async (): Promise<string> => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => taken.once('listening', done));
    const { port: free } = taken.address() as { port: number };
    await new Promise((done) => taken.close(done));
    return `http://127.0.0.1:${free}/`;
  };

  test('refuses its listeners with 503', async () => {
    await open(await nowhere());
    const refused = ask();
    await refused.closed;
    expect(refused.text()).toMatch(/^HTTP\/1\.1 503 /);
    expect(refused.text()).toMatch(/^Retry-After: 10\r?$/m);
    expect(hook.counters).toMatchObject({ asked: 1, denied: 0, failed: 1 });
  });

  test('lets them in where that is configured', async () => {
    await open(await nowhere(), 'allow');
    await ask().bodyOf(10 * FRAME_BYTES);
    expect(hook.counters).toMatchObject({ asked: 1, failed: 1 });
  });

  test('stops nobody who listens already', async () => {
    let count = 0;
    server = await startHookServer((_fields, response) => {
      if (count++ === 0) admit(response); // silent from then on
    });
    await open(server.url);
    const listener = ask();
    await listener.bodyOf(10 * FRAME_BYTES);
    const asking = Array.from({ length: 20 }, () => ask());
    await vi.waitUntil(() => server.told.length === 21, wait);
    const heard = listener.body().length;
    play();
    await listener.bodyOf(heard + 40 * FRAME_BYTES);
    for (const { text } of asking) expect(text()).toBe('');
  });

  test('is asked no more about an address that asks all the time', async () => {
    server = await startHookServer((_fields, response) => void response.end());
    await open(server.url, 'deny', 5, () => 0); // so that no time passes
    const statuses: string[] = [];
    const askAgain = async (): Promise<void> => {
      for (let count = 0; count < 51; count++) {
        const client = ask('X-Forwarded-For: 203.0.113.7\r\n');
        await client.closed;
        statuses.push(client.text().slice(9, 12));
      }
    };
    await Promise.all(Array.from({ length: 20 }, askAgain));
    expect(statuses.filter((status) => status === '401')).toHaveLength(1000);
    expect(statuses.filter((status) => status === '429')).toHaveLength(20);
    expect(hook.counters.asked).toBe(1000);
    const other = ask('X-Forwarded-For: 203.0.113.8\r\n');
    await other.closed;
    expect(other.text()).toMatch(/^HTTP\/1\.1 401 /);
  });
});
