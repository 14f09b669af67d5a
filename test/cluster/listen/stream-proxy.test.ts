/** Streams through the front end, from a server that the test controls in place of an SCX. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import express from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import type { ClusterOptions } from '../../../src/cluster/cluster-options.js';
import { createStreamProxy } from '../../../src/cluster/listen/stream-proxy.js';
import { startFake } from '../fake-cluster.js';
import { announcementXml, NIGHT, until } from '../support.js';

const PATH = 'radio.example/night';
const LISTEN = `/listen/${PATH}.mp3`;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Stream {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  isClosed: boolean;
}

/** A stream as an SCX sends it: a body without a length. */
function answer({ response }: Stream, first: Buffer = Buffer.from('frame')): void {
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  const icy = { 'icy-name': Buffer.from('Grüße').toString('latin1'), 'icy-metaint': '16000' };
  response.writeHead(200, { 'Content-Type': 'audio/mpeg', ...icy });
  response.write(first);
}

/** A cluster whose SCX is this stand-in; `streams` are the requests that it got. */
async function withScx(
  over: Partial<ClusterOptions> = {},
  onStream = (one: Stream) => answer(one),
) {
  const streams: Stream[] = [];
  const admission = { status: 204, asked: [] as IncomingMessage[] };
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/admin/admission?')) {
      admission.asked.push(request);
      return response.writeHead(admission.status).end('Not paid\n');
    }
    const stream = { request, response, isClosed: false };
    streams.push(stream);
    response.once('close', () => {
      stream.isClosed = true;
    });
    onStream(stream);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const cluster = await startFake(over);
  await cluster.publish(PATH, announcementXml(NIGHT));
  await expect.poll(() => cluster.platform.launches.length).toBe(1);
  // The name that others are told leads nowhere; the front end does not need it.
  const httpUrl = `http://radio.invalid:${port}/night.mp3`;
  await cluster.platform.renew(cluster.platform.launches[0]!.id, { httpUrl });
  return { ...cluster, streams, server, httpUrl, admission };
}

/** A player on a bare socket. */
function play(port: number, head: string) {
  const socket: Socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  const heard = { text: '', isClosed: false, socket };
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    heard.text += chunk.toString('latin1');
  });
  socket.once('close', () => {
    heard.isClosed = true;
  });
  socket.write(`${head}\r\n\r\n`);
  return heard;
}

describe('A player that asks for it', () => {
  test.each(['1.0', '1.1'])(
    'gets the stream through the front end, never chunked, by HTTP/%s',
    async (version) => {
      const { cluster, streams } = await withScx();
      const headers = 'Host: a\r\nIcy-MetaData: 1\r\nUser-Agent: Old Radio';
      const heard = play(cluster.port, `GET ${LISTEN}?proxy=1 HTTP/${version}\r\n${headers}`);
      await until(() => heard.text.endsWith('\r\n\r\nframe'));
      expect(heard.text).toMatch(/^HTTP\/1\.1 200 /);
      expect(heard.text).not.toMatch(/transfer-encoding|content-length/i);
      expect(heard.text).toMatch(/\r\nconnection: close\r\n/i);
      expect(heard.text).toMatch(/\r\nicy-metaint: 16000\r\n/i);
      const name = Buffer.from(/icy-name: (.*)\r\n/.exec(heard.text)?.[1] ?? '', 'latin1');
      expect(name.toString()).toBe('Grüße');
      expect(streams).toHaveLength(1);
      const { url, headers: seen } = streams[0]!.request;
      expect(url).toBe('/night.mp3');
      expect(seen).toMatchObject({ 'icy-metadata': '1', 'user-agent': 'Old Radio' });
      expect(seen['x-forwarded-for']).toMatch(/127\.0\.0\.1$/);
    },
  );

  test('gets it in each of the ways to ask', async () => {
    const { get, streams, at } = await withScx();
    const announcement = encodeURIComponent(`${at}/announcements/${PATH}.xml`);
    const shy = { headers: { 'user-agent': 'ESP32HTTPClient' } };
    const secure = { headers: { 'x-forwarded-proto': 'https' } };
    const asked = [
      get(`/listen?announcement=${announcement}&proxy=1`),
      get(LISTEN, shy),
      get(LISTEN, secure),
    ];
    for (const response of await Promise.all(asked)) {
      expect(response.status).toBe(200);
      await response.body?.cancel();
    }
    expect((await get(`${LISTEN}?proxy=0`)).status).toBe(302);
    await until(() => streams.every(({ isClosed }) => isClosed));
    expect(streams).toHaveLength(3);
  });

  test('keeps its query and its password on the way to the hook of listeners', async () => {
    const listenerHook = { url: 'http://127.0.0.1:1/', onFailure: 'deny' } as const;
    const { get, streams, httpUrl } = await withScx({ scx: { listenerHook } });
    const own = 'ticket=7%2B&x=%C3%A9';
    const asked = await get(`${LISTEN}?proxy=0&${own}&.mp3`);
    expect(asked.headers.get('location')).toBe(`${httpUrl}?${own}`);
    const playlist = await (await get(`/listen/${PATH}.m3u?${own}`)).text();
    expect(playlist).toContain(`${LISTEN}?${own}&.mp3`);
    const authorization = 'Basic YW5uOng=';
    const proxied = await get(`${LISTEN}?${own}`, { headers: { authorization } });
    expect(proxied.status).toBe(200);
    await proxied.body?.cancel();
    expect(streams.map(({ request }) => [request.url, request.headers.authorization])).toEqual([
      [`/night.mp3?${own}`, authorization],
    ]);
  });

  test('is asked for a password here if the hook denies it, and by no SCX', async () => {
    const listenerHook = { url: 'http://127.0.0.1:1/', onFailure: 'deny' } as const;
    const { get, admission } = await withScx({ scx: { listenerHook } });
    const headers = { 'user-agent': 'Old/1' };
    admission.status = 401;
    const denied = await get(`${LISTEN}?ticket=7`, { headers });
    expect([denied.status, await denied.text()]).toEqual([401, 'Not paid\n']);
    expect(denied.headers.get('www-authenticate')).toBe(`Basic realm="${PATH}"`);
    const [asked] = admission.asked;
    const query = new URL(`http://scx${asked?.url}`).searchParams;
    expect(query.get('target')).toBe('/night.mp3?ticket=7');
    expect(asked?.headers).toMatchObject({ ...headers, 'x-forwarded-for': '127.0.0.1' });
    expect(asked?.headers['x-scattercast-proof']).toMatch(/./);
    admission.status = 503;
    const undecided = await get(LISTEN);
    expect([undecided.status, undecided.headers.get('retry-after')]).toEqual([503, '10']);
    // An SCX of an earlier version knows nothing of it, and asks when the listener comes.
    admission.status = 404;
    expect((await get(LISTEN)).status).toBe(302);
    const before = admission.asked.length;
    expect((await get(LISTEN, { method: 'HEAD' })).status).toBe(302);
    expect((await get(LISTEN, { headers: { range: 'bytes=0-1' } })).status).toBe(302);
    expect(admission.asked).toHaveLength(before);
  });

  test('gets the head, and the two bytes that it probes for', async () => {
    const { get, streams } = await withScx({}, ({ request, response }) => {
      const length = { 'Content-Length': 2, 'Content-Range': 'bytes 0-1/*' };
      response.writeHead(request.headers.range === 'bytes=0-1' ? 206 : 200, length);
      response.end(request.method === 'HEAD' ? undefined : 'fr');
    });
    const head = await get(`${LISTEN}?proxy=1`, { method: 'HEAD' });
    expect([head.status, streams[0]!.request.method]).toEqual([200, 'HEAD']);
    const probe = await get(`${LISTEN}?proxy=1`, { headers: { range: 'bytes=0-1' } });
    expect([probe.status, await probe.text()]).toEqual([206, 'fr']);
    expect(probe.headers.get('content-range')).toBe('bytes 0-1/*');
  });
});

describe('A stream through the front end', () => {
  test('ends at the SCX when the player leaves, however it leaves', async () => {
    const { cluster, streams } = await withScx();
    const leave: ((socket: Socket) => void)[] = [
      (socket) => socket.end(),
      (socket) => socket.destroy(),
      (socket) => socket.resetAndDestroy(),
    ];
    for (const [index, go] of leave.entries()) {
      const heard = play(cluster.port, `GET ${LISTEN}?proxy=1 HTTP/1.1\r\nHost: a`);
      await until(() => heard.text.endsWith('frame'));
      go(heard.socket);
      await until(() => streams[index]!.isClosed);
    }
  });

  test('ends at the SCX when the player leaves before the first byte', async () => {
    const { cluster, streams } = await withScx({}, () => undefined);
    const heard = play(cluster.port, `GET ${LISTEN}?proxy=1 HTTP/1.1\r\nHost: a`);
    await until(() => streams.length === 1);
    heard.socket.destroy();
    await until(() => streams[0]!.isClosed);
  });

  test.each([
    ['breaks off', (stream: Stream) => stream.request.socket.resetAndDestroy()],
    ['is gone', (stream: Stream) => stream.request.socket.destroy()],
    ['ends', (stream: Stream) => stream.response.end()],
  ])('ends for the player when the SCX %s', async (_how, end) => {
    const { cluster, streams } = await withScx();
    const heard = play(cluster.port, `GET ${LISTEN}?proxy=1 HTTP/1.1\r\nHost: a`);
    await until(() => heard.text.endsWith('frame'));
    end(streams[0]!);
    await until(() => heard.isClosed);
  });

  test.each([
    ['by a reset', (socket: Socket) => socket.resetAndDestroy()],
    ['before its end', (socket: Socket) => socket.destroy()],
  ])('is a broken one for the player when the SCX broke it off %s', async (_how, breakOff) => {
    const { get, streams } = await withScx({}, ({ response }) => {
      response.writeHead(200, { 'Content-Length': 10 });
      response.write('frame');
    });
    const body = (await get(`${LISTEN}?proxy=1`)).text();
    await until(() => streams.length === 1);
    breakOff(streams[0]!.request.socket);
    await expect(body).rejects.toThrow();
  });

  test('is refused when the SCX does not run, or closes without an answer', async () => {
    const { get, streams, server } = await withScx({}, ({ request }) => request.socket.destroy());
    const silent = await get(`${LISTEN}?proxy=1`);
    expect([silent.status, silent.headers.get('retry-after')]).toEqual([502, '1']);
    expect(streams).toHaveLength(1);
    server.close();
    server.closeAllConnections();
    const gone = await get(`${LISTEN}?proxy=1`);
    expect([gone.status, await gone.text()]).toEqual([502, expect.stringContaining('try again')]);
  });

  test('outlives a silence, and is limited in number', async () => {
    const { httpUrl, streams } = await withScx();
    const proxy = createStreamProxy({ scxHostOf: () => '127.0.0.1', streamsMax: 1 });
    const app = express().get('/', (request, response) => proxy.stream(request, response, httpUrl));
    const server = createServer(app).listen(0, '127.0.0.1').setTimeout(100);
    await once(server, 'listening');
    closers.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const heard = play(port, 'GET / HTTP/1.1\r\nHost: a');
    await until(() => heard.text.endsWith('frame'));
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
    // The server closes a connection that is silent for 100 ms; the stream has been silent longer.
    const idle = connect(port, '127.0.0.1');
    await once(idle.resume(), 'close');
    streams[0]!.response.write('again');
    await until(() => heard.text.endsWith('again'));
    expect(proxy.count).toBe(1);
    heard.socket.destroy();
    await until(() => proxy.count === 0);
  });

  test('buffers no more than the sockets do when the player does not read', async () => {
    const frames = Buffer.alloc(64 * 1024);
    let sent = 0;
    const { cluster } = await withScx({}, (stream) => {
      answer(stream);
      const pour = (): void => {
        for (let more = true; more; sent += frames.length) more = stream.response.write(frames);
      };
      stream.response.on('drain', pour);
      pour();
    });
    const heard = play(cluster.port, `GET ${LISTEN}?proxy=1 HTTP/1.1\r\nHost: a`);
    heard.socket.pause();
    // Until what the system holds between the three is full, and some time after that.
    for (let before = -1; before !== sent; ) {
      before = sent;
      await new Promise((fulfil) => setTimeout(fulfil, 500));
    }
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });
});

describe('X-Forwarded-For', () => {
  const seenBy = async (over: Partial<ClusterOptions>, headers: Record<string, string>) => {
    const { get, streams } = await withScx(over);
    const response = await get(`${LISTEN}?proxy=1`, { headers });
    await response.body?.cancel();
    return streams[0]!.request.headers['x-forwarded-for'];
  };

  test("names to the SCX the last address that is not a trusted proxy's", async () => {
    const headers = { 'x-forwarded-for': '6.6.6.6, 198.51.100.7, 10.1.2.3' };
    const trustedProxies = ['127.0.0.0/8', '10.0.0.0/8'];
    expect(await seenBy({ trustedProxies }, headers)).toBe('198.51.100.7');
    expect(await seenBy({}, headers)).toBe('10.1.2.3');
  });

  test('is ignored from an address that is not trusted', async () => {
    const headers = { 'x-forwarded-for': '6.6.6.6' };
    expect(await seenBy({ trustedProxies: [] }, headers)).toBe('127.0.0.1');
  });
});
