/** Sockets that are given to a child process while their clients send. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { stopReading } from '../../../src/cluster/ingest/stop-reading.js';
import {
  type EncoderGift,
  openEncoderChannel,
} from '../../../src/cluster/platform/encoder-channel.js';
import { afterTest } from '../../after-test.js';

const TAKER = fileURLToPath(new URL('../encoder-taker.mjs', import.meta.url));

/** It is ready when it says so, as an SCX is known by its lease. */
async function startTaker(behaviour: string) {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = spawn(process.execPath, [TAKER, behaviour], { stdio: [...stdio] });
  afterTest(() => void child.kill('SIGKILL'));
  await once(child, 'message');
  return { child, channel: openEncoderChannel(child) };
}

/** A client and our end of its connection, which has read `sent` bytes at least and is paused. */
async function connection(sent: Buffer): Promise<{ client: Socket; socket: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  afterTest(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  if (sent.length > 0) {
    client.write(sent);
    socket.resume().pause(); // begins to read
    await vi.waitUntil(() => socket.readableLength >= sent.length, { timeout: 20_000 });
  }
  return { client, socket };
}

const stopped = (socket: Socket) => {
  const stop = stopReading(socket);
  if (stop === undefined) throw new Error('cannot be stopped');
  return stop;
};

const giftOf = (socket: Socket, bytes: Buffer, onGone = (): void => undefined): EncoderGift => ({
  ...{ socket, bytes, isAnswered: true, onGone },
});

const exited = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
};

test('A socket that is given while its client sends arrives with every byte', async () => {
  const { channel } = await startTaker('takes');
  const first = randomBytes(8000);
  const { client, socket } = await connection(first);
  const more = randomBytes(3_000_000);
  client.end(more);
  const gone = vi.fn();
  const { buffered } = stopped(socket);
  expect(await channel.give(giftOf(socket, buffered, gone))).toBe(true);
  socket.destroy();
  const hash = createHash('sha256').update(first).update(more).digest('hex');
  expect(await text(client)).toBe(hash);
  await vi.waitUntil(() => gone.mock.calls.length === 1, { timeout: 20_000 });
});

test('A taken connection outlives the channel, whose end counts as the end of all', async () => {
  const { child, channel } = await startTaker('takes');
  const { client, socket } = await connection(randomBytes(10));
  const gone = vi.fn();
  expect(await channel.give(giftOf(socket, stopped(socket).buffered, gone))).toBe(true);
  socket.destroy();
  channel.close();
  await vi.waitUntil(() => gone.mock.calls.length === 1, { timeout: 20_000 });
  expect(child.exitCode).toBe(null);
  client.end('more');
  expect(await text(client)).toHaveLength(64);
  expect(await channel.give(giftOf(socket, Buffer.alloc(0)))).toBe(false);
});

test.each(['refuses', 'odd'])(
  'A socket that a child %s is read on, with every byte',
  async (how) => {
    const { channel } = await startTaker(how);
    const first = randomBytes(8000);
    const { client, socket } = await connection(first);
    const more = randomBytes(1_000_000);
    client.end(more);
    const stop = stopped(socket);
    const gone = vi.fn();
    expect(await channel.give(giftOf(socket, stop.buffered, gone))).toBe(false);
    stop.resume();
    const rest: Buffer[] = [];
    for await (const bytes of socket) rest.push(bytes as Buffer);
    expect(Buffer.concat([stop.buffered, ...rest]).equals(Buffer.concat([first, more]))).toBe(true);
    expect(gone).not.toHaveBeenCalled();
  },
);

test('A child that dies without an answer has taken nothing, and the next one is asked no more', async () => {
  const { child, channel } = await startTaker('silent');
  const { socket } = await connection(randomBytes(10));
  const other = await connection(randomBytes(10));
  const gone = vi.fn();
  const asked = once(child, 'message');
  const giving = [socket, other.socket].map((each) =>
    channel.give(giftOf(each, stopped(each).buffered, gone)),
  );
  await asked;
  await exited(child);
  expect(await Promise.all(giving)).toEqual([false, false]);
  expect(gone).not.toHaveBeenCalled();
});

test('A socket that has not sent all that was written to it, or is closed, is not given', async () => {
  const { socket } = await connection(Buffer.alloc(0));
  socket.write(Buffer.alloc(32 * 1024 * 1024));
  expect(stopReading(socket)).toBe(undefined);
  socket.destroy();
  expect(stopReading(socket)).toBe(undefined);
});
