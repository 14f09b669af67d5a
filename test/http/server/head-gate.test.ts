import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createHeadGate,
  type HeadGate,
  type IncomingRequest,
} from '../../../src/http/server/head-gate.js';
import { rawClient } from '../../scx/raw-client.js';

let now = 0;
let headGate: HeadGate;
let server: Server;
let port: number;
const requests: IncomingRequest[] = [];
const sockets = new Set<Socket>();

beforeEach(async () => {
  now = 0;
  requests.length = 0;
  const onRequest = (request: IncomingRequest): void => void requests.push(request);
  headGate = createHeadGate(
    { headMs: 10_000, pendingMax: 3, secure: undefined, onRequest },
    () => now,
  );
  server = createServer((socket) => {
    sockets.add(socket);
    headGate.enter(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

describe('The head gate', () => {
  test('passes on a request with the bytes behind its head', async () => {
    rawClient(port, 'PUT /a HTTP/1.1\r\nA: b\r\n\r\nbody');
    await vi.waitUntil(() => requests.length === 1);
    expect(Buffer.from(requests[0]?.rest ?? []).toString()).toBe('body');
    expect(headGate.pending).toBe(0);
  });

  test('answers 408 to a connection that is too slow', async () => {
    const slow = rawClient(port, 'GET / HT');
    await vi.waitUntil(() => headGate.pending === 1);
    now = 9000;
    headGate.tick(now);
    expect(headGate.pending).toBe(1);
    now = 10_001;
    headGate.tick(now);
    await slow.closed;
    expect(slow.text()).toMatch(/^HTTP\/1\.1 408 /);
    expect(headGate.counters.slow).toBe(1);
  });

  test('answers 503 to the oldest of too many incomplete requests, and lets others in', async () => {
    const first = rawClient(port, 'GET / HT');
    await vi.waitUntil(() => headGate.pending === 1);
    const others = [1, 2, 3].map(() => rawClient(port, 'GET / HT'));
    await first.closed;
    expect(first.text()).toMatch(
      /^HTTP\/1\.1 503 [\s\S]*\r\nRetry-After: 5\r\n[\s\S]*Too many conn/,
    );
    expect(headGate.counters.evicted).toBe(1);
    expect(headGate.pending).toBe(3);
    rawClient(port, 'GET /new HTTP/1.0\r\n\r\n');
    await vi.waitUntil(() => requests.length === 1);
    for (const { socket } of others) socket.destroy();
    await vi.waitUntil(() => headGate.pending === 0);
  });

  test('answers 400 to TLS without a certificate', async () => {
    const client = rawClient(port, '\x16\x03\x01\x02\x00');
    await client.closed;
    expect(client.text()).toMatch(/^HTTP\/1\.1 400 /);
  });
});
