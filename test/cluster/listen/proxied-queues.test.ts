/** Streams that go through a front end, to players on real sockets that do not read. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, get, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { createProxiedQueues } from '../../../src/cluster/listen/proxied-queues.js';
import { endsOf, readSendQueues } from '../../../src/runtime/system/send-queues.js';
import { afterTest } from '../../after-test.js';

const wait = { timeout: 20_000, interval: 5 };
const PART = Buffer.alloc(64 * 1024, 'x');
const HELD_BYTES = (14_000 * 128) / 8;

/** A server in place of the SCX, a front end of a few lines, and a player. */
async function scene() {
  let now = 0;
  let looks = 0;
  const queues = createProxiedQueues(() => now, {
    everyMs: 5,
    timeShareMax: 1,
    read: async (over) => {
      looks++;
      return readSendQueues(over);
    },
  });
  const scx = createServer().listen(0, '127.0.0.1');
  const frontEnd = createServer((_request, response) => {
    const { port } = scx.address() as AddressInfo;
    get({ port, host: '127.0.0.1' }, (upstream) => {
      response.on('close', () => upstream.destroy());
      queues.add(upstream, response);
      upstream.pipe(response);
    });
  }).listen(0, '127.0.0.1');
  await Promise.all([once(scx, 'listening'), once(frontEnd, 'listening')]);
  const came = once(scx, 'request');
  const player = connect((frontEnd.address() as AddressInfo).port, '127.0.0.1');
  afterTest(() => {
    queues.close();
    player.destroy();
    for (const server of [scx, frontEnd]) {
      server.closeAllConnections();
      server.close();
    }
  });
  const connected = once(frontEnd, 'connection');
  player.write('GET / HTTP/1.0\r\n\r\n');
  const [socket] = await connected;
  const [, stream] = (await came) as [unknown, ServerResponse];
  stream.writeHead(200, { 'icy-br': '128' });
  const looked = async (): Promise<void> => {
    const before = looks;
    await vi.waitUntil(() => looks > before + 1, wait);
  };
  const held = async (): Promise<number> => (await readSendQueues(0)).get(endsOf(socket)) ?? 0;
  return {
    ...{ player, stream, looked, held },
    rest: (ms: number) => {
      now += ms;
    },
  };
}

/** Sends parts, each after a look, so that nothing but the bound holds them up. */
async function pour({ stream, looked }: Awaited<ReturnType<typeof scene>>, parts: number) {
  for (let part = 0; part < parts; part++) {
    stream.write(PART);
    await looked();
  }
}

const withQueues = test.skipIf(!existsSync('/proc/self/net/tcp'));

withQueues('The kernel holds a few seconds for a player that does not read', async () => {
  const it = await scene();
  it.player.pause();
  await pour(it, 24);
  const held = await it.held();
  expect(held).toBeGreaterThan(HELD_BYTES / 2);
  expect(held).toBeLessThan(HELD_BYTES + 6 * PART.length);
});

withQueues('A player that reads again gets every byte', async () => {
  const it = await scene();
  it.player.pause();
  await pour(it, 16);
  let bytes = 0;
  it.player.on('data', (part: Buffer) => {
    bytes += part.filter((byte) => byte === PART[0]).length;
  });
  it.player.resume();
  await vi.waitUntil(() => bytes === 16 * PART.length, wait);
  await pour(it, 16);
  await vi.waitUntil(() => bytes === 32 * PART.length, wait);
});

withQueues('A player that takes nothing for a minute is disconnected, and no other', async () => {
  const [silent, slow] = [await scene(), await scene()];
  for (const it of [silent, slow]) {
    it.player.on('error', () => undefined).pause();
    await pour(it, 16);
  }
  slow.player.resume();
  await vi.waitUntil(async () => (await slow.held()) < HELD_BYTES, wait);
  await slow.looked();
  for (const it of [silent, slow]) it.rest(61_000);
  await slow.looked();
  silent.player.resume();
  await vi.waitUntil(() => silent.player.closed, wait);
  expect(slow.player.destroyed).toBe(false);
});
