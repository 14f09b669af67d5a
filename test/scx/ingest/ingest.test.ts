/** Encoders on real sockets, in front of an ingest whose clock stands still until it is moved. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adu, SourceId } from '../../../src/gossamer/core/node.js';
import { createHeadGate } from '../../../src/http/server/head-gate.js';
import { sendAnswer } from '../../../src/http/server/response.js';
import { createPasswordKeys } from '../../../src/runtime/password-keys.js';
import type { Rival } from '../../../src/scx/ingest/encoder-slots.js';
import type { EncoderTitle } from '../../../src/scx/ingest/encoder-title.js';
import { createIngest, type Ingest } from '../../../src/scx/ingest/ingest.js';
import type { SourceClient } from '../../../src/scx/sources/source-client.js';
import { createSourceLogin, type SourceLogin } from '../../../src/scx/sources/source-login.js';
import { createTitleMemory, type TitleMemory } from '../../../src/scx/sources/title-memory.js';
import { proofOf } from '../../http/proven.js';
import { makeToneFrames } from '../../mp3/make-mp3.js';
import { PADDING_CASES } from '../../mp3/padding-cases.js';
import { accessOf } from '../../session/signed.js';
import { type RawClient, rawClient } from '../raw-client.js';
import {
  FRAME_MS,
  mp3Frame,
  NIGHT as name,
  nodeId,
  numbersIn,
  range,
  withoutWaiting,
} from '../support.js';

const PASSWORD = 'k3nd8w-abcdef';
const LEASE_TOKEN = 'the-cluster-itself';
const MOUNT = '/radio.example/night';
const wait = { timeout: 20_000, interval: 5 };
/** Derived once for all tests. */
const keys = createPasswordKeys();

/** A source as the SCX has it. */
interface Attached {
  readonly client: SourceClient;
  readonly adus: Adu[];
  keepAlives: number;
  closed: string | undefined;
}

let clock: number;
let logged: string;
let attached: Attached[];
let titles: TitleMemory;
let notes: number[];
let rivals: Map<number, Rival>;
let isLeaving: boolean;
let isPassing: boolean;
let passed: EncoderTitle[];
let login: SourceLogin;
let ingest: Ingest;
let server: Server;
let clients: RawClient[];
let accepted: Socket[];
/** Requests that the ingest has got. */
let asked: number;

const take = (client: SourceClient): void => {
  const source: Attached = { client, adus: [], keepAlives: 0, closed: undefined };
  client.listen({
    onAdu: (adu) => {
      source.adus.push(adu);
      titles.onAdu(adu);
    },
    onKeepAlive: () => {
      source.keepAlives++;
    },
    onStated: () => undefined,
    onLeaving: () => undefined,
    onClose: (reason) => {
      source.closed = reason;
    },
  });
  attached.push(source);
};

beforeEach(async () => {
  clock = 1000;
  logged = '';
  attached = [];
  titles = createTitleMemory([]);
  notes = [];
  rivals = new Map();
  isLeaving = false;
  isPassing = false;
  passed = [];
  clients = [];
  accepted = [];
  asked = 0;
  const now = (): number => clock;
  const keep = (line: string): void => {
    logged += line;
  };
  const log = pino({ level: 'trace' }, { write: keep });
  const access = await accessOf(1, PASSWORD);
  login = createSourceLogin({ session: name, access, keys, now });
  ingest = createIngest({
    ...{ name, scx: nodeId('e'), login, leaseToken: LEASE_TOKEN, titles, log, now, attach: take },
    attended: now,
    rivalOf: (priority) => rivals.get(priority),
    isLeaving: () => isLeaving,
    passTitle: (told) => isPassing && passed.push(told) > 0,
  });
  const limits = { headMs: 10_000, pendingMax: 100, secure: undefined };
  const headGate = createHeadGate(
    {
      ...limits,
      onRequest: (visitor) => {
        const { socket, head } = visitor;
        const address = head.headers.get('x-forwarded-for') ?? '127.0.0.1';
        ingest.handle({
          ...visitor,
          client: { address, agent: head.headers.get('user-agent') ?? '' },
          reply: (answer) => void sendAnswer(socket, answer),
          note: (status) => void notes.push(status),
        });
        asked++;
      },
    },
    now,
  );
  server = createServer((socket) => {
    accepted.push(socket);
    headGate.enter(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  for (const { socket } of clients) socket.destroy();
  for (const socket of accepted) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  vi.restoreAllMocks();
});

const basic = (text: string): string => `Authorization: Basic ${btoa(text)}`;
/** An ID3v2.3 tag of zeros, 100 bytes long. */
const ID3 = Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\0\x5a', 'latin1'), Buffer.alloc(90)]);
const AUTH = basic(`source:${PASSWORD}`);

function request(first: string, ...headers: string[]): RawClient {
  const { port } = server.address() as AddressInfo;
  const client = rawClient(port, [first, ...headers, '', ''].join('\r\n'));
  clients.push(client);
  return client;
}

const source = (...headers: string[]) => request(`SOURCE ${MOUNT} HTTP/1.0`, AUTH, ...headers);
const put = (...headers: string[]) => request(`PUT ${MOUNT} HTTP/1.1`, AUTH, ...headers);

/** A SOURCE client that does not wait for 200. */
function sourceInOneGo(sound: Uint8Array): RawClient {
  const client = rawClient((server.address() as AddressInfo).port, '');
  clients.push(client);
  const head = `SOURCE ${MOUNT} HTTP/1.0\r\n${AUTH}\r\n\r\n`;
  client.socket.write(Buffer.concat([Buffer.from(head), sound]));
  return client;
}

/** Answered and closed; the whole answer. */
async function answerTo(client: RawClient): Promise<string> {
  await client.closed;
  return client.text();
}

const frames = (from: number, to: number): Buffer =>
  Buffer.concat(range(from, to).map((number) => mp3Frame(number)));

/** On the air, with the frames from 0 up to `count`. */
async function onAir(client: RawClient, count = 10): Promise<Attached> {
  const before = attached.length;
  client.socket.write(frames(0, count));
  await vi.waitUntil(() => attached.length > before, wait);
  const [last] = attached.slice(-1);
  if (last === undefined) throw new Error('no source is attached');
  // The last frame waits for what follows it.
  await vi.waitUntil(() => audioOf(last).length >= count - 1, wait);
  return last;
}

const audioOf = ({ adus }: Attached): Adu[] => adus.filter(({ channel }) => channel === 1);
const noticesOf = ({ adus }: Attached): { title: string; from: number; encoder: object }[] =>
  adus
    .filter(({ channel }) => channel === 2)
    .map(({ payload }) => JSON.parse(`${Buffer.from(payload)}`));
const titlesOf = (one: Attached) => noticesOf(one).map(({ title, from }) => ({ title, from }));
const heardFrom = (one: Attached): number[] =>
  numbersIn(Buffer.concat(audioOf(one).map(({ payload }) => payload)));

describe('An encoder', () => {
  test('gets 200 at once for SOURCE, and its frames are numbered', async () => {
    const client = source(
      ...['User-Agent: butt', 'ice-name: Caf%C3%A9 Radio', 'ice-genre: Jazz'],
      ...['ice-description: Night and day', 'ice-url: http://radio.example/'],
    );
    await client.head();
    expect(client.text()).toBe('HTTP/1.0 200 OK\r\n\r\n');
    const heard = await onAir(client, 20);
    expect(heardFrom(heard)).toEqual(range(0, 19));
    expect(audioOf(heard).map(({ sequence }) => sequence)).toEqual(range(0, 19));
    expect(heard.client.source).toMatchObject({ priority: 128, epoch: 1 });
    const about = { text: 'Night and day', url: 'http://radio.example/' };
    const told = { title: 'Café Radio', genre: 'Jazz', ...about };
    expect(noticesOf(heard)).toMatchObject([{ title: '', from: 0, encoder: told }]);
    client.socket.end();
    await client.closed;
    expect(heardFrom(heard)).toEqual(range(0, 20));
    expect(heard.closed).toBe('its encoder has ended it');
    expect(notes).toEqual([200]);
  });

  test.each([
    ['here', [], MOUNT],
    ['at its front end', ['X-Scattercast-Mount: /Soir%C3%A9e'], '/Soir%C3%A9e'],
    ['that is malformed', ['X-Scattercast-Mount: /%zz'], undefined],
    ['that is too long', [`X-Scattercast-Mount: /${'x'.repeat(300)}`], undefined],
  ])('is known with the mount that it feeds %s', async (_where, headers, mount) => {
    const heard = await onAir(source(...headers));
    expect(ingest.mountOf(heard.client.source.id)).toBe(mount);
  });

  test('gets 100 for PUT that expects it, and 200 at the end of its chunks', async () => {
    const client = put('Transfer-Encoding: chunked', 'Expect: 100-continue');
    await client.head();
    expect(client.text()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    const sound = frames(0, 10);
    client.socket.write(`${sound.length.toString(16)}\r\n`);
    const heard = await onAir(client);
    client.socket.write('\r\n0\r\n\r\n');
    expect(await answerTo(client)).toMatch(/100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(heardFrom(heard)).toEqual(range(0, 10));
  });

  test('gets no answer to PUT that expects nothing, until its length has come', async () => {
    const client = put(`Content-Length: ${frames(0, 10).length}`);
    const heard = await onAir(client);
    expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(heardFrom(heard)).toEqual(range(0, 10));
  });

  test('may send sound and head in one go, cut anywhere', async () => {
    const { port } = server.address() as AddressInfo;
    const client = rawClient(port, '');
    clients.push(client);
    const all = Buffer.concat([
      Buffer.from(`SOURCE /night ICE/1.0\r\n${AUTH}\r\n\r\n`),
      frames(0, 5),
    ]);
    for (let at = 0; at < all.length; at += 7) client.socket.write(all.subarray(at, at + 7));
    client.socket.end();
    await client.closed;
    expect(attached.map(heardFrom)).toEqual([range(0, 5)]);
  });

  test('gets the allowed methods without a password', async () => {
    const answer = await answerTo(request('OPTIONS * HTTP/1.1'));
    expect(answer).toMatch(/^HTTP\/1\.1 204 [\s\S]*\r\nAllow: GET, PUT, OPTIONS, SOURCE\r\n/);
  });

  test.each([
    ['as libshout', 'SOURCE', 'Content-Length: 0'],
    ['with SOURCE', 'SOURCE', 'X: y'],
    ['with PUT', 'PUT', 'Expect: 100-continue'],
    ['with another authorization scheme', 'PUT', 'Authorization: Bearer x'],
  ])(
    'that asks without a password, %s, gets 401, and it does not count as a guess',
    async (_how, ...rest) => {
      for (let times = 0; times < 6; times++) {
        const [method, header] = rest;
        const answer = await answerTo(request(`${method} ${MOUNT} HTTP/1.0`, header));
        expect(answer).toMatch(/^HTTP\/1\.1 401 /);
        expect(answer).toContain('\r\nAllow: GET, PUT, OPTIONS, SOURCE\r\n');
        expect(answer).toContain('\r\nWWW-Authenticate: Basic realm=');
      }
      expect(login.counters.wrong).toBe(0);
    },
  );

  test('that guesses gets 401, later each time after a few; others do not wait', async () => {
    const waits = withoutWaiting([500, 1000]);
    const verdicts = vi.spyOn(login, 'withPassword');
    const guess = async (address: string): Promise<number | undefined> => {
      const forwarded = `X-Forwarded-For: ${address}`;
      const client = request(`PUT ${MOUNT} HTTP/1.1`, basic('source:guess'), forwarded);
      expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 401 The source password is wrong\.\r\n/);
      const verdict = await verdicts.mock.results.at(-1)?.value;
      if (verdict?.kind !== 'wrong') return undefined;
      expect(waits.mock.calls.map(([, ms]) => ms)).toContain(verdict.delayMs);
      return verdict.delayMs;
    };
    const delaysMs: (number | undefined)[] = [];
    for (let times = 0; times < 5; times++) delaysMs.push(await guess('198.51.100.7'));
    expect(delaysMs).toEqual([0, 0, 0, 500, 1000]);
    expect(await guess('198.51.100.8')).toBe(0);
    expect(login.counters).toEqual({ missing: 0, wrong: 6 });
    expect(logged).toContain('198.51.100.7');
  });

  test.each([
    ['404', 'another session', '/radio.example/day'],
    ['404', 'no mount', '/'],
    ['404', 'a path that is badly escaped', '/%ff'],
    ['400', 'a malformed priority', `${MOUNT}?priority=256`],
  ])('gets %s for %s', async (status, _what, target) => {
    const answer = await answerTo(request(`PUT ${target} HTTP/1.1`, AUTH));
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(attached).toEqual([]);
  });

  test('gets 404 only with the password', async () => {
    const answer = await answerTo(request('PUT /radio.example/day HTTP/1.1'));
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('gets 403 with Retry-After while the SCX is leaving', async () => {
    isLeaving = true;
    expect(await answerTo(put())).toMatch(
      /^HTTP\/1\.1 403 This relay is leaving: try again\.\r\n[\s\S]*\r\nRetry-After: 1\r\n/,
    );
  });

  test.each(['audio/aac', 'audio/aacp', 'application/ogg', 'audio/mpegurl', 'text/html', 'audio/'])(
    'of type %s gets 415 in a sentence',
    async (type) => {
      const answer = await answerTo(source(`Content-Type: ${type}`));
      expect(answer.split('\r\n')[0]).toBe(
        `HTTP/1.1 415 Only MP3 (audio/mpeg) can be broadcast here; this is ${type}.`,
      );
    },
  );

  test.each(['audio/mpeg', 'Audio/MPEG', 'audio/mp3', 'audio/x-mpeg', 'audio/mpeg; charset=x'])(
    'of type %s is accepted',
    async (type) => {
      await onAir(source(`Content-Type: ${type}`));
    },
  );

  test.each([
    ['Ogg', Buffer.concat([Buffer.from('OggS'), Buffer.alloc(20_000)]), 'This is Ogg, not MP3'],
    ['AAC', Buffer.alloc(20_000, Buffer.from([0xff, 0xf1, 0x50, 0x80, 1, 2])), 'This is AAC'],
    ['MP2', Buffer.alloc(20_000, Buffer.from([0xff, 0xfd, 0x84, 0, 1, 2])), 'This is MP2, not MP3'],
    [
      'FLAC behind an ID3 tag',
      Buffer.concat([ID3, Buffer.from('fLaC'), Buffer.alloc(20_000)]),
      'This is FLAC, not MP3',
    ],
    ['nothing known', Buffer.alloc(20_000, 7), 'This is not MP3'],
  ])('that sends %s gets 415 in a sentence', async (_what, bytes, text) => {
    const client = put();
    client.socket.write(bytes);
    const answer = await answerTo(client);
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    expect(answer).toContain(text);
    expect(attached).toEqual([]);
  });

  test.each([
    ['MP2', Buffer.from([0xff, 0xfd, 0x84, 0, 1, 2]), 'MP2'],
    ['FLAC behind an ID3 tag', Buffer.concat([ID3, Buffer.from('fLaC')]), 'FLAC'],
  ])('that does not wait for 200 and sends %s gets 415 instead', async (_what, bytes, format) => {
    const client = sourceInOneGo(Buffer.concat([bytes, Buffer.alloc(100)]));
    expect(await answerTo(client)).toMatch(
      new RegExp(`^HTTP/1.1 415 This is ${format}, not MP3; only MP3 can be broadcast here`),
    );
    expect(attached).toEqual([]);
  });

  test('that does not wait for 200 and sends MP3 behind an ID3 tag is heard', async () => {
    const client = sourceInOneGo(Buffer.concat([ID3, frames(0, 5)]));
    await vi.waitUntil(() => attached.length === 1, wait);
    client.socket.destroy();
  });

  test.each(PADDING_CASES)('that sends %s between its frames is played', async (_what, make) => {
    const tone = await makeToneFrames();
    const bytes = Buffer.from(make(tone));
    const client = put(`Content-Length: ${bytes.length}`);
    client.socket.write(bytes);
    expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const heard = attached.flatMap(audioOf).map(({ payload }) => Buffer.from(payload));
    expect(Buffer.concat(heard).equals(Buffer.concat(tone))).toBe(true);
  });

  test('that sends nothing is told so, and not that this is no MP3', async () => {
    const answer = await answerTo(put('Content-Length: 0'));
    expect(answer).toMatch(/^HTTP\/1\.1 400 Nothing was received; does a proxy drop the body/);
  });

  test('whose chunks are malformed gets 400', async () => {
    const client = put('Transfer-Encoding: chunked');
    client.send('no number\r\n');
    expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 400 [\s\S]*chunks are malformed/);
  });

  test('that never sends anything gets 408 after ten seconds', async () => {
    const client = put('Expect: 100-continue');
    await client.head();
    clock += 10_000;
    ingest.tick(clock);
    expect(client.text()).not.toContain('408');
    clock += 1;
    ingest.tick(clock);
    expect(await answerTo(client)).toMatch(/HTTP\/1\.1 408 [\s\S]*nothing came for 10 s/i);
  });

  test('that falls silent is disconnected after ten seconds', async () => {
    const client = source();
    const heard = await onAir(client);
    clock += 9000;
    client.socket.write(frames(10, 20));
    await vi.waitUntil(() => audioOf(heard).length === 19, wait);
    clock += 10_000;
    ingest.tick(clock);
    expect(heard.closed).toBeUndefined();
    clock += 1;
    ingest.tick(clock);
    await client.closed;
    expect(heard.closed).toBe('nothing came for 10 s');
    expect(notes).toEqual([408]);
  });

  test('that is far too fast is held up, and costs no memory', async () => {
    const client = source();
    await client.head();
    const sentBytes = 64 * 1024 * 1024;
    const sound = frames(0, 10_000);
    for (let bytes = 0; bytes < sentBytes; bytes += sound.length) client.socket.write(sound);
    const aheadOfTime = Math.ceil(5000 / FRAME_MS);
    await vi.waitUntil(() => attached[0] && audioOf(attached[0]).length >= aheadOfTime, wait);
    const [heard] = attached;
    if (heard === undefined) throw new Error('no source is attached');
    for (let seconds = 1; seconds <= 5; seconds++) {
      clock += 1000;
      ingest.tick(clock);
      const due = Math.floor((5000 + seconds * 1002) / FRAME_MS);
      await vi.waitUntil(() => audioOf(heard).length >= due, wait);
      expect(audioOf(heard).length).toBeLessThanOrEqual(due + 1);
    }
    expect(heardFrom(heard)).toEqual(range(0, audioOf(heard).length));
    expect(accepted[0]?.bytesRead).toBeLessThan(1024 * 1024);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(logged.split('faster than real time').length - 1).toBe(1);
  });

  test('that is held up is not silent, however long it takes', async () => {
    const client = source();
    const heard = await onAir(client);
    const count = audioOf(heard).length;
    client.socket.write(frames(10, 1000));
    for (let seconds = 0; seconds < 4; seconds++) {
      clock += 4000;
      ingest.tick(clock);
      await vi.waitUntil(() => audioOf(heard).length > count + seconds * 100, wait);
    }
    expect(heard.closed).toBeUndefined();
  });

  test('that is too slow is logged once', async () => {
    await onAir(source());
    for (let seconds = 0; seconds < 10; seconds++) {
      clock += 1000;
      ingest.tick(clock);
    }
    expect(logged.split('slower than real time').length - 1).toBe(1);
  });

  test('keeps its source alive while it streams', async () => {
    const heard = await onAir(source());
    for (let ms = 250; ms <= 4000; ms += 250) ingest.tick(clock + ms);
    expect(heard.keepAlives).toBe(4);
  });

  test('that the SCX closes gets 403, and may come again', async () => {
    const client = put();
    const heard = await onAir(client);
    heard.client.close('too many sources are attached here');
    expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 403 Too many sources/);
    expect((await onAir(put())).client.source).toMatchObject({ epoch: 2 });
  });

  test('that is carried is told why the SCX closes it, also after SOURCE', async () => {
    const client = source('X-Scattercast-Carried: yes');
    const heard = await onAir(client);
    heard.client.close('it was ended by an administrator');
    await client.closed;
    const [, last] = client.text().split('HTTP/1.0 200 OK\r\n\r\n');
    expect(last).toMatch(/^HTTP\/1\.1 403 It was ended by an administrator/);
  });

  test('is disconnected when its session gets another password', async () => {
    const client = put();
    await onAir(client);
    login.update(await accessOf(2, 'another password'));
    ingest.check(login.objectionTo);
    expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 401 The source password has changed\./);
  });

  test('cannot send anything behind its end', async () => {
    const client = put('Content-Length: 4170');
    const heard = await onAir(client);
    client.socket.write(frames(10, 100));
    await client.closed;
    expect(heardFrom(heard)).toEqual(range(0, 10));
  });

  test('that resets its connection ends at once', async () => {
    const client = put();
    const heard = await onAir(client);
    client.socket.resetAndDestroy();
    await vi.waitUntil(() => heard.closed !== undefined, wait);
    expect(audioOf(heard)).toHaveLength(10);
  });
});

/** Moves the clock until an encoder that asks for a mount at `since` may learn what became of it. */
function pass(ms: number): void {
  clock += ms;
  ingest.tick(clock);
}

/** Until the ingest has the request. */
const untilAsked = async (before: number): Promise<unknown> =>
  vi.waitUntil(() => asked > before, wait);

/** Asks for the mount, which somebody has; resolves when the ingest has the request. */
async function newcomer(...headers: string[]): Promise<RawClient> {
  const before = asked;
  const client = put(...headers);
  await untilAsked(before);
  return client;
}

const IN_USE = /^HTTP\/1\.1 403 Mountpoint in use\r\n/;

describe('An encoder on a new connection', () => {
  test('takes over from a silent connection, with the next number and the last title', async () => {
    const old = put('User-Agent: butt');
    const before = await onAir(old);
    const song = await titleUpdate('song=Moonlight');
    expect(song).toContain('<return>1</return>');
    const fresh = await newcomer('User-Agent: butt');
    pass(2000);
    expect(before.closed).toBeUndefined();
    pass(1);
    expect(await answerTo(old)).toMatch(/^HTTP\/1\.1 403 Another encoder has taken over/);
    expect(before.closed).toMatch(/has taken over/);
    const after = await onAir(fresh);
    expect(after.client.source.id).toBe(before.client.source.id);
    expect(after.client.source.epoch).toBe(2);
    const last = audioOf(before).at(-1)?.sequence ?? Number.NaN;
    expect(audioOf(after)[0]?.sequence).toBe(last + 1);
    expect(titlesOf(after)).toEqual([{ title: 'Moonlight', from: last + 1 }]);
    expect(logged).toContain('takes over from one that is silent');
  });

  test('has its last title in the next process, too, which remembers it', async () => {
    const heard = await onAir(put('User-Agent: butt'));
    await titleUpdate('song=Moonlight');
    heard.client.close('the process has died');
    titles = createTitleMemory(titles.all());
    expect(titlesOf(await onAir(put('User-Agent: butt')))).toMatchObject([{ title: 'Moonlight' }]);
  });

  test.each([
    ['another program', 'User-Agent: mixxx'],
    ['the same program at another address', 'X-Forwarded-For: 198.51.100.7'],
  ])('ends the title of the encoder before it if it is %s', async (_which, header) => {
    const heard = await onAir(put('User-Agent: butt'));
    await titleUpdate('song=Moonlight');
    heard.client.close('the test says so');
    const agent = header.startsWith('User') ? [] : ['User-Agent: butt'];
    const other = await onAir(put(header, ...agent));
    expect(titlesOf(other)).toMatchObject([{ title: '' }]);
    const [first] = noticesOf(heard);
    expect(noticesOf(other)[0]?.encoder).not.toEqual(first?.encoder);
    other.client.close('the test says so');
    expect(titlesOf(await onAir(put('User-Agent: butt')))).toMatchObject([{ title: 'Moonlight' }]);
  });

  test('takes over at once from a connection that is closed', async () => {
    const old = put('User-Agent: butt');
    const before = await onAir(old);
    old.socket.resetAndDestroy();
    await vi.waitUntil(() => before.closed !== undefined, wait);
    const after = await onAir(put('User-Agent: butt'));
    const { statement: _, ...source } = before.client.source;
    expect(after.client.source).toMatchObject({ ...source, epoch: 2 });
  });

  test.each(['butt', 'mixxx'])(
    'is told that the mount is in use while the first one is heard, whichever program it is: %s',
    async (agent) => {
      const first = put('User-Agent: butt');
      const heard = await onAir(first);
      for (let times = 0; times < 3; times++) {
        const other = await newcomer(`User-Agent: ${agent}`);
        clock += 501;
        const count = audioOf(heard).length;
        first.socket.write(frames(10, 20));
        await vi.waitUntil(() => audioOf(heard).length === count + 10, wait);
        ingest.tick(clock);
        const answer = await answerTo(other);
        expect(answer).toMatch(IN_USE);
        expect(answer).toContain('Another priority is a mount like /radio.example/night?priority=');
      }
      expect(heard.closed).toBeUndefined();
      expect(attached).toHaveLength(1);
      const [refusal = ''] = logged.split('\n').filter((line) => line.includes('has its mount'));
      const [client, by] = [agent, 'butt'].map((each) => ({ address: '127.0.0.1', agent: each }));
      expect(JSON.parse(refusal)).toMatchObject({ client, by });
    },
  );

  test('is refused while a source of its priority is heard elsewhere, which the log names', async () => {
    rivals.set(128, { source: 'a'.repeat(16) as SourceId, heardAt: clock });
    const refused = await newcomer();
    rivals.set(128, { source: 'a'.repeat(16) as SourceId, heardAt: clock + 501 });
    pass(501);
    expect(await answerTo(refused)).toMatch(IN_USE);
    expect(logged).toContain(`"by":{"source":"${'a'.repeat(16)}"}`);
    const lower = request(`PUT ${MOUNT}?priority=50 HTTP/1.1`, AUTH);
    expect((await onAir(lower)).client.source.priority).toBe(50);
    const late = await newcomer();
    pass(2001);
    expect((await onAir(late)).client.source.priority).toBe(128);
  });

  test('of two that wait for a silent mount, one gets it', async () => {
    rivals.set(128, { source: 'a'.repeat(16) as SourceId, heardAt: clock });
    const [first, second] = [await newcomer(), await newcomer()];
    pass(2001);
    const heard = await onAir(first);
    clock += 501;
    first.socket.write(frames(10, 20));
    await vi.waitUntil(() => audioOf(heard).length >= 19, wait);
    ingest.tick(clock);
    expect(await answerTo(second)).toMatch(IN_USE);
  });

  test('waits with at most 31 others; more are refused at once', async () => {
    rivals.set(128, { source: 'a'.repeat(16) as SourceId, heardAt: clock });
    for (let count = 0; count < 32; count++) await newcomer();
    expect(await answerTo(await newcomer())).toMatch(IN_USE);
  });

  test('that closes while it waits takes no mount', async () => {
    rivals.set(128, { source: 'a'.repeat(16) as SourceId, heardAt: clock });
    await newcomer();
    for (const socket of accepted) socket.destroy();
    pass(2001);
    expect(logged).not.toContain('is connected');
  });

  test('is refused if the SCX has begun to leave while it waited', async () => {
    rivals.set(128, { source: 'a'.repeat(16) as SourceId, heardAt: clock });
    const late = await newcomer();
    isLeaving = true;
    pass(2001);
    expect(await answerTo(late)).toMatch(/^HTTP\/1\.1 403 This relay is leaving/);
  });
});

/** Reports a title as Icecast's encoders do; returns the whole answer. */
const titleUpdate = (query: string, ...headers: string[]): Promise<string> => {
  const auth = headers.length === 0 ? [AUTH] : headers;
  return answerTo(request(`GET /admin/metadata?mode=updinfo&${query} HTTP/1.0`, ...auth));
};

describe('A title', () => {
  test('holds from the next frame on, once for each change', async () => {
    const heard = await onAir(put());
    await titleUpdate(`mount=${encodeURIComponent(MOUNT)}&song=A`);
    await titleUpdate('song=A');
    await titleUpdate('song=');
    expect(titlesOf(heard)).toEqual([
      { title: 'A', from: 9 },
      { title: '', from: 9 },
    ]);
  });

  test('is set at the mount that it names', async () => {
    const high = await onAir(put());
    const low = await onAir(request(`PUT ${MOUNT}?priority=50 HTTP/1.1`, AUTH));
    const mount = encodeURIComponent(`${MOUNT}?priority=50`);
    await titleUpdate(`mount=${mount}&song=Low`);
    expect([titlesOf(high), titlesOf(low)]).toEqual([[], [{ title: 'Low', from: 9 }]]);
  });

  test.each([
    ['no encoder streams', 'song=A', false],
    ['its mount is of another session', 'mount=/radio.example/day&song=A', true],
    ['its mount has a priority without an encoder', `mount=${MOUNT}%3Fpriority%3D3&song=A`, true],
    ['its mount has a malformed priority', `mount=${MOUNT}%3Fpriority%3Dx&song=A`, true],
  ])('is refused with 400 if %s', async (_why, query, isFed) => {
    if (isFed) await onAir(put());
    const answer = await titleUpdate(query);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('<return>0</return>');
  });

  test('is passed on when its encoder has stayed at the predecessor', async () => {
    isPassing = true;
    expect(await titleUpdate('song=A')).toContain('<return>1</return>');
    expect(await titleUpdate('mount=/radio.example/day&song=B')).toContain('<return>0</return>');
    const heard = await onAir(put());
    await titleUpdate('song=C');
    const who = { address: '127.0.0.1', agent: '' };
    expect(passed).toEqual([{ priority: null, who, title: 'A' }]);
    expect(ingest.setTitle({ priority: 128, who, title: null })).toBe(true);
    expect(ingest.setTitle({ priority: 7, who, title: 'D' })).toBe(false);
    expect(titlesOf(heard).map(({ title }) => title)).toEqual(['C', '']);
  });

  test('needs the password, in a header or in the query as with SHOUTcast', async () => {
    const heard = await onAir(put());
    const shoutcast = (pass: string) =>
      answerTo(request(`GET /admin.cgi?pass=${pass}&mode=updinfo&song=B HTTP/1.0`));
    expect(await titleUpdate('song=A', basic('source:guess'))).toMatch(/^HTTP\/1\.1 401 /);
    expect(await titleUpdate('song=A', 'X: y')).toMatch(/^HTTP\/1\.1 401 /);
    expect(await titleUpdate('song=A', 'X-Scattercast-Proof: guess')).toMatch(/ 401 /);
    expect(await shoutcast('guess')).toMatch(/^HTTP\/1\.1 401 /);
    expect(titlesOf(heard)).toEqual([]);
    expect(await shoutcast(PASSWORD)).toMatch(/^HTTP\/1\.1 200 /);
    const target = '/admin/metadata?mode=updinfo&song=C';
    const proof = proofOf(LEASE_TOKEN, 'GET', target);
    await titleUpdate('song=C', `X-Scattercast-Proof: ${Object.values(proof)[0]}`);
    expect(titlesOf(heard)).toEqual([
      { title: 'B', from: 9 },
      { title: 'C', from: 9 },
    ]);
  });

  test('is refused with a wrong token of the right length, whatever its characters', async () => {
    const token = `${LEASE_TOKEN.slice(1)}\xe9`;
    const lines = ['GET /admin/metadata?mode=updinfo HTTP/1.0', `X-Scattercast-Proof: ${token}`];
    const client = rawClient((server.address() as AddressInfo).port, '');
    clients.push(client);
    client.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    expect(await answerTo(client)).toMatch(/^HTTP\/1\.1 401 /);
  });

  test('of 10 kB, with anything in it, ends no stream', async () => {
    const heard = await onAir(put());
    const song = `%00%FF"';&${'%C3%28'.repeat(1600)}`;
    expect(await titleUpdate(`song=a${song}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(heard.closed).toBeUndefined();
  });
});

test('No log contains a password', async () => {
  const secrets = [PASSWORD, 'guess-who', btoa(`source:${PASSWORD}`), btoa('source:guess-who')];
  const client = put('User-Agent: butt');
  await onAir(client);
  await answerTo(request(`PUT ${MOUNT} HTTP/1.1`, basic('source:guess-who')));
  rivals.set(128, { source: 'a'.repeat(16) as SourceId, heardAt: clock + 501 });
  const other = await newcomer('User-Agent: other');
  pass(501);
  await answerTo(other);
  await answerTo(request('GET /admin.cgi?pass=guess-who&mode=updinfo&song=A HTTP/1.0'));
  await answerTo(request(`GET /admin.cgi?pass=${PASSWORD}&mode=updinfo&song=A HTTP/1.0`));
  client.socket.end();
  await client.closed;
  expect(logged.split('\n').length).toBeGreaterThan(4);
  for (const secret of secrets) expect(logged).not.toContain(secret);
});
