import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createOpenSockets } from '../../../src/scx/port/open-sockets.js';

/** A socket that can be closed by its other end, and destroyed. */
function fakeSocket() {
  const emitter = new EventEmitter();
  let isDestroyed = false;
  const destroy = (): void => {
    isDestroyed = true;
    emitter.emit('close');
  };
  const socket = Object.assign(emitter, { destroy }) as unknown as Socket;
  return { socket, end: () => emitter.emit('close'), isDestroyed: () => isDestroyed };
}

describe('Open sockets', () => {
  test('are awaited until the last is closed', async () => {
    const sockets = createOpenSockets();
    const [one, two] = [fakeSocket(), fakeSocket()];
    sockets.add(one.socket);
    sockets.add(two.socket);
    const closed = sockets.closeAll(60_000);
    one.end();
    two.end();
    await closed;
    expect([one.isDestroyed(), two.isDestroyed()]).toEqual([false, false]);
  });

  test('are cut off when their time is over', async () => {
    const sockets = createOpenSockets();
    const one = fakeSocket();
    sockets.add(one.socket);
    await sockets.closeAll(1);
    expect(one.isDestroyed()).toBe(true);
  });

  test('need no wait when there are none', async () => {
    const sockets = createOpenSockets();
    const gone = fakeSocket();
    sockets.add(gone.socket);
    gone.end();
    await sockets.closeAll(60_000);
    expect(gone.isDestroyed()).toBe(false);
  });
});
