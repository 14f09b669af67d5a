import { describe, expect, test } from 'vitest';
import { createListenerIdentities } from '../../../src/scx/listeners/listener-identities.js';

const who = (address: string, agent = 'VLC', since = 0) => ({ address, agent, since });

describe('Listener identities', () => {
  test('count a player that comes back within seconds once', () => {
    const identities = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    identities.enter(who('192.0.2.1'), 0);
    identities.leave(who('192.0.2.1'), 5000);
    identities.enter(who('192.0.2.1'), 9000);
    identities.leave(who('192.0.2.1'), 9500);
    expect(identities.total(9600)).toBe(1);
    identities.enter(who('192.0.2.1'), 30_000);
    expect(identities.total(30_000)).toBe(2);
  });

  test('know how many different ones are here, and for how long on average', () => {
    const identities = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    expect([identities.present, identities.averageMs(5000)]).toEqual([0, 0]);
    identities.enter(who('192.0.2.1', 'VLC', 1000), 1000);
    identities.enter(who('192.0.2.1', 'VLC', 2000), 2000);
    identities.enter(who('192.0.2.2', 'VLC', 3000), 4000);
    expect([identities.present, identities.averageMs(5000)]).toEqual([2, 3000]);
    identities.leave(who('192.0.2.1', 'VLC', 1000), 6000);
    expect([identities.present, identities.averageMs(6000)]).toEqual([2, 3500]);
    identities.leave(who('192.0.2.1', 'VLC', 2000), 6000);
    identities.leave(who('192.0.2.2', 'VLC', 3000), 6000);
    expect([identities.present, identities.averageMs(9000)]).toEqual([0, 0]);
  });

  test('count two players behind one address twice', () => {
    const identities = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    identities.enter(who('192.0.2.1'), 0);
    identities.enter(who('192.0.2.1'), 0);
    identities.enter(who('192.0.2.1', 'mpg123'), 0);
    expect(identities.total(10_001)).toBe(3);
  });

  test('count a player that is back before its old connection has ended once', () => {
    const identities = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    identities.enter(who('192.0.2.1'), 0);
    identities.enter(who('192.0.2.1'), 60_000);
    identities.leave(who('192.0.2.1'), 65_000);
    expect(identities.total(100_000)).toBe(1);
    identities.leave(who('192.0.2.1'), 100_000);
    identities.enter(who('192.0.2.1'), 101_000);
    expect(identities.total(200_000)).toBe(1);
  });

  test('limit the listeners of an address, and free a slot when one leaves', () => {
    const identities = createListenerIdentities({ perAddressMax: 2, returnMs: 10_000 });
    identities.enter(who('192.0.2.1'), 0);
    identities.enter(who('192.0.2.1'), 0);
    expect(identities.hasSlot('192.0.2.1')).toBe(false);
    expect(identities.hasSlot('192.0.2.2')).toBe(true);
    identities.leave(who('192.0.2.1'), 1);
    expect(identities.hasSlot('192.0.2.1')).toBe(true);
  });

  test('do not limit this machine itself', () => {
    const identities = createListenerIdentities({ perAddressMax: 1, returnMs: 10_000 });
    identities.enter(who('127.0.0.1'), 0);
    expect(identities.hasSlot('127.0.0.1')).toBe(true);
  });

  test('remember 4096 players that have left, and count the others as new', () => {
    const identities = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    const visit = (agent: string): void => {
      identities.enter(who('192.0.2.1', agent), 0);
      identities.leave(who('192.0.2.1', agent), 0);
    };
    visit('first');
    for (let n = 1; n < 4096; n++) visit(`${n}`);
    visit('first');
    expect(identities.total(1)).toBe(4096);
    for (let n = 0; n < 4096; n++) visit(`other ${n}`);
    visit('first');
    expect(identities.total(1)).toBe(2 * 4096 + 1);
  });

  test('hold back the count of 4096 connections that may be returns', () => {
    const identities = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    for (let n = 0; n < 4096 + 1; n++) identities.enter(who('192.0.2.1'), 0);
    expect(identities.total(0)).toBe(1);
    identities.enter(who('192.0.2.1'), 0);
    expect(identities.total(0)).toBe(2);
  });

  test('do not count a listener that another process has counted', () => {
    const identities = createListenerIdentities({ perAddressMax: 1, returnMs: 10_000 });
    identities.enter(who('192.0.2.1'), 0, true);
    expect(identities.total(20_000)).toBe(0);
    expect(identities.hasSlot('192.0.2.1')).toBe(false);
  });
});
