import { expect, test } from 'vitest';
import { createRequestRate } from '../../../src/http/server/request-rate.js';

const RATE = { atOnce: 40, perSecond: 10 };

/** Addresses of as many IPv6 subscribers. */
const subscribers = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `2001:db8:0:${n.toString(16)}::1`);

test('An address uses up its own rate only, and gets it back in time', () => {
  const rate = createRequestRate(RATE);
  const taken = Array.from({ length: 1000 }, () => rate.take('192.0.2.1', 0));
  expect(taken.filter(Boolean)).toHaveLength(40);
  expect(rate.take('192.0.2.2', 0)).toBe(true);
  expect(rate.take('127.0.0.1', 0)).toBe(true);
  expect(rate.take('192.0.2.1', 150)).toBe(true);
  expect(rate.take('192.0.2.1', 150)).toBe(false);
});

test('A loopback address is not limited', () => {
  const rate = createRequestRate(RATE);
  const taken = Array.from({ length: 1000 }, () => rate.take('127.0.0.1', 0));
  expect(taken.filter(Boolean)).toHaveLength(1000);
});

test('Memory is bounded: an address is forgotten after 4096 others, not before', () => {
  const rate = createRequestRate(RATE);
  for (let n = 0; n < 40; n++) rate.take('192.0.2.1', 0);
  const [last = '', ...others] = subscribers(4096);
  for (const address of others) rate.take(address, 0);
  expect(rate.take('192.0.2.1', 0)).toBe(false);
  for (const address of [...others, last]) rate.take(address, 0);
  expect(rate.take('192.0.2.1', 0)).toBe(true);
});

test('An address that asks all the time is not forgotten, however many others ask', () => {
  const rate = createRequestRate(RATE);
  const taken = subscribers(5000).map((address) => {
    rate.take(address, 0);
    return rate.take('192.0.2.1', 0);
  });
  expect(taken.filter(Boolean)).toHaveLength(40);
});

test('The /64 network of an IPv6 subscriber counts as one client', () => {
  const rate = createRequestRate(RATE);
  const taken = Array.from({ length: 500 }, (_, n) => rate.take(`2001:db8::${n.toString(16)}`, 0));
  expect(taken.filter(Boolean)).toHaveLength(40);
  expect(rate.take('2001:db8:0:1::1', 0)).toBe(true);
});
