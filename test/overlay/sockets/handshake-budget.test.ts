import { describe, expect, test } from 'vitest';
import { createHandshakeBudget } from '../../../src/overlay/sockets/handshake-budget.js';

const LIMITS = {
  ...{ handshakeBurst: 3, handshakeIntervalMs: 100 },
  ...{ handshakeTotalBurst: 5, handshakeTotalIntervalMs: 50, peersMax: 100 },
};

describe('Handshakes', () => {
  test('of one address have a rate, and an IPv6 /64 network is one', () => {
    const budget = createHandshakeBudget(LIMITS);
    const take = (now: number) => budget.take(`2001:db8::${now}`, now);
    expect([1, 2, 3, 4].map(take)).toEqual([true, true, true, false]);
    expect(budget.take('192.0.2.1', 5)).toBe(true);
    expect(take(110)).toBe(true);
    expect(take(111)).toBe(false);
  });

  test('of strangers have one in total, which does not concern those who were here before', () => {
    const budget = createHandshakeBudget(LIMITS);
    expect(budget.take('192.0.2.1', 0)).toBe(true);
    budget.onAdmitted('192.0.2.1');
    const strangers = [2, 3, 4, 5, 6, 7].map((end) => budget.take(`192.0.2.${end}`, 1));
    expect(strangers).toEqual([true, true, true, true, false, false]);
    expect(budget.take('192.0.2.1', 2)).toBe(true);
    expect(budget.take('192.0.2.1', 2)).toBe(true);
    expect(budget.take('192.0.2.1', 2)).toBe(false);
    expect(budget.take('192.0.2.8', 60)).toBe(true);
  });
});
