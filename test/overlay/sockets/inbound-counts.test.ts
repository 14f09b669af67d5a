import { describe, expect, test } from 'vitest';
import {
  createInboundCounts,
  type InboundConnection,
} from '../../../src/overlay/sockets/inbound-counts.js';

const LIMITS = { pendingMax: 6, pendingPerHostMax: 3, delayedPerHostMax: 2, inboundMax: 5 };

const countsOf = () => createInboundCounts<InboundConnection>(LIMITS);

const from = (remoteAddress: string, usedAt = 0): InboundConnection => ({ remoteAddress, usedAt });

/** Admits connections, and returns them. */
function admit(counts: ReturnType<typeof countsOf>, all: readonly InboundConnection[]) {
  for (const connection of all) counts.add(connection.remoteAddress).becomeAdmitted(connection);
  return all;
}

describe('Inbound counts', () => {
  test('take an IPv6 /64 network for one address', () => {
    const counts = countsOf();
    for (const end of ['1', '2', '3']) counts.add(`2001:db8::${end}`);
    expect(counts.isFull('2001:db8::4')).toBe(true);
    expect(counts.isFull('2001:db8:0:1::4')).toBe(false);
    expect(counts.hasCrowd('2001:db8::4')).toBe(true);
  });

  test('bound the pending connections of all addresses together', () => {
    const counts = countsOf();
    for (let host = 0; host < 6; host++) counts.add(`192.0.2.${host}`);
    expect(counts.isFull('192.0.2.99')).toBe(true);
  });

  test('free the place of a connection once', () => {
    const counts = countsOf();
    const place = counts.add('192.0.2.1');
    for (let count = 0; count < 2; count++) counts.add('192.0.2.1');
    expect(counts.isFull('192.0.2.1')).toBe(true);
    place.becomeAdmitted(from('192.0.2.1'));
    expect(counts.isFull('192.0.2.1')).toBe(false);
    place.free();
    place.free();
    admit(
      counts,
      Array.from({ length: 4 }, () => from('192.0.2.2')),
    );
    expect(counts.makeRoomFor('192.0.2.2')).toEqual({ hasRoom: true });
  });

  test('give a place of the address with the most to another one: the least used of its own', () => {
    const counts = countsOf();
    const old = from('2001:db8::2', 1);
    admit(counts, [from('192.0.2.1', 0), from('2001:db8::1', 2), old]);
    admit(counts, [from('2001:db8::3', 3), from('2001:db8::4', 4)]);
    expect(counts.makeRoomFor('192.0.2.2')).toEqual({ hasRoom: true, victim: old });
    expect(counts.makeRoomFor('192.0.2.3')).toEqual({ hasRoom: true });
  });

  test('refuse further connections of the address with the most, or nearly the most', () => {
    const counts = countsOf();
    const two = ['192.0.2.1', '192.0.2.1', '192.0.2.2', '192.0.2.2'];
    admit(
      counts,
      [...two, '192.0.2.3'].map((host) => from(host)),
    );
    expect(counts.makeRoomFor('192.0.2.1')).toEqual({ hasRoom: false });
    expect(counts.makeRoomFor('192.0.2.3')).toEqual({ hasRoom: false });
  });
});
