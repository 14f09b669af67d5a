import { describe, expect, test } from 'vitest';
import { createLifetime } from '../../src/scx/lifetime.js';

const options = { lingerMs: 30_000, orphanMs: 600_000 };

describe('An SCX (§2.5)', () => {
  test('waits a linger for its first client', () => {
    const lifetime = createLifetime(options, false, 0);
    expect(lifetime.endReason(29_999)).toBeUndefined();
    expect(lifetime.endReason(30_000)).toBe('no clients for 30 s');
  });

  test('lives while it has clients, and a linger longer', () => {
    const lifetime = createLifetime(options, false, 0);
    lifetime.onClients(2, 1000);
    lifetime.onClients(1, 900_000);
    expect(lifetime.endReason(5_000_000)).toBeUndefined();
    lifetime.onClients(0, 5_000_000);
    expect(lifetime.endReason(5_029_000)).toBeUndefined();
    expect(lifetime.endReason(5_030_000)).toBe('no clients for 30 s');
  });

  test('begins its linger anew with each client', () => {
    const lifetime = createLifetime(options, false, 0);
    lifetime.onClients(0, 29_000);
    lifetime.onClients(1, 29_500);
    lifetime.onClients(0, 30_000);
    expect(lifetime.endReason(59_000)).toBeUndefined();
  });

  test('stays without clients as a rendezvous point', () => {
    const lifetime = createLifetime(options, true, 0);
    for (let now = 0; now < 10_000_000; now += 100_000) lifetime.onFrontEnd(true, now);
    expect(lifetime.endReason(10_000_000)).toBeUndefined();
  });

  test('lingers when it ceases to be a rendezvous point', () => {
    const lifetime = createLifetime(options, true, 0);
    lifetime.onFrontEnd(false, 100_000);
    expect(lifetime.endReason(100_001)).toBeUndefined();
    expect(lifetime.endReason(130_000)).toBe('no clients for 30 s');
  });

  test('becomes a rendezvous point when its front end says so', () => {
    const lifetime = createLifetime(options, false, 0);
    lifetime.onFrontEnd(true, 1000);
    expect(lifetime.endReason(500_000)).toBeUndefined();
  });

  test('ends as a rendezvous point whose cluster is gone for good', () => {
    const lifetime = createLifetime(options, true, 0);
    lifetime.onFrontEnd(true, 60_000);
    expect(lifetime.endReason(659_000)).toBeUndefined();
    expect(lifetime.endReason(660_000)).toBe('no clients, and no front end for 600 s');
  });

  test('stays for its clients when its cluster is gone', () => {
    const lifetime = createLifetime(options, true, 0);
    lifetime.onClients(1, 0);
    expect(lifetime.endReason(10_000_000)).toBeUndefined();
    lifetime.onClients(0, 10_000_000);
    expect(lifetime.endReason(10_500_000)).toBeUndefined();
    expect(lifetime.endReason(10_600_000)).toBeDefined();
  });
});
