import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHeadGate, type IncomingRequest } from '../../../src/http/server/head-gate.js';
import { type FileTls, openTls } from '../../../src/http/server/tls.js';
import { rawClient } from '../../scx/raw-client.js';

const silent = pino({ level: 'silent' });
let dir: string;
let files: { cert: string; key: string };
let security: FileTls;
let server: Server;
let port: number;
const visitors: IncomingRequest[] = [];
const sockets = new Set<Socket>();

function makePair(name: string): { cert: string; key: string } {
  const pair = { cert: join(dir, `${name}.crt`), key: join(dir, `${name}.key`) };
  const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const out = ['-keyout', pair.key, '-out', pair.cert];
  execFileSync('openssl', ['req', ...kind, ...subject, ...out], { stdio: 'ignore' });
  return pair;
}

/** Speaks TLS, and tells whose certificate it was shown. */
async function shake(): Promise<{ name: string; socket: ReturnType<typeof connect> }> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('error', () => undefined);
  await new Promise((resolve, reject) => {
    socket
      .once('secureConnect', () => resolve(undefined))
      .once('close', () => reject(new Error('closed')));
  });
  return { name: `${socket.getPeerCertificate().subject.CN}`, socket };
}

beforeEach(async () => {
  visitors.length = 0;
  dir = await mkdtemp(join(tmpdir(), 'scattercast-tls-'));
  files = makePair('first');
  security = await openTls(files, silent);
  const limits = { headMs: 10_000, pendingMax: 100, secure: security.secure };
  const onRequest = (visitor: IncomingRequest): void => void visitors.push(visitor);
  const headGate = createHeadGate({ ...limits, onRequest }, () => performance.now());
  security.onSecured((socket) => headGate.enter(socket, true));
  server = createServer((socket) => {
    sockets.add(socket);
    headGate.enter(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});

afterEach(async () => {
  security.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  await rm(dir, { recursive: true });
});

describe('One port', () => {
  test('speaks http and https', async () => {
    rawClient(port, 'GET /plain HTTP/1.1\r\n\r\n');
    const { socket } = await shake();
    socket.write('GET /secret HTTP/1.1\r\n\r\n');
    await vi.waitUntil(() => visitors.length === 2);
    const seen = visitors.map(({ head, isSecure }) => [head.target, isSecure]);
    expect(seen.toSorted()).toEqual([
      ['/plain', false],
      ['/secret', true],
    ]);
  });

  test('takes no second handshake within the first', async () => {
    const { socket } = await shake();
    let answer = '';
    socket.on('data', (bytes) => {
      answer += bytes;
    });
    socket.write('\x16\x03\x01\x00\x05hello', 'latin1');
    await vi.waitUntil(() => answer.startsWith('HTTP/1.1 400 '));
    expect(security.counters.failed).toBe(0);
  });

  test('survives half a handshake and garbage', async () => {
    const garbage = rawClient(port, '\x16\x03\x01garbage that is no handshake at all');
    await garbage.closed;
    expect(security.counters.failed).toBe(1);
    expect((await shake()).name).toBe('first');
  });
});

describe('A new certificate', () => {
  const replace = async (name: string): Promise<void> => {
    const pair = makePair(name);
    await copyFile(pair.cert, files.cert);
    await copyFile(pair.key, files.key);
    await security.reload();
  };

  test('is shown to new connections, and no open one is closed', async () => {
    const { socket } = await shake();
    await replace('second');
    expect((await shake()).name).toBe('second');
    socket.write('GET /still HTTP/1.1\r\n\r\n');
    await vi.waitUntil(() => visitors.length === 1);
    expect(security.counters.reloaded).toBe(1);
  });

  test('that cannot be used is ignored, and the old one stays', async () => {
    await writeFile(files.cert, 'no certificate');
    await security.reload();
    expect((await shake()).name).toBe('first');
  });

  test('that cannot be used at the start is a problem that the user can fix', async () => {
    await writeFile(files.key, 'no key');
    await expect(openTls(files, silent)).rejects.toThrow(/the key .* cannot be used/);
  });
});
