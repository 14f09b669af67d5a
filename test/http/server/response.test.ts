/** Short answers, on real sockets. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Answer, sendAnswer, textAnswer } from '../../../src/http/server/response.js';

const LINGER_MS = 5000;
const wait = { timeout: 20_000, interval: 5 };
let server: Server;
let client: Socket;

/** The server's side of a client that is given an answer, and does not end by itself. */
async function answered(answer: Answer): Promise<Socket> {
  const sockets: Socket[] = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    sendAnswer(socket, answer);
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => undefined);
  return vi.waitUntil(() => sockets[0], wait);
}

/** All that the client is sent, up to the end of the server's side. */
async function answerText(): Promise<string> {
  let text = '';
  client.on('data', (bytes) => {
    text += bytes;
  });
  await once(client, 'end');
  return text;
}

afterEach(async () => {
  vi.restoreAllMocks();
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

describe('An answer', () => {
  test.each([
    [{ status: 502, body: '' }, 'HTTP/1.1 502 Bad Gateway'],
    [{ status: 599, body: '' }, 'HTTP/1.1 599 Unknown'],
    [{ status: 403, body: '', reason: 'Mountpoint in use' }, 'HTTP/1.1 403 Mountpoint in use'],
    [{ status: 403, body: '', reason: 'a\r\nX: y\u0000é' }, 'HTTP/1.1 403 a X: y '],
    [{ status: 403, body: '', reason: 'x'.repeat(200) }, `HTTP/1.1 403 ${'x'.repeat(150)}`],
  ])('states its reason: %j', async (answer, line) => {
    await answered(answer);
    expect((await answerText()).split('\r\n')[0]).toBe(line);
  });

  test('is the end for a client that goes on sending, after a time that sending does not renew', async () => {
    const start = globalThis.setTimeout;
    let cut: (() => void) | undefined;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((then: () => void, ms?: number) => {
      if (ms === LINGER_MS) cut = then;
      return start(then, ms);
    }) as typeof setTimeout);
    const socket = await answered(textAnswer(403, 'No.'));
    expect(await answerText()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[\s\S]*No\.\n$/);
    const cutFirst = cut;
    const before = socket.bytesRead;
    client.write('sound');
    await vi.waitUntil(() => socket.bytesRead > before, wait);
    expect(cut).toBe(cutFirst);
    expect(socket.destroyed).toBe(false);
    cutFirst?.();
    expect(socket.destroyed).toBe(true);
  });
});
