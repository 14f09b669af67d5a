/** Bad input gets a clear answer, and another session's listener misses nothing. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeToneFrames } from '../../mp3/make-mp3.js';
import { align, framesOfFile, type Listening, listen } from '../support/audio.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl } from '../support/stage.js';

const stage = createStage();
let cluster: Cluster;
let announcement = '';
let innocent: Listening;
/** It takes ten seconds until half a request is closed: the other tests run meanwhile. */
let garbage: Promise<void>;

/** Writes to a port; resolves with what came back when the other side closes. */
const untilClosed = (address: string, bytes: Uint8Array): Promise<Buffer> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(`http://${address}`);
    const heard: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(heard)));
  });

/** Sends to all ports what none of them expects; resolves when the last connection is closed. */
async function sendGarbage(): Promise<void> {
  const [scx] = await cluster.scxs();
  const overlay = scx?.overlayAddress ?? '';
  const stream = new URL(scx?.httpUrl ?? '').host;
  const frontEnd = new URL(cluster.url).host;
  const oversized = Buffer.from([0x7f, 0xff, 0xff, 0xff, 1]);
  const manyHeaders = Buffer.from(`GET / HTTP/1.1\r\n${'X-A: b\r\n'.repeat(10_000)}\r\n`);
  await Promise.all([
    untilClosed(overlay, Buffer.alloc(100_000, 0xee)),
    untilClosed(overlay, oversized),
    untilClosed(overlay, Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    untilClosed(stream, manyHeaders),
    untilClosed(frontEnd, manyHeaders),
    untilClosed(frontEnd, Buffer.from('GET /listen HT')),
  ]);
}

beforeAll(async () => {
  cluster = await stage.cluster();
  announcement = await stage.announce(cluster, 'scattercast://radio.example/calm');
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  innocent = listen(`${cluster.url}/listen/radio.example/calm.mp3`);
  await innocent.firstByteMs;
  garbage = sendGarbage();
});

afterAll(async () => {
  innocent.stop();
  await stage.close();
});

const listenTo = async (url: string): Promise<{ status: number; text: string }> => {
  const response = await fetch(listenUrl(cluster, url), { redirect: 'manual' });
  return { status: response.status, text: await response.text() };
};

const serve = async (body: string): Promise<{ url: string; close: () => void }> => {
  const server = createServer((_request, response) => response.end(body));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.xml`;
  return { url, close: () => server.close() };
};

/** The environment of a broadcaster that may broadcast there. */
const allowedAt = (url: string): NodeJS.ProcessEnv => ({
  SCATTERCAST_PASSWORD: stage.secretsOf(url).password,
});

const broadcastFile = async (bytes: Uint8Array): Promise<{ code: number | null; said: string }> => {
  const file = join(stage.directory, `upload-${Math.floor(performance.now())}.mp3`);
  writeFileSync(file, bytes);
  const target = ['--cluster', cluster.url, '--announcement', announcement];
  const env = allowedAt(announcement);
  const running = stage.run(['broadcast', ...target, '--priority', '1', file], { env });
  const { code } = await running.exited;
  return { code, said: running.stderr().trim() };
};

test('An unknown session is answered with 404 and a reason', async () => {
  const response = await fetch(`${cluster.url}/listen/nobody.example/nothing.mp3`);
  expect(response.status).toBe(404);
  expect(await response.text()).toMatch(/nobody\.example\/nothing/);
});

test('An announcement that cannot be fetched is answered with 502 and a reason', async () => {
  const answer = await listenTo('http://127.0.0.1:1/none.xml');
  expect(answer.status).toBe(502);
  expect(answer.text).toContain('127.0.0.1:1');
});

test('Malformed and hostile announcements are answered with what is wrong', async () => {
  const documents = [
    'no XML at all',
    '<SCATTERCAST name="scattercast://a.example/b">',
    '<!DOCTYPE x [<!ENTITY a "b">]><SCATTERCAST name="scattercast://a.example/b"/>',
    '<SCATTERCAST name="scattercast://a b/c d"><RENDEZVOUS>a:1</RENDEZVOUS></SCATTERCAST>',
    'x'.repeat(70_000),
  ];
  for (const document of documents) {
    const server = await serve(document);
    const answer = await listenTo(server.url);
    server.close();
    expect([422, 502]).toContain(answer.status);
    expect(answer.text.length).toBeGreaterThan(20);
    expect(answer.text).not.toContain('    at ');
  }
});

test('Odd names and addresses are answered with 4xx', async () => {
  for (const url of ['', 'not a url', 'ftp://a/b', 'file:///etc/passwd', 'http://user:pw@a/']) {
    expect((await listenTo(url)).status).toBe(400);
  }
  for (const path of ['/listen/%00/x.mp3', '/listen/a/%2e%2e%2f.mp3', '/listen/a b/c.mp3']) {
    const response = await fetch(`${cluster.url}${path}`, { redirect: 'manual' });
    expect([400, 404]).toContain(response.status);
  }
});

test('A file that is no MP3 is refused in one line', async () => {
  const { code, said } = await broadcastFile(Buffer.alloc(200_000, 'this is text, not music. '));
  expect(code).toBe(6);
  expect(said.split('\n')).toHaveLength(1);
  expect(said).toMatch(/upload-\d+\.mp3.*MP3/);
});

test('An MP3 with tags, art, junk and a truncated last frame is broadcast whole', async () => {
  const frames = framesOfFile(CLIP).slice(0, 80);
  const art = Buffer.alloc(300_000, 0xff);
  const size = art.length;
  const id3 = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, size >> 21, (size >> 14) & 127]);
  const head = Buffer.concat([id3, Buffer.from([(size >> 7) & 127, size & 127])]);
  const junk = Buffer.alloc(1000, 'junk');
  const half = (frames[0] as Uint8Array).subarray(0, 200);
  const parts = [head, art, ...frames.slice(0, 40), junk, ...frames.slice(40), half];
  const { code } = await broadcastFile(Buffer.concat(parts));
  expect(code).toBe(0);
});

test('A changed bit rate and sample rate in mid-stream reach the listener frame by frame', async () => {
  const parts = await Promise.all([
    makeToneFrames({ seconds: 1.5, toneHz: 440 }),
    makeToneFrames({ seconds: 1.5, toneHz: 550, bitrateKbps: 64 }),
    makeToneFrames({ seconds: 1.5, toneHz: 660, sampleRateHz: 48_000 }),
  ]);
  const file = join(stage.directory, 'changing.mp3');
  writeFileSync(file, Buffer.concat(parts.flat()));
  const other = await stage.announce(cluster, 'scattercast://radio.example/changing');
  const target = ['--cluster', cluster.url, '--announcement', other];
  const listener = listen(`${cluster.url}/listen/radio.example/changing.mp3`);
  const running = stage.run(['broadcast', ...target, file], { env: allowedAt(other) });
  expect(await running.exited).toMatchObject({ code: 0 });
  const whole = framesOfFile(file);
  const heard = await until('all of it', () => {
    const found = align(listener.bytes(), whole);
    return found.start + found.frames - found.leadIn >= whole.length ? found : undefined;
  });
  expect(heard).toMatchObject({ breakAt: undefined });
  expect(listener.isClosed()).toBe(false);
  listener.stop();
});

test('Clusters that are wrong or absent are told apart in one line', async () => {
  const absent = stage.run(['status', '--cluster', 'http://127.0.0.1:1']);
  expect(await absent.exited).toMatchObject({ code: 4 });
  expect(absent.stderr().trim().split('\n')).toHaveLength(1);
  const other = await serve('hello');
  const wrong = stage.run(['status', '--cluster', new URL('/', other.url).href]);
  expect((await wrong.exited).code).toBe(4);
  other.close();
  const taken = stage.run(['cluster', '--port', String(cluster.port), '--data', stage.directory]);
  expect(await taken.exited).toMatchObject({ code: 3 });
});

test('Garbage, oversized frames and half a request close only their connection', async () => {
  await garbage;
});

test('A listener beside all this has missed nothing', async () => {
  await innocent.heardMore(1);
  expect(innocent.isClosed()).toBe(false);
  const source = framesOfFile(CLIP);
  expect(align(innocent.bytes(), source)).toMatchObject({ breakAt: undefined });
});
