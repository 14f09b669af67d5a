import { describe, expect, test } from 'vitest';
import {
  createUnread,
  FRAME_OVERHEAD_BYTES,
  type UnreadConnection,
} from '../../../src/overlay/sockets/unread.js';

interface Peer extends UnreadConnection {
  isGivenUp: boolean;
}

function peerAt(remoteAddress: string): Peer {
  const peer: Peer = {
    ...{ remoteAddress, unreadBytes: 0, isGivenUp: false },
    giveUp: () => {
      peer.isGivenUp = true;
    },
  };
  return peer;
}

/** A frame that counts with this many bytes. */
const frame = (bytes: number): number => bytes - FRAME_OVERHEAD_BYTES;

describe('What waits for peers', () => {
  test('is bounded for one connection, small frames included', () => {
    const unread = createUnread({ unreadMax: 10_000, unreadTotalMax: 1e6 });
    const peer = peerAt('192.0.2.1');
    const fits = Math.floor(10_000 / (FRAME_OVERHEAD_BYTES + 1));
    for (let count = 0; count < fits; count++) unread.onWritten(peer, 1);
    expect(peer.isGivenUp).toBe(false);
    unread.onWritten(peer, 1);
    expect(peer.isGivenUp).toBe(true);
  });

  test('shrinks as the system takes frames', () => {
    const unread = createUnread({ unreadMax: 10_000, unreadTotalMax: 10_000 });
    const peer = peerAt('192.0.2.1');
    for (let count = 0; count < 100; count++) {
      unread.onWritten(peer, frame(9000));
      unread.onTaken(peer, frame(9000));
    }
    expect(peer).toMatchObject({ isGivenUp: false, unreadBytes: 0 });
  });

  test('is bounded for all together: the address with the most loses its worst connection', () => {
    const unread = createUnread({ unreadMax: 10_000, unreadTotalMax: 20_000 });
    const honest = peerAt('192.0.2.1');
    const one = peerAt('2001:db8:0:7::1');
    const other = peerAt('2001:db8:0:7::2');
    unread.onWritten(honest, frame(8000));
    unread.onWritten(one, frame(5000));
    unread.onWritten(other, frame(6000));
    expect([honest, one, other].map(({ isGivenUp }) => isGivenUp)).toEqual([false, false, false]);
    unread.onWritten(honest, frame(1001));
    expect([honest, one, other].map(({ isGivenUp }) => isGivenUp)).toEqual([false, false, true]);
  });

  test('does not count what waits for a connection that was given up', () => {
    const unread = createUnread({ unreadMax: 10_000, unreadTotalMax: 15_000 });
    const greedy = peerAt('192.0.2.1');
    const honest = peerAt('192.0.2.2');
    unread.onWritten(greedy, frame(10_001));
    expect(greedy.isGivenUp).toBe(true);
    unread.onTaken(greedy, frame(10_001));
    unread.onWritten(honest, frame(10_000));
    expect(honest.isGivenUp).toBe(false);
  });
});
