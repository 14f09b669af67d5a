import { describe, expect, test } from 'vitest';
import { BROKEN_COST_MS, createTrust } from '../../../src/gossamer/routing/trust.js';
import { nodeId } from '../support.js';

const [A, B] = [nodeId(1), nodeId(2)];

describe('Trust', () => {
  test('makes routes over a node that broke its promise cost more, for 5 s', () => {
    const trust = createTrust();
    expect(trust.costMs(A)).toBe(0);
    expect(trust.onBroken(A, 1, 1000)).toBe(true);
    expect([trust.costMs(A), trust.costMs(B)]).toEqual([BROKEN_COST_MS, 0]);
    expect(trust.deadline()).toBe(6000);
    expect(trust.expire(5999)).toBe(false);
    expect(trust.expire(6000)).toBe(true);
    expect(trust.isAvoided(A)).toBe(false);
    expect(trust.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  test('tells who is avoided, and counts how often that was', () => {
    const trust = createTrust();
    expect(trust.avoided()).toEqual({ now: [], times: 0 });
    trust.onBroken(A, 1, 0);
    trust.onBroken(B, 0.5, 0);
    trust.onBroken(B, 0.5, 1000);
    expect(trust.avoided()).toEqual({ now: [A, B], times: 2 });
    trust.expire(5000);
    expect(trust.avoided()).toEqual({ now: [B], times: 2 });
  });

  test('avoids it three times as long each time, up to 10 minutes', () => {
    const trust = createTrust();
    const times = [5000, 15_000, 45_000, 135_000, 405_000, 600_000, 600_000];
    let now = 0;
    for (const forMs of times) {
      trust.onBroken(A, 1, now);
      expect(trust.deadline()).toBe(now + forMs);
      now += forMs;
      trust.expire(now);
    }
  });

  test('is wary while two nodes have broken their promise within a minute', () => {
    const trust = createTrust();
    expect(trust.isDoubtful(0)).toBe(false);
    for (const weight of [1, 1, 1]) trust.onBroken(A, weight, 0);
    expect(trust.isWary(0)).toBe(false);
    expect([trust.isDoubtful(59_999), trust.isDoubtful(60_000)]).toEqual([true, false]);
    trust.onBroken(B, 0.5, 1000);
    expect(trust.isWary(1000)).toBe(false);
    trust.onBroken(B, 0.5, 2000);
    expect([trust.isWary(59_999), trust.isWary(60_000)]).toEqual([true, false]);
    trust.onBroken(A, 1, 60_000);
    expect([trust.isWary(61_999), trust.isWary(62_000)]).toEqual([true, false]);
  });

  test('is not wary of nodes that are dead or have left', () => {
    const trust = createTrust();
    for (const id of [A, B]) trust.onBroken(id, 1, 0);
    trust.onGone(B);
    expect(trust.isWary(0)).toBe(false);
    expect(trust.isAvoided(B)).toBe(true);
  });

  test('is wary for a minute after another sign of lies', () => {
    const trust = createTrust();
    trust.alert(61_000);
    expect([trust.isDoubtful(120_999), trust.isDoubtful(121_000)]).toEqual([true, false]);
    expect([trust.isWary(120_999), trust.isWary(121_000)]).toEqual([true, false]);
  });

  test('forgets what is more than 10 minutes past', () => {
    const trust = createTrust();
    trust.onBroken(A, 1, 0);
    trust.onBroken(A, 1, 5000 + 600_001);
    expect(trust.deadline()).toBe(5000 + 600_001 + 5000);
  });

  test('needs two broken promises on quiet channels', () => {
    const trust = createTrust();
    expect(trust.onBroken(A, 0.5, 0)).toBe(false);
    expect(trust.isAvoided(A)).toBe(false);
    expect(trust.onBroken(A, 0.5, 10_000)).toBe(true);
    expect(trust.deadline()).toBe(15_000);
  });

  test('remembers 256 nodes', () => {
    const trust = createTrust();
    for (let number = 1; number <= 257; number++) trust.onBroken(nodeId(number), 1, 0);
    trust.expire(5000);
    trust.onBroken(nodeId(1), 1, 5000);
    expect(trust.deadline()).toBe(10_000);
    trust.onBroken(nodeId(257), 1, 5000);
    trust.expire(10_000);
    expect(trust.deadline()).toBe(20_000);
  });
});
