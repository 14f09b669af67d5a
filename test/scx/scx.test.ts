import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Launch } from '../../src/api/scx-launch.js';
import { launchSchema } from '../../src/api/scx-launch.js';
import { type ScxStatus, scxStatusSchema } from '../../src/api/scx-status.js';
import {
  openSourceConnection,
  type SourceConnection,
} from '../../src/client/broadcast/source-connection.js';
import { signedSource } from '../../src/client/broadcast/source-credentials.js';
import { shareCertificate } from '../../src/cluster/fleet/shared-certificate.js';
import type { Address, NodeId, SourceId } from '../../src/gossamer/core/node.js';
import { EXIT } from '../../src/lib/user-error.js';
import { sourcePrefix } from '../../src/overlay/lots/source-id.js';
import { type Scx, startScx } from '../../src/scx/scx.js';
import { encodeHello } from '../../src/wire/encoder.js';
import { WIRE_VERSION } from '../../src/wire/hello.js';
import { temporaryFolder } from '../cluster/support.js';
import { makeCertificate } from '../e2e/support/certificate.js';
import { answerProven } from '../http/proven.js';
import { startHookServer } from '../icecast/hook-server.js';
import { connectRaw } from '../overlay/support.js';
import { accessOf, keyOfPassword } from '../session/signed.js';
import { type RawClient, rawClient } from './raw-client.js';
import { adusOf, isIn, reasonOf } from './receivers/support.js';
import {
  FRAME_BYTES,
  FRAME_MS,
  identityOf,
  mp3Frame,
  NIGHT,
  numbersIn,
  range,
  source,
} from './support.js';

const SESSION = NIGHT.id;
const GET = 'GET /night.mp3 HTTP/1.0\r\n\r\n';
const log = pino({ enabled: false });
const wait = { timeout: 20_000, interval: 5 };

let frontEnd: Server;
let leases: Map<string, ScxStatus>;
let leaseCount: number;
let answer: {
  status: number;
  readonly pinned: Set<string>;
  access?: object;
  listenerHook?: object | null;
  station?: object;
};
let running: Scx[];
let ending: (() => void)[];
/** What the SCXs' clock is ahead of the machine's, ms. */
let aheadMs: number;

/** Of the present test: SCXs of tests before it may still be leaving. */
let leaseUrl: string;
let stopping: Promise<void>[];

const answerLease = (request: IncomingMessage, response: ServerResponse): void => {
  if (`http://127.0.0.1:${portOf(frontEnd)}${request.url}` !== `${leaseUrl}/leases`) {
    return void response.writeHead(410).end();
  }
  let text = '';
  request.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  request.on('end', () => {
    const status = scxStatusSchema.parse(JSON.parse(text));
    const pinned = answer.pinned.has(status.id);
    leases.set(status.id, status);
    leaseCount++;
    const { access, listenerHook, station, status: code } = answer;
    const body = JSON.stringify({
      rendezvous: pinned,
      keep: pinned,
      access,
      listenerHook,
      station,
    });
    answerProven('secret', request, response, { status: code, body });
  });
};

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  stopping = [];
  frontEnd = createServer(answerLease);
  await new Promise<void>((resolve) => frontEnd.listen(0, '127.0.0.1', resolve));
});

beforeEach(({ task }) => {
  leaseUrl = `http://127.0.0.1:${portOf(frontEnd)}/${task.id}`;
  leases = new Map();
  leaseCount = 0;
  answer = { status: 200, pinned: new Set() };
  running = [];
  ending = [];
  aheadMs = 0;
});

// The next test does not wait until the SCXs have left.
afterEach(() => {
  for (const end of ending) end();
  stopping.push(...running.map((scx) => scx.stop()));
});

afterAll(async () => {
  await Promise.all(stopping);
  frontEnd.closeAllConnections();
  await new Promise((resolve) => frontEnd.close(resolve));
});

const now = (): number => performance.now() + aheadMs;

const start = async (digit: string, changes: Partial<Launch> = {}): Promise<Scx> => {
  const launch = launchSchema.parse({
    ...identityOf(digit),
    session: SESSION,
    title: 'Nachtmusik für alle',
    genre: 'Jazz',
    channels: [
      { id: 1, unicast: 'tcp' },
      { id: 2, unicast: 'tcp' },
    ],
    locations: [],
    rendezvous: false,
    access: await accessOf(1, PASSWORD),
    leaseUrl,
    leaseToken: 'secret',
    leaseIntervalMs: 50,
    advertiseHost: '127.0.0.1',
    listenHost: '127.0.0.1',
    httpPort: 0,
    overlayPort: 0,
    lingerMs: 60_000,
    listenersMax: 100,
    perAddressMax: 0,
    trustedProxies: [],
    burstMs: 500,
    writeIntervalMs: 20,
    profile: 'fast',
    allowPrivate: true,
    logLevel: 'silent',
    ...changes,
  });
  const scx = await startScx({
    ...{ launch, log, entry: '/nowhere', maintenanceMs: 5 },
    ...{ now, attended: now },
  });
  running.push(scx);
  return scx;
};

/** Waits until an SCX has renewed its lease three times, and so has done its maintenance. */
const maintained = async (): Promise<void> => {
  const before = leaseCount;
  await vi.waitUntil(() => leaseCount >= before + 3, wait);
};

/** Time passes for the SCXs, and they notice it. */
const pass = async (ms: number): Promise<void> => {
  aheadMs += ms;
  await maintained();
};

/** Whether an SCX has ended, now and later. */
const endOf = (scx: Scx): { isOver: boolean } => {
  const end = { isOver: false };
  void scx.stopped.then(() => {
    end.isOver = true;
  });
  return end;
};

/** Two SCXs; the second finds the first as its rendezvous point. */
const startTwo = async (): Promise<readonly [Scx, Scx]> => {
  answer.pinned.add(identityOf('1').id);
  const first = await start('1', { rendezvous: true });
  const second = await start('2', { locations: [first.status().overlayAddress] });
  return [first, second];
};

const listen = (scx: Scx): RawClient => {
  const client = rawClient(Number(new URL(scx.status().httpUrl).port), GET);
  ending.push(() => client.socket.destroy());
  return client;
};

/** A broadcaster that sends frames on demand. */
interface TestSource {
  readonly connection: SourceConnection;
  send(count: number): void;
  title(text: string): void;
  show(channel: number, sequence: number, payload: Uint8Array): void;
  listeners: number;
}

/** The source password of the sessions, unless a test says otherwise. */
const PASSWORD = 'right';

/** The id of a source of a password. */
const idAt = async (digit: string, password = PASSWORD): Promise<SourceId> => {
  const { publicKey } = await keyOfPassword(password);
  return `${sourcePrefix(publicKey)}${digit.repeat(8)}` as SourceId;
};

const attach = async (scx: Scx, of = source('a'), password = PASSWORD): Promise<TestSource> => {
  const { id, httpUrl, overlayAddress } = scx.status();
  const studio = { listeners: 0 } as TestSource;
  const key = await keyOfPassword(password);
  const signed = { ...of, id: await idAt(of.id.charAt(0), password) };
  const connection = await openSourceConnection({
    attachment: {
      ...{ session: SESSION, sources: [], keepAliveMs: 100 },
      scx: { id, httpUrl, overlayAddress },
    },
    signed: signedSource(signed, key, { session: SESSION, scx: id as NodeId }),
    onAlive: ({ listeners }) => {
      studio.listeners = listeners;
    },
    onDrain: () => undefined,
    signal: new AbortController().signal,
  });
  ending.push(() => connection.destroy('the test is over'));
  const next = { audio: 0, title: 0 };
  const publish = (channel: number, sequence: number, payload: Uint8Array): void =>
    connection.send([{ channel, sequence, timestampMs: Date.now(), payload }]);
  return Object.assign(studio, {
    connection,
    show: publish,
    send: (count: number) => {
      for (let left = count; left > 0; left--) publish(1, next.audio, mp3Frame(next.audio++));
    },
    title: (text: string) =>
      publish(2, next.title++, Buffer.from(JSON.stringify({ title: text, from: next.audio }))),
  });
};

/** Calls `send` for each frame until the test ends: faster than real time, up to four seconds ahead. */
const paced = (send: () => void): void => {
  const startedAt = performance.now();
  let sentMs = 0;
  const tick = (): void => {
    if (sentMs > performance.now() - startedAt + 4000) return;
    sentMs += FRAME_MS;
    send();
  };
  const timer = setInterval(tick, FRAME_MS / 5);
  ending.push(() => clearInterval(timer));
};

const broadcast = (studio: TestSource): void => paced(() => studio.send(1));

const expectRun = (bytes: Uint8Array): void => {
  const numbers = numbersIn(bytes);
  const first = numbers[0] ?? 0;
  expect(numbers).toEqual(range(first, first + numbers.length));
};

describe('Two SCXs', () => {
  test('carry a source from one to the listeners of both, without a hole', async () => {
    const [first, second] = await startTwo();
    const clients = [listen(first), listen(second)];
    const studio = await attach(first);
    studio.title('Moonlight');
    broadcast(studio);
    for (const client of clients) {
      await client.bodyOf(60 * FRAME_BYTES);
      expectRun(client.body());
    }
    await vi.waitUntil(() => studio.listeners === 2, wait);
    for (const scx of [first, second]) {
      const status = scxStatusSchema.parse(scx.status());
      expect(status).toMatchObject({
        state: 'running',
        session: SESSION,
        listeners: 1,
        playing: await idAt('a'),
        title: 'Moonlight',
        bitrateKbps: 128,
        membersKnown: 1,
      });
      expect(status.neighbours).toHaveLength(1);
    }
    expect(first.status()).toMatchObject({ rendezvous: true, attachedSources: 1 });
    expect(second.status().sources[0]?.flows[0]).toMatchObject({
      parent: identityOf('1').id,
      missed: 0,
      duplicate: 0,
    });
  });

  test('carry a channel that is announced while they run, to clients that ask for it', async () => {
    const [first, second] = await startTwo();
    const studio = await attach(first);
    studio.send(10);
    await vi.waitUntil(() => second.status().sources[0]?.flows[0]?.next === 10, wait);
    const ask = () => {
      const peer = connectRaw(second.status().overlayAddress as Address);
      ending.push(() => peer.reset());
      const greeting = { version: WIRE_VERSION, session: SESSION, purpose: 'receive' } as const;
      peer.send(encodeHello({ ...greeting, channels: [7], positions: [] }));
      return peer;
    };
    const early = ask();
    await vi.waitUntil(() => reasonOf(early) !== undefined, wait);
    expect(reasonOf(early)).toBe('the session has the channels 1, 2, and not 7');

    const text = { title: null, genre: null };
    answer.station = { ...text, channels: [{ id: 1 }, { id: 2 }, { id: 7, rateKbps: 64 }] };
    await vi.waitUntil(() => second.status().sources[0]?.flows.length === 3, wait);
    const client = ask();
    await isIn(client);
    studio.show(7, 0, Buffer.from('the first slide'));
    await vi.waitUntil(() => adusOf(client).length === 1, wait);
    expect(Buffer.from(adusOf(client)[0]?.payload ?? []).toString()).toBe('the first slide');
    studio.send(1); // the sound goes on over the same connection
    await vi.waitUntil(() => second.status().sources[0]?.flows[0]?.next === 11, wait);
  });

  test('give a late listener the burst at once', async () => {
    const [first, second] = await startTwo();
    const studio = await attach(first);
    studio.send(200);
    await vi.waitUntil(() => second.status().sources[0]?.flows[0]?.next === 200, wait);
    const client = listen(second);
    await vi.waitUntil(() => numbersIn(client.body()).at(-1) === 199, wait);
    expectRun(client.body());
    expect(numbersIn(client.body()).length).toBeGreaterThanOrEqual(20);
    const head = await client.head();
    expect(head).toMatch(/^icy-genre: Jazz\r?$/m);
    expect(head).toMatch(/^icy-br: 128\r?$/m);
    expect(Buffer.from(head, 'latin1').toString()).toMatch(/^icy-name: Nachtmusik für alle\r?$/m);
  });

  test('keep a listener when its source dies, and while the fallback plays', async () => {
    const [first, second] = await startTwo();
    const client = listen(second);
    const studio = await attach(first, source('b', 200));
    const fallback = await attach(second, source('a', 100));
    const a = await idAt('a');
    broadcast(studio);
    await client.bodyOf(20 * FRAME_BYTES);
    broadcast(fallback);
    await vi.waitUntil(() => second.status().sources.length === 2, wait);
    studio.connection.destroy('a power cut');
    await vi.waitUntil(() => {
      aheadMs += 20; // its silence is noticed sooner
      return second.status().playing === a;
    }, wait);
    const heard = client.body().length;
    await client.bodyOf(heard + 20 * FRAME_BYTES);
    expect(second.status().listeners).toBe(1);
  });

  test('go on when the source moves from one to the other', async () => {
    const [first, second] = await startTwo();
    const client = listen(second);
    const before = await attach(first, source('a', 100, 1));
    before.send(30);
    await client.bodyOf(20 * FRAME_BYTES);
    const stopping = first.stop();
    await before.connection.closed;
    const after = await attach(second, source('a', 100, 2));
    after.send(60);
    await client.bodyOf(client.body().length + 20 * FRAME_BYTES);
    await stopping;
    expectRun(client.body());
    expect(numbersIn(client.body()).at(-1)).toBeGreaterThan(30);
  });
});

describe('An SCX', () => {
  test('speaks https on its port with the certificate that it was given by its cluster', async () => {
    const { cert, key } = makeCertificate(temporaryFolder(), 'one.example');
    const pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    const sealedCertificate = shareCertificate('secret', () => pair).sealed();
    const scx = await start('1', { leaseUrls: [leaseUrl], sealedCertificate });
    const port = new URL(scx.status().httpUrl).port;
    const asked = get(`https://localhost:${port}/status`, {
      ca: pair.cert,
      servername: 'one.example',
    });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    ending.push(() => response.destroy());
    expect(response.statusCode).toBe(200);
  });

  test('renews its lease with its status, and reports at once that it is leaving', async () => {
    const scx = await start('1', { leaseIntervalMs: 60_000 });
    await vi.waitUntil(() => leases.size === 1, wait);
    const lease = leases.get(identityOf('1').id);
    expect(lease).toEqual({ ...scx.status(), membersKnown: lease?.membersKnown });
    expect(lease?.httpUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/night\.mp3$/);
    expect(lease?.state).toBe('joining');
    await scx.stop();
    expect(leases.get(identityOf('1').id)?.state).toBe('leaving');
  });

  test('tells its front end soon when a source attaches', async () => {
    const scx = await start('1', { leaseIntervalMs: 60_000 });
    await attach(scx);
    await vi.waitUntil(() => leases.get(identityOf('1').id)?.attachedSources === 1, wait);
  });

  test('ends when no client comes within its linger, not earlier', async () => {
    const scx = await start('1', { lingerMs: 60_000 });
    const end = endOf(scx);
    await pass(50_000);
    expect(end.isOver).toBe(false);
    aheadMs += 10_000;
    await scx.stopped;
  });

  test('stays for a listener, and ends a linger after it', async () => {
    const scx = await start('1', { lingerMs: 60_000 });
    const studio = await attach(scx);
    studio.send(10);
    const client = listen(scx);
    await client.bodyOf(FRAME_BYTES);
    studio.connection.leave();
    await vi.waitUntil(() => scx.status().attachedSources === 0, wait);
    const end = endOf(scx);
    await pass(120_000);
    client.socket.destroy();
    await vi.waitUntil(() => scx.status().listeners === 0, wait);
    await maintained();
    await pass(50_000);
    expect(end.isOver).toBe(false);
    aheadMs += 10_000;
    await scx.stopped;
  });

  test('stays as long as its front end pins it, and a linger longer', async () => {
    answer.pinned.add(identityOf('1').id);
    const scx = await start('1', { lingerMs: 60_000 });
    const end = endOf(scx);
    await vi.waitUntil(() => scx.status().rendezvous, wait);
    await pass(300_000);
    expect(end.isOver).toBe(false);
    answer.pinned.clear();
    await vi.waitUntil(() => !scx.status().rendezvous, wait);
    await pass(50_000);
    expect(end.isOver).toBe(false);
    aheadMs += 10_000;
    await scx.stopped;
  });

  test('ends without a front end, even as a rendezvous point, after ten minutes', async () => {
    answer.pinned.add(identityOf('1').id);
    const scx = await start('1', { rendezvous: true });
    const end = endOf(scx);
    await vi.waitUntil(() => leaseCount > 0, wait);
    answer.status = 500;
    await maintained();
    await pass(570_000);
    expect(end.isOver).toBe(false);
    aheadMs += 30_000;
    await scx.stopped;
  });

  test('ends when its front end answers 410', async () => {
    answer.status = 410;
    const scx = await start('1', { rendezvous: true });
    await scx.stopped;
  });

  test('streams on while its front end is away', async () => {
    const scx = await start('1');
    const studio = await attach(scx);
    broadcast(studio);
    const client = listen(scx);
    await client.bodyOf(10 * FRAME_BYTES);
    frontEnd.closeAllConnections();
    answer.status = 500;
    await client.bodyOf(60 * FRAME_BYTES);
    expectRun(client.body());
  });

  test('has sent a listener all that there was when it ends', async () => {
    const scx = await start('1');
    const studio = await attach(scx);
    studio.send(10);
    const client = listen(scx);
    await client.bodyOf(10 * FRAME_BYTES);
    studio.send(5);
    await vi.waitUntil(() => scx.status().sources[0]?.flows[0]?.next === 15, wait);
    await scx.stop();
    await client.closed;
    expect(numbersIn(client.body())).toEqual(range(0, 15));
  });

  test('reports a port that is taken in one line', async () => {
    const first = await start('1');
    const httpPort = Number(new URL(first.status().httpUrl).port);
    const overlayPort = Number(first.status().overlayAddress.split(':')[1]);
    for (const taken of [{ httpPort }, { overlayPort }]) {
      await expect(start('2', taken)).rejects.toMatchObject({ exitCode: EXIT.bind });
    }
  });

  test('shows its metrics to Prometheus', async () => {
    const scx = await start('1');
    const { port } = new URL(scx.status().httpUrl);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toMatch(/^scattercast_scx_listeners\{session="[^"]+"\} 0$/m);
    expect(text).toMatch(/^scattercast_scx_overlay_adus_in_total\{session="[^"]+"\} 0$/m);
    expect(text).toMatch(/^scattercast_scx_overlay_malformed_json_total\{session="[^"]+"\} 0$/m);
    expect(text).toMatch(/^process_resident_memory_bytes/m);
  });
});

describe('An SCX of a session with source keys', () => {
  const refused = (reason: string) => ({
    exitCode: EXIT.refused,
    isFinal: true,
    message: expect.stringContaining(reason),
  });

  test('takes only sources with one of them', async () => {
    const scx = await start('1');
    const wrong = attach(scx, source('a'), 'wrong');
    await expect(wrong).rejects.toMatchObject(refused('the source password is wrong'));
    expect(scx.status().attachedSources).toBe(0);
    await attach(scx, source('a'));
    expect(scx.status().attachedSources).toBe(1);
  });

  test('takes no source at all if the session has none, not even of this machine', async () => {
    const scx = await start('1', { access: { issuedMs: 1, sources: [] } });
    await expect(attach(scx, source('a'))).rejects.toMatchObject(
      refused('this session has no source key'),
    );
    expect(scx.status().attachedSources).toBe(0);
  });

  test('learns new ones from its lease, and closes only the sources of those that are gone', async () => {
    const scx = await start('1', { access: await accessOf(1, PASSWORD, 'of a DJ') });
    const { connection } = await attach(scx, source('a'));
    const dj = await attach(scx, source('b'), 'of a DJ');
    answer.access = { ...(await accessOf(2, 'new', 'of a DJ')) };
    expect(await connection.closed).toBe('the source password has changed');
    const again = attach(scx, source('a', 100, 2));
    await expect(again).rejects.toMatchObject({ isFinal: true });
    await attach(scx, source('c'), 'new');
    expect(dj.connection.writable).toBe(true);
  });

  test('does not go back to those of an older announcement', async () => {
    const scx = await start('1', { access: await accessOf(5, PASSWORD) });
    answer.access = await accessOf(4, 'older');
    const before = leaseCount;
    await vi.waitUntil(() => leaseCount > before + 2, wait);
    await expect(attach(scx, source('b'), 'older')).rejects.toMatchObject({ isFinal: true });
    await attach(scx, source('a'));
  });
});

describe('An encoder at an SCX', () => {
  const authorization = `Authorization: Basic ${btoa('source:right')}`;

  const encoder = (scx: Scx, method = 'PUT', ...more: string[]): RawClient => {
    const head = [`${method} /night HTTP/1.0`, authorization, ...more, '', ''];
    const client = rawClient(Number(new URL(scx.status().httpUrl).port), head.join('\r\n'));
    ending.push(() => client.socket.destroy());
    return client;
  };

  /** Reports a title. */
  const tell = async (scx: Scx, title: string): Promise<void> => {
    const { port } = new URL(scx.status().httpUrl);
    const told = await fetch(`http://127.0.0.1:${port}/admin/metadata?mode=updinfo&song=${title}`, {
      headers: { authorization: `Basic ${btoa('source:right')}` },
    });
    expect(told.status).toBe(200);
  };

  const encode = (client: RawClient): void => {
    let next = 0;
    paced(() => client.socket.write(mp3Frame(next++)));
  };

  test('is heard at another one, with its title', async () => {
    const [first, second] = await startTwo();
    const client = encoder(first, 'SOURCE');
    encode(client);
    const listener = listen(second);
    await listener.bodyOf(30 * FRAME_BYTES);
    expectRun(listener.body());
    await tell(first, 'Moonlight');
    await vi.waitUntil(() => second.status().title === 'Moonlight', wait);
  });

  test('describes the stream everywhere, and finds its title wherever it comes back', async () => {
    const [first, second] = await startTwo();
    const headers = ['User-Agent: butt', 'ice-description: Night and day', 'ice-url: http://x/'];
    const client = encoder(first, 'SOURCE', ...headers);
    encode(client);
    await tell(first, 'Moonlight');
    await vi.waitUntil(() => second.status().title === 'Moonlight', wait);
    const { headers: told } = await fetch(second.status().httpUrl, { method: 'HEAD' });
    expect(told.get('icy-description')).toBe('Night and day');
    expect(told.get('icy-url')).toBe('http://x/');

    const { playing } = second.status();
    client.socket.destroy();
    await vi.waitUntil(() => client.socket.destroyed, wait);
    aheadMs += 2500; // it is silent now
    encode(encoder(second, 'SOURCE', ...headers));
    await vi.waitUntil(() => second.status().playing !== playing, wait);
    await vi.waitUntil(() => second.status().title === 'Moonlight', wait);

    const next = await start('3', { encoderTitles: second.status().encoderTitles });
    encode(encoder(next, 'SOURCE', ...headers));
    await vi.waitUntil(() => next.status().title === 'Moonlight', wait);
  });

  test('is told of when it sends digital silence, and is played while there is no other', async () => {
    const scx = await start('1', { silenceMs: 200 });
    encode(encoder(scx)); // frames without a sound
    await vi.waitUntil(() => scx.status().sources[0]?.silent === true, wait);
    const { id } = scx.status().sources[0] ?? {};
    expect(scx.status().playing).toBe(id);
  });

  test('is a mount for the hook of listeners, from its beginning to its end', async () => {
    const hook = await startHookServer();
    ending.push(hook.close);
    const scx = await start('1', {
      listenerHook: { url: hook.url, onFailure: 'deny' },
    });
    encode(encoder(scx));
    await vi.waitUntil(() => hook.of('mount_add').length === 1, wait);
    expect(hook.told[0]?.fields.mount).toBe('/radio.example/night.mp3');
    const player = rawClient(Number(new URL(scx.status().httpUrl).port), GET);
    await player.head();
    const metrics = await (await fetch(new URL('/metrics', scx.status().httpUrl))).text();
    expect(metrics).toMatch(/^scattercast_scx_listener_hook_asked_total\{.*\} 1$/m);
    await scx.stop();
    expect(hook.of('listener_remove')).toHaveLength(1);
    expect(hook.of('mount_remove')).toHaveLength(1);
  });

  test('is a mount for a hook that the front end names later', async () => {
    const hook = await startHookServer();
    ending.push(hook.close);
    const scx = await start('1');
    encode(encoder(scx));
    await vi.waitUntil(() => scx.status().attachedSources === 1, wait);
    answer.listenerHook = { url: hook.url, onFailure: 'deny' };
    await vi.waitUntil(() => hook.of('mount_add').length === 1, wait);
    answer.listenerHook = null;
    await vi.waitUntil(() => hook.of('mount_remove').length === 1, wait);
  });

  test('is cut off with 401 when its session gets another password', async () => {
    const scx = await start('1');
    const heard = encoder(scx);
    encode(heard);
    await vi.waitUntil(() => scx.status().attachedSources === 1, wait);
    answer.access = await accessOf(2, 'new');
    await heard.closed;
    expect(heard.text()).toMatch(/^HTTP\/1\.1 401 The source password has changed/);
    const again = encoder(scx);
    await again.closed;
    expect(again.text()).toMatch(/^HTTP\/1\.1 401 /);
  });

  test.each([true, false])(
    'is cut off with 403 when its SCX leaves (heard: %s)',
    async (isHeard) => {
      const scx = await start('1');
      const client = encoder(scx, 'PUT', 'Expect: 100-continue');
      await client.head();
      if (isHeard) encode(client);
      await vi.waitUntil(() => scx.status().attachedSources === (isHeard ? 1 : 0), wait);
      const stopped = scx.stop();
      await client.closed;
      expect(client.text()).toMatch(/HTTP\/1\.1 403 This SCX is leaving/);
      await stopped;
    },
  );

  test.each([true, false])(
    'is not told that its SCX leaves when it is carried, as the next one takes it (heard: %s)',
    async (isHeard) => {
      const scx = await start('1');
      const client = encoder(scx, 'SOURCE', 'X-Scattercast-Carried: yes');
      await client.head();
      if (isHeard) encode(client);
      await vi.waitUntil(() => scx.status().attachedSources === (isHeard ? 1 : 0), wait);
      const stopped = scx.stop();
      await client.closed;
      expect(client.text()).toBe('HTTP/1.0 200 OK\r\n\r\n');
      await stopped;
    },
  );

  test('leaves no password in the access log', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scattercast-scx-'));
    ending.push(() => rmSync(folder, { recursive: true }));
    const accessLog = join(folder, 'access.log');
    const scx = await start('1', { accessLog });
    const client = encoder(scx, 'SOURCE', 'User-Agent: butt');
    encode(client);
    await vi.waitUntil(() => scx.status().attachedSources === 1, wait);
    const { port } = new URL(scx.status().httpUrl);
    for (const pass of ['right', 'guess-who']) {
      await fetch(`http://127.0.0.1:${port}/admin.cgi?pass=${pass}&mode=updinfo&song=A`);
    }
    client.socket.destroy();
    await scx.stop();
    const text = readFileSync(accessLog, 'utf8');
    expect(text).toMatch(/"SOURCE \/night HTTP\/1\.0" \d+ .*"butt"/);
    expect(text).toContain('/admin.cgi?pass=...&mode=updinfo');
    for (const secret of ['right', 'guess-who', btoa('source:right')]) {
      expect(text).not.toContain(secret);
    }
  });
});
