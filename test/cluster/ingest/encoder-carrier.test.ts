/** Encoders that are carried to an SCX, which is a bare socket. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test, vi } from 'vitest';
import { createEncoderCarrier } from '../../../src/cluster/ingest/encoder-carrier.js';
import { afterTest } from '../../after-test.js';
import { type RawClient, rawClient } from '../../scx/raw-client.js';

const host = '127.0.0.1';
const raw = Buffer.from('SOURCE /night HTTP/1.0\r\n\r\nsound');

async function openServer(port = 0) {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket.on('error', () => undefined));
  }).listen(port, host);
  await once(server, 'listening');
  afterTest(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const next = async (): Promise<Socket> => {
    await vi.waitUntil(() => sockets.length > 0, { timeout: 20_000, interval: 5 });
    return sockets.shift() as Socket;
  };
  return { server, port: (server.address() as AddressInfo).port, next };
}

/** An encoder, and our end of its connection. */
async function encoder(): Promise<{ client: RawClient; socket: Socket }> {
  const { port, next } = await openServer();
  const client = rawClient(port, '');
  afterTest(() => client.socket.destroy());
  return { client, socket: await next() };
}

test('A carried encoder is heard by the SCX byte by byte, and reads its answer', async () => {
  const carrier = createEncoderCarrier();
  const [scx, { client, socket }] = [await openServer(), await encoder()];
  expect(carrier.take({ socket, raw }, { host, port: scx.port })).toBe(true);
  const upstream = await scx.next();
  upstream.write('HTTP/1.0 200 OK\r\n\r\n');
  client.socket.end(' and more');
  const [head, sound] = (await text(upstream)).split('\r\n\r\n');
  expect(head).toBe('SOURCE /night HTTP/1.0\r\nx-scattercast-carried: yes');
  expect(sound).toBe('sound and more');
  upstream.end();
  await client.closed;
  expect(client.text()).toBe('HTTP/1.0 200 OK\r\n\r\n');
  await carrier.empty();
});

test('One that was answered in another protocol is told nothing more', async () => {
  const carrier = createEncoderCarrier();
  const [scx, { client, socket }] = [await openServer(), await encoder()];
  carrier.take({ socket, raw, isSilent: true }, { host, port: scx.port });
  (await scx.next()).end('HTTP/1.0 401 Unauthorized\r\n\r\n');
  await client.closed;
  expect(client.text()).toBe('');
});

test('One whose SCX has just died waits for the next one at its port', async () => {
  const carrier = createEncoderCarrier();
  const { server, port } = await openServer();
  server.close();
  await once(server, 'close');
  const { socket } = await encoder();
  carrier.take({ socket, raw }, { host, port });
  const upstream = await (await openServer(port)).next();
  expect(upstream.remoteAddress).toBe(host);
});

test('One whose SCX stays away is told to try again', async () => {
  const carrier = createEncoderCarrier();
  const { client, socket } = await encoder();
  carrier.take({ socket, raw }, { host, port: 1 });
  await client.closed;
  expect(client.text()).toMatch(/^HTTP\/1\.1 403 The session's SCX does not answer: try again/);
  await carrier.empty();
});

test('Those without an SCX, or above the limit, are refused and not touched', async () => {
  const carrier = createEncoderCarrier();
  const [scx, { socket }] = [await openServer(), await encoder()];
  expect(carrier.take({ socket, raw }, undefined)).toBe(false);
  for (let count = 0; count < 256; count++) {
    const one = await encoder();
    expect(carrier.take({ socket: one.socket, raw }, { host, port: scx.port })).toBe(true);
  }
  expect(carrier.take({ socket, raw }, { host, port: scx.port })).toBe(false);
  expect(socket.destroyed).toBe(false);
});
