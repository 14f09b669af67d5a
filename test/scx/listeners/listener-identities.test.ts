import { describe, expect, test } from 'vitest';
import { createListenerIdentities } from '../../../src/scx/listeners/listener-identities.js';

const who = (address: string, agent = 'VLC') => ({ address, agent });

describe('The audience', () => {
  test('counts who comes back within seconds once', () => {
    const audience = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    audience.enter(who('192.0.2.1'), 0);
    audience.leave(who('192.0.2.1'), 5000);
    audience.enter(who('192.0.2.1'), 9000);
    audience.leave(who('192.0.2.1'), 9500);
    expect(audience.total(9600)).toBe(1);
    audience.enter(who('192.0.2.1'), 30_000);
    expect(audience.total(30_000)).toBe(2);
  });

  test('counts two players behind one address twice', () => {
    const audience = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    audience.enter(who('192.0.2.1'), 0);
    audience.enter(who('192.0.2.1'), 0);
    audience.enter(who('192.0.2.1', 'mpg123'), 0);
    expect(audience.total(10_001)).toBe(3);
  });

  test('counts who is back before the old connection has ended once', () => {
    const audience = createListenerIdentities({ perAddressMax: 0, returnMs: 10_000 });
    audience.enter(who('192.0.2.1'), 0);
    audience.enter(who('192.0.2.1'), 60_000);
    audience.leave(who('192.0.2.1'), 65_000);
    expect(audience.total(100_000)).toBe(1);
    audience.leave(who('192.0.2.1'), 100_000);
    audience.enter(who('192.0.2.1'), 101_000);
    expect(audience.total(200_000)).toBe(1);
  });

  test('gives an address so many places, and each again when somebody leaves', () => {
    const audience = createListenerIdentities({ perAddressMax: 2, returnMs: 10_000 });
    audience.enter(who('192.0.2.1'), 0);
    audience.enter(who('192.0.2.1'), 0);
    expect(audience.hasSlot('192.0.2.1')).toBe(false);
    expect(audience.hasSlot('192.0.2.2')).toBe(true);
    audience.leave(who('192.0.2.1'), 1);
    expect(audience.hasSlot('192.0.2.1')).toBe(true);
  });

  test('does not limit this machine itself', () => {
    const audience = createListenerIdentities({ perAddressMax: 1, returnMs: 10_000 });
    audience.enter(who('127.0.0.1'), 0);
    expect(audience.hasSlot('127.0.0.1')).toBe(true);
  });
});
