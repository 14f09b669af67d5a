import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { isEncoder, sortConnections } from '../../../src/cluster/web/sort-connections.js';
import { readRequestHead } from '../../../src/http/server/request-head.js';
import { REQUEST_CASES, requestBytes } from '../../http/request-cases.js';
import { rawClient } from '../../scx/raw-client.js';
import { startFake } from '../fake-cluster.js';

const FIRST_LINES: [string, boolean][] = [
  ['SOURCE /radio.example/night HTTP/1.0', true],
  ['SOURCE /radio.example/night ICE/1.0', true],
  ['PUT /radio.example/night HTTP/1.1', true],
  ['PUT /announce HTTP/1.1', true],
  ['PUT /announcements.example/night HTTP/1.1', true],
  ['PUT /announcements/radio.example/night.xml HTTP/1.1', false],
  ['PUT /announcements/radio.example/night/fallback HTTP/1.1', false],
  ['GET /admin/metadata?song=Caf\xe9 HTTP/1.0', false],
  ['GET / HTTP/1.0', false],
  ['GET / ICE/1.0', false],
  ['OPTIONS * HTTP/1.1', true],
  ['OPTIONS /attach HTTP/1.1', false],
  ['GET /listen/radio.example/night.mp3 HTTP/1.1', false],
  ['POST /attach HTTP/1.1', false],
  ['SOURCES /x HTTP/1.1', false],
  ['source /x HTTP/1.1', false],
];

test.each(FIRST_LINES)('%j is an encoder: %s', (line, isOne) => {
  for (const before of ['', '\r\n', '\n']) {
    const result = readRequestHead(Buffer.from(`${before}${line}\r\n\r\n`, 'latin1'));
    if (result.kind !== 'head') throw new Error(result.kind);
    expect(isEncoder(result.head)).toBe(isOne);
  }
});

describe('The front end', () => {
  test.each(REQUEST_CASES)('reads or refuses a request with $what as every port', async (one) => {
    const { cluster } = await startFake();
    const client = rawClient(cluster.port, requestBytes(one, '/healthz').toString('latin1'));
    const status = Number((await client.head()).split(' ')[1]);
    expect(status).toBe(one.refusal ?? 200);
    if (one.refusal === undefined) return void client.socket.destroy();
    await client.closed;
    expect(client.body().toString()).toMatch(/^[A-Z].*\.\n$/);
  });

  test('reads a head in any pieces, and the body and the next request behind it', async () => {
    const { cluster } = await startFake();
    const body = '{"announcement":"x","role":"listener"}';
    const first =
      '\r\nPOST /attach HTTP/1.1\nHost: a\nContent-Type: application/json\n' +
      `Content-Length: ${body.length}\n\n`;
    const client = rawClient(cluster.port, '');
    for (const letter of `${first}${body}GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n`) {
      client.send(letter);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(() => client.text()).toMatch(/400 Bad[\s\S]*is not a URL[\s\S]*200 OK/);
    client.socket.destroy();
  });

  test('answers with a sentence when what follows the head is malformed', async () => {
    const { cluster } = await startFake();
    const head = 'POST /attach HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    const client = rawClient(cluster.port, `${head}not a chunk\r\n`);
    await client.closed;
    expect(client.text()).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\n\r\nMalformed request\.\n$/);
  });

  test('writes nothing into an answer that was begun when garbage follows', async () => {
    const { cluster } = await startFake();
    const client = rawClient(cluster.port, 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.bodyOf(3);
    client.send('\0\0garbage\r\n\r\n');
    await client.closed;
    expect(client.body().toString()).toBe('ok\n');
  });
});

test('A connection whose head does not come within ten seconds is told so, and closed', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const fed: Socket[] = [];
  const cut = sortConnections(server, undefined, (socket) => fed.push(socket));
  const accepted = once(server, 'connection');
  const drip = rawClient((server.address() as AddressInfo).port, '');
  await accepted;
  for (const letter of 'PUT ') {
    vi.advanceTimersByTime(2400);
    drip.send(letter);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(drip.socket.closed).toBe(false);
  vi.advanceTimersByTime(2000);
  await drip.closed;
  expect(drip.text()).toMatch(/^HTTP\/1\.1 408 /);
  expect(fed).toEqual([]);
  vi.useRealTimers();
  cut();
  server.close();
});
