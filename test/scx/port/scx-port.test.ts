import { request } from 'node:http';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { trustIn } from '../../../src/http/server/client-address.js';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import {
  createOperatorPages,
  type OperatorPageOptions,
} from '../../../src/scx/port/operator-pages.js';
import { openScxPort, type ScxPort } from '../../../src/scx/port/scx-port.js';
import type { Metric } from '../../../src/scx/status/metric.js';
import { createMetrics } from '../../../src/scx/status/prometheus.js';
import { REQUEST_CASES, requestBytes } from '../../http/request-cases.js';
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
  titleAdu,
} from '../support.js';

const GET = 'GET /night.mp3 HTTP/1.1\r\nHost: x\r\n\r\n';

const now = (): number => performance.now();
const anywhere = { host: '127.0.0.1', port: 0 };
let playout: Playout;
let server: ScxPort;
let isLeaving = false;
let sequence = 0;
let clients: RawClient[] = [];

const play = (count: number): void => {
  for (let left = count; left > 0; left--) playout.handleAdu(audioAdu('a', sequence++));
};

const player = (text: string, options = {}): RawClient => {
  const client = rawClient(server.port, text, options);
  clients.push(client);
  return client;
};

const wait = { timeout: 20_000, interval: 5 };

/** The number of the last whole frame in a stream with a head. */
const lastNumberIn = (received: readonly Buffer[]): number => {
  const [first = Buffer.alloc(0)] = received;
  const headBytes = first.indexOf('\r\n\r\n') + 4;
  const bytes = received.reduce((sum, part) => sum + part.length, -headBytes);
  const tail = Buffer.concat(received.slice(-2)).subarray(-FRAME_BYTES - (bytes % FRAME_BYTES));
  return numbersIn(tail.subarray(0, FRAME_BYTES)).at(-1) ?? 0;
};

/** The answer to a request that is answered at once. */
const ask = async (text: string): Promise<string> => {
  const client = player(text);
  await client.head();
  client.socket.end();
  await client.closed;
  return client.text();
};

const readMetrics = (): readonly Metric[] => [
  { kind: 'gauge', name: 'listeners', help: 'Listeners', value: playout.listeners.count },
  { kind: 'counter', name: 'bytes_total', help: 'Bytes', value: 7 },
  { kind: 'counter', name: 'lost_total', help: 'Lost', value: 2, cause: 'late' },
  { kind: 'counter', name: 'lost_total', help: 'Lost', value: 3, cause: 'never' },
];
const metrics = createMetrics('night', readMetrics, pino({ level: 'silent' }));

const options = (pages: Partial<OperatorPageOptions> = {}) => ({
  name: NIGHT,
  listenersMax: 5,
  spareConnections: 100,
  onDropped: () => undefined,
  listeners: playout.listeners,
  ring: playout.ring,
  renditions: playout.renditions,
  identities: newIdentities(),
  ...NO_HLS,
  accessLog: openAccessLog(undefined, pino({ level: 'silent' })),
  tls: undefined,
  trust: trustIn(['127.0.0.1']),
  ingest: NO_INGEST,
  ...NO_SOURCES,
  streamFields: (rendition = 128) => ({
    ...{ 'icy-name': 'Night', 'icy-br': rendition, 'icy-genre': 'Caf\xc3\xa9' },
  }),
  pages: createOperatorPages({
    streamPath: '/night.mp3',
    status: () => ({ state: 'running' }),
    icestats: () => ({ icestats: {} }),
    metrics,
    isLeaving: () => isLeaving,
    now,
    ...pages,
  }),
  isLeaving: () => isLeaving,
  now,
});

beforeEach(async () => {
  isLeaving = false;
  sequence = 0;
  clients = [];
  playout = createPlayout(
    {
      ...{ identities: newIdentities(), burstMs: 1000, listenersMax: 5, writeIntervalMs: 20 },
      renditions: [64, 32],
    },
    now,
  );
  playout.onEvent({ kind: 'sourceUp', source: source('a'), scx: 'f'.repeat(32) as never });
  playout.start();
  server = await openScxPort(options(), anywhere);
});

afterEach(async () => {
  playout.end();
  await server.close(0);
  for (const { socket } of clients) socket.destroy();
});

describe('A rendition', () => {
  test('is described as the stream is, and is not made for who only looks', async () => {
    for (const path of ['/night.64.mp3', '/radio.example/night.64.mp3', '/night.64']) {
      const answer = await ask(`HEAD ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1.1 200 /);
      expect(answer).toContain('icy-br: 64\r\n');
    }
    expect(playout.renditions.active).toEqual([]);
  });

  test('is made for a listener, at its rate', async () => {
    play(50);
    const client = player('GET /night.32.mp3 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await client.head()).toContain('icy-br: 32\r\n');
    expect(playout.renditions.active).toEqual([32]);
    expect(playout.listeners.count).toBe(1);
  });

  test('is refused where it is not announced, and for earlier sound', async () => {
    const answer = await ask('GET /night.96.mp3 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
    expect(answer).toContain('/night.mp3, /night.64.mp3, /night.32.mp3');
    expect(await ask('GET /other.64.mp3 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/ 404 /);
    playout.renditions.set([]);
    expect(await ask('GET /night.64.mp3 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/ 404 /);
    expect(playout.renditions.active).toEqual([]);
  });
});

describe('The stream', () => {
  test.each([
    ['1.1', GET],
    ['1.0', 'GET /night.mp3 HTTP/1.0\r\n\r\n'],
    ['1.0 that would be kept alive', 'GET /night.mp3 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'],
    ['through a proxy', 'GET http://x:1/night.mp3?a=b HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['escaped', 'GET /%6eight.mp3 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['with a body', 'GET /night.mp3 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello'],
  ])('is a raw body of frames for HTTP %s', async (_what, text) => {
    play(50);
    const client = player(text);
    const head = await client.head();
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toMatch(/^Content-Type: audio\/mpeg\r?$/m);
    expect(head).toMatch(/^Connection: close\r?$/im);
    expect(head).toMatch(/^Cache-Control: no-store\r?$/m);
    expect(head).toMatch(/^Access-Control-Allow-Origin: \*\r?$/m);
    expect(head).toMatch(/^icy-name: Night\r?$/m);
    expect(head).toMatch(/^icy-br: 128\r?$/m);
    expect(head).not.toMatch(/transfer-encoding|content-length/i);
    play(20);
    expect(numbersIn(await client.bodyOf(59 * FRAME_BYTES))).toEqual(range(11, 70));
  });

  test.each(REQUEST_CASES)('is for a request with $what as at every port', async (one) => {
    play(50);
    const client = player(requestBytes(one, '/night.mp3').toString('latin1'));
    const status = Number((await client.head()).split(' ')[1]);
    expect(status).toBe(one.refusal ?? 200);
    if (one.refusal === undefined) return;
    await client.closed;
    expect(client.body().toString()).toMatch(/^[A-Z].*\.\n$/);
  });

  test.each([
    ...['/night', '/night.MP3', '/night.mp3;', '/night;stream.nsv', '/;', '/;stream.mp3'],
    ...['/radio.example/night', '/radio.example/night.mp3', '/;?type=http'],
  ])('is also at %s', async (path) => {
    play(50);
    expect(await player(`GET ${path} HTTP/1.0\r\n\r\n`).head()).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  test.each(['/', '/day.mp3', '/night.m3u', '/radio.example/day', '/night.mp3.mp3'])(
    'is not at %s',
    async (path) => {
      play(50);
      expect(await ask(`GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 404 /);
    },
  );

  test('may be read by a page of any origin, with titles', async () => {
    play(50);
    const preflight = await ask(
      'OPTIONS /night.mp3 HTTP/1.1\r\nHost: x\r\nOrigin: https://station.example\r\n' +
        'Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: icy-metadata\r\n\r\n',
    );
    expect(preflight).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(preflight).toMatch(/^Access-Control-Allow-Origin: \*\r?$/m);
    expect(preflight).toMatch(/^Access-Control-Allow-Methods: GET, HEAD\r?$/m);
    expect(preflight).toMatch(/^Access-Control-Allow-Headers: .*Icy-MetaData.*\r?$/m);
    expect(preflight).not.toMatch(/^content-(length|type):/im);
    const head = await player(GET).head();
    expect(head).toMatch(/^Access-Control-Expose-Headers: icy-metaint, icy-name, .*\r?$/m);
  });

  test('is answered when the first audio arrives', async () => {
    const client = player(GET);
    await vi.waitUntil(() => playout.listeners.waiting === 1);
    expect(client.text()).toBe('');
    play(3);
    expect(numbersIn(await client.bodyOf(3 * FRAME_BYTES))).toEqual([0, 1, 2]);
    expect(playout.listeners.count).toBe(1);
  });

  test('starts the first listener with the end of what comes in one go', async () => {
    const client = player(GET);
    await vi.waitUntil(() => playout.listeners.waiting === 1);
    play(380);
    expect(numbersIn(await client.bodyOf(39 * FRAME_BYTES))).toEqual(range(341, 380));
  });

  test('has a head without a listener', async () => {
    const text = await ask('HEAD /night.mp3 HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/Content-Type: audio\/mpeg/);
    expect(text).toContain('\r\nicy-genre: Caf\xc3\xa9\r\n'); // UTF-8, as with the stream
    expect(text).toMatch(/\r\n\r\n$/);
    expect(playout.listeners.peak).toBe(0);
  });

  test('is refused when the SCX is full, and not after a listener has left', async () => {
    play(10);
    const first = range(0, 5).map(() => player(GET));
    await Promise.all(first.map((client) => client.bodyOf(1)));
    expect(await ask(GET)).toMatch(/^HTTP\/1\.1 503[\s\S]*Retry-After: 10/);
    first[0]?.socket.destroy();
    await vi.waitUntil(() => playout.listeners.count === 4);
    await player(GET).bodyOf(1);
  });

  test('is refused while the SCX leaves', async () => {
    play(10);
    isLeaving = true;
    expect(await ask(GET)).toMatch(/^HTTP\/1\.1 503[\s\S]*Retry-After: 1\r/);
  });

  test('ends with its last frame when the SCX ends', async () => {
    play(10);
    const client = player(GET);
    await client.bodyOf(1);
    play(7);
    playout.end();
    await client.closed;
    expect(numbersIn(client.body())).toEqual(range(0, 17));
  });
});

describe('Titles', () => {
  const ICY_GET = 'GET /night.mp3 HTTP/1.1\r\nHost: x\r\nIcy-MetaData: 1\r\n\r\n';

  /** Takes the blocks out; returns the audio, and where in it each title begins. */
  const unweave = (body: Buffer) => {
    const audio: Buffer[] = [];
    const titles: { at: number; text: string }[] = [];
    let length = 0;
    for (let at = 0; at < body.length; ) {
      const part = body.subarray(at, at + 16_000);
      audio.push(part);
      length += part.length;
      at += part.length;
      const size = (body[at] ?? 0) * 16;
      const text = body.subarray(at + 1, at + 1 + size).toString();
      if (size > 0) titles.push({ at: length, text: text.replace(/\0+$/, '') });
      at += 1 + size;
    }
    return { audio: Buffer.concat(audio), titles };
  };

  test('come to players that ask for them, at the first block behind the frame from which they hold', async () => {
    play(50);
    const client = player(ICY_GET);
    const plain = player(GET);
    const head = await client.head();
    expect(head).toMatch(/^icy-metaint: 16000\r?$/m);
    expect(await plain.head()).not.toMatch(/^icy-metaint:/m);
    playout.handleAdu(titleAdu('a', "It's; 'Über'", 90));
    play(100);
    const woven = await client.bodyOf(139 * FRAME_BYTES + 4);
    const { audio, titles } = unweave(woven);
    expect(numbersIn(audio.subarray(0, 139 * FRAME_BYTES))).toEqual(range(11, 150));
    // Number 90 is the 79th frame of this listener.
    const due = Math.ceil((79 * FRAME_BYTES) / 16_000) * 16_000;
    expect(titles).toEqual([{ at: due, text: "StreamTitle='It's; 'Über'';" }]);
    expect(numbersIn(await plain.bodyOf(139 * FRAME_BYTES))).toEqual(range(11, 150));
  });

  test('are in the first block also when the title comes after the audio from which it holds', async () => {
    const client = player(ICY_GET);
    await vi.waitUntil(() => playout.listeners.waiting === 1);
    play(50);
    playout.handleAdu(titleAdu('a', 'Moonlight', 3));
    await client.head();
    play(50);
    const { titles } = unweave(await client.bodyOf(80 * FRAME_BYTES));
    expect(titles).toEqual([{ at: 16_000, text: "StreamTitle='Moonlight';" }]);
  });

  test('are waited for a moment by players that take them, and by no others', async () => {
    const [titled, plain] = [player(ICY_GET), player(GET)];
    await vi.waitUntil(() => playout.listeners.waiting === 2);
    play(50);
    await plain.head();
    expect([titled.text(), playout.listeners.waiting]).toEqual(['', 1]);
    expect(await titled.head()).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe('A client that only looks', () => {
  test('gets the first bytes of a frame, and is no listener', async () => {
    play(50);
    const probe = await ask('GET /night.mp3 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n');
    expect(probe).toMatch(/^HTTP\/1\.1 206 Partial Content\r\n/);
    expect(probe).toMatch(/^Content-Range: bytes 0-1\/\*\r?$/m);
    expect(Buffer.from(probe, 'latin1').subarray(-2)).toEqual(Buffer.from([0xff, 0xfb]));
    expect(playout.listeners.counters.accepted).toBe(0);
  });

  test('gets the stream at once when it takes titles, which iOS would drop after a 206', async () => {
    play(50);
    const client = player(
      'GET /night.mp3 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nIcy-MetaData: 1\r\n\r\n',
    );
    const head = await client.head();
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toMatch(/^icy-metaint: 16000\r?$/m);
    expect(head).not.toMatch(/^content-range:/im);
    await vi.waitUntil(() => playout.listeners.count === 1);
  });

  test('gets the stream when it then asks for everything', async () => {
    play(50);
    const client = player('GET /night.mp3 HTTP/1.1\r\nHost: x\r\nRange: bytes=0-\r\n\r\n');
    expect(await client.head()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(numbersIn(await client.bodyOf(39 * FRAME_BYTES))).toEqual(range(11, 50));
  });
});

describe('The pages', () => {
  test('work when the metrics cannot be drawn', async () => {
    const metrics = () => Promise.reject(new Error('EMFILE'));
    const other = await openScxPort(options({ metrics }), anywhere);
    const response = await fetch(`http://127.0.0.1:${other.port}/metrics`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('10');
    await other.close(0);
  });

  test('are the status, the health, and the metrics', async () => {
    expect(await ask('GET /status HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/{"state":"running"}/);
    expect(await ask('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/200 OK[\s\S]*ok\n$/);
    for (const _time of range(0, 2)) {
      const metrics = await ask('GET /metrics HTTP/1.0\r\n\r\n');
      expect(metrics).toMatch(/^scattercast_scx_listeners\{session="night"\} 0$/m);
      expect(metrics).toMatch(/^scattercast_scx_bytes_total\{session="night"\} 7$/m);
      expect(metrics).toMatch(/^scattercast_scx_lost_total\{cause="late",session="night"\} 2$/m);
      expect(metrics).toMatch(/^scattercast_scx_lost_total\{cause="never",session="night"\} 3$/m);
    }
  });

  test('answer a wrong path or method with a sentence', async () => {
    const missing = await ask('GET /../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(missing).toMatch(/^HTTP\/1\.1 404[\s\S]*listen at \/night\.mp3\n$/);
    expect(await ask('GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 404/);
    const posted = await ask('POST /night.mp3 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    expect(posted).toMatch(/^HTTP\/1\.1 405[\s\S]*Allow: GET, HEAD/);
  });

  test('report that the SCX leaves', async () => {
    isLeaving = true;
    expect(await ask('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 503/);
  });
});

describe('A bad client', () => {
  test.each([
    ['garbage', `${'\x01\xff'.repeat(50)}\r\n\r\n`, 400],
    ['a space in the path', 'GET /a b HTTP/1.1\r\n\r\n', 400],
    ['10,000 headers', `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(10_000)}\r\n`, 431],
    ['64 KiB of header', `GET / HTTP/1.1\r\nA: ${'b'.repeat(65_536)}\r\n\r\n`, 431],
    ['a request line of 1 MiB', `GET /${'b'.repeat(1_048_576)} HTTP/1.1\r\n\r\n`, 414],
    ['65 headers', `GET / HTTP/1.1\r\n${'A: b\r\n'.repeat(65)}\r\n`, 431],
  ])('with %s gets a status and is closed', async (_what, text, code) => {
    const client = player(text);
    await client.closed;
    // A server that closes with unread input may reset, which takes its answer away.
    if (client.text() !== '') expect(client.text()).toMatch(new RegExp(`^HTTP/1.1 ${code}`));
    expect(await ask('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/200 OK/);
  });

  test('may send its request one byte at a time', async () => {
    play(10);
    const client = player('');
    client.socket.setNoDelay(true);
    for (const byte of GET) await new Promise((sent) => client.socket.write(byte, sent));
    expect(numbersIn(await client.bodyOf(10 * FRAME_BYTES))).toEqual(range(0, 10));
  });

  test('that sends half a request and goes does no harm', async () => {
    play(10);
    const half = player('GET /night.mp3 HT');
    half.socket.end();
    await half.closed;
    expect(numbersIn(await player(GET).bodyOf(10 * FRAME_BYTES))).toEqual(range(0, 10));
  });

  test('that sends into the stream is ignored for a while, then disconnected', async () => {
    play(10);
    const client = player(GET);
    await client.bodyOf(1);
    client.send(GET);
    play(10);
    await client.bodyOf(20 * FRAME_BYTES);
    client.send('x'.repeat(40_000));
    await client.closed;
    await vi.waitUntil(() => playout.listeners.count === 0);
  });

  test('that resets is no error', async () => {
    play(10);
    const client = player(GET);
    await client.bodyOf(1);
    client.socket.resetAndDestroy();
    await vi.waitUntil(() => playout.listeners.count === 0);
    play(10);
    expect(await ask('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/200 OK/);
  });

  test('that reads nothing skips, holds no memory, and delays no other', async () => {
    play(10);
    const stuck = player(GET, { isReading: false });
    stuck.socket.pause();
    const reader = player(GET);
    await reader.bodyOf(1);
    await vi.waitUntil(() => playout.listeners.count === 2);
    // More than the kernel takes for one socket, which may be many MB, and then more than the ring.
    let stuckBytes = 0;
    for (let roundsWithoutStuck = 0; roundsWithoutStuck < 6; ) {
      play(1000);
      await reader.bodyOf(sequence * FRAME_BYTES);
      const handedBytes = playout.listeners.counters.bytes - sequence * FRAME_BYTES;
      roundsWithoutStuck = handedBytes === stuckBytes ? roundsWithoutStuck + 1 : 0;
      stuckBytes = handedBytes;
    }
    expect(numbersIn(reader.body())).toEqual(range(0, sequence));
    expect(playout.ring.bytes).toBeLessThan(2_000_000);
    const received: Buffer[] = [];
    stuck.socket.on('data', (part) => received.push(part));
    stuck.socket.resume();
    await vi.waitUntil(() => playout.listeners.counters.skipped > 0, wait);
    const skippedTo = sequence;
    await vi.waitUntil(() => {
      play(1);
      return lastNumberIn(received) > skippedTo;
    }, wait);
  });
});

describe('The HTTP port', () => {
  test('that is taken is a problem that the user can fix', async () => {
    const second = openScxPort(options(), { host: '127.0.0.1', port: server.port });
    const error = await second.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ exitCode: EXIT.bind });
    expect(String(error)).toMatch(/is taken/);
  });

  test('serves clients that use node:http', async () => {
    play(10);
    const status = await new Promise((resolve, reject) => {
      const asked = request({ port: server.port, path: '/night.mp3' }, (response) => {
        response.once('data', () => {
          asked.destroy();
          resolve([response.statusCode, response.headers['transfer-encoding']]);
        });
      });
      asked.on('error', reject).end();
    });
    expect(status).toEqual([200, undefined]);
  });
});
