/** Encoders whose connections another process has accepted. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAccessLog } from '../../../src/http/server/access-log.js';
import { trustIn } from '../../../src/http/server/client-address.js';
import type { IncomingRequest } from '../../../src/http/server/head-gate.js';
import { readRequestHead } from '../../../src/http/server/request-head.js';
import { textAnswer } from '../../../src/http/server/response.js';
import type { SourceRequest } from '../../../src/scx/ingest/source-request.js';
import { createPlayout, type Playout } from '../../../src/scx/listeners/playout.js';
import { openScxPort, type ScxPort } from '../../../src/scx/port/scx-port.js';
import { afterTest } from '../../after-test.js';
import { type RawClient, rawClient } from '../raw-client.js';
import { NIGHT, NO_HLS, NO_INGEST, NO_SOURCES, newIdentities } from '../support.js';

const now = (): number => performance.now();
let playout: Playout;
let port: ScxPort;
let handled: SourceRequest[];

beforeEach(async () => {
  handled = [];
  playout = createPlayout(
    { identities: newIdentities(), burstMs: 1000, listenersMax: 3, writeIntervalMs: 20 },
    now,
  );
  port = await openScxPort(
    {
      ...{ name: NIGHT, listenersMax: 3, spareConnections: 8, tls: undefined, now },
      ...{ listeners: playout.listeners, ring: playout.ring, ...NO_SOURCES },
      identities: newIdentities(),
      ...NO_HLS,
      accessLog: openAccessLog(undefined, pino({ level: 'silent' })),
      trust: trustIn(['127.0.0.1']),
      ingest: { ...NO_INGEST, handle: (request) => void handled.push(request) },
      streamFields: () => ({}),
      pages: async () => textAnswer(404, 'Nothing.'),
      onDropped: () => undefined,
      isLeaving: () => false,
    },
    { host: '127.0.0.1', port: 0 },
  );
});

afterEach(async () => {
  playout.end();
  await port.close(0);
});

/** A connection that was accepted elsewhere. */
async function accepted(): Promise<{ client: RawClient; socket: Socket }> {
  const server = createServer({ pauseOnConnect: true });
  const came = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = rawClient((server.address() as AddressInfo).port, '');
  const socket = await came;
  afterTest(() => {
    client.socket.destroy();
    socket.destroy();
    server.close();
  });
  return { client, socket };
}

function requestOn(socket: Socket, isSilent = false): IncomingRequest {
  const text = `SOURCE /radio.example/night HTTP/1.0\r\nx-forwarded-for: 203.0.113.9\r\n\r\nsound`;
  const raw = Buffer.from(text);
  const result = readRequestHead(raw);
  if (result.kind !== 'head') throw new Error('malformed');
  const rest = raw.subarray(result.head.bytes);
  return { socket, head: result.head, raw, rest, isSecure: false, isSilent };
}

test('An encoder that is given is handled like one that has connected to the port', async () => {
  const { client, socket } = await accepted();
  expect(port.takeEncoder(requestOn(socket))).toBe(true);
  expect(port.encodersTaken).toBe(1);
  const [request] = handled;
  expect(request?.client.address).toBe('203.0.113.9');
  expect(Buffer.from(request?.rest ?? []).toString()).toBe('sound');
  request?.reply(textAnswer(401, 'Wrong.'));
  await client.closed;
  expect(client.text()).toMatch(/^HTTP\/1\.1 401 /);
});

test('An encoder that was answered in another protocol is closed without an answer', async () => {
  const { client, socket } = await accepted();
  expect(port.takeEncoder(requestOn(socket, true))).toBe(true);
  handled[0]?.reply(textAnswer(401, 'Wrong.'));
  await client.closed;
  expect(client.text()).toBe('');
});

test('Half of the spare connections may be given, and each of them lessens the others', async () => {
  const others = await Promise.all(Array.from({ length: 5 }, accepted));
  expect(others.map(({ socket }) => port.takeEncoder(requestOn(socket)))).toEqual([
    ...[true, true, true, true, false],
  ]);
  expect(port.server.maxConnections).toBe(3 + 8 - 4);
  const [first] = others;
  first?.client.socket.destroy();
  await new Promise((resolve) => first?.socket.resume().once('close', resolve));
  expect(port.server.maxConnections).toBe(3 + 8 - 3);
  expect(port.takeEncoder(requestOn((await accepted()).socket))).toBe(true);
});

test('A port that was closed or handed over takes no encoder', async () => {
  port.stopListening();
  const { socket } = await accepted();
  expect(port.takeEncoder(requestOn(socket))).toBe(false);
  expect(handled).toEqual([]);
});
