import { expect, test } from 'vitest';
import { createRequestRate } from '../../../src/http/server/request-rate.js';

const TURNS = { atOnce: 40, perSecond: 10 };

test('Who asks all the time uses up its own turns only, and gets them back in time', () => {
  const turns = createRequestRate(TURNS);
  const taken = Array.from({ length: 1000 }, () => turns.take('192.0.2.1', 0));
  expect(taken.filter(Boolean)).toHaveLength(40);
  expect(turns.take('192.0.2.2', 0)).toBe(true);
  expect(turns.take('127.0.0.1', 0)).toBe(true);
  expect(turns.take('192.0.2.1', 150)).toBe(true);
  expect(turns.take('192.0.2.1', 150)).toBe(false);
});

test('An address among thousands is still counted, and memory is bounded', () => {
  const turns = createRequestRate(TURNS);
  for (let n = 0; n < 20_000; n++) turns.take(`2001:db8:0:${n.toString(16)}::1`, 0);
  for (let turn = 0; turn < 40; turn++) turns.take('192.0.2.1', 0);
  expect(turns.take('192.0.2.1', 0)).toBe(false);
});

test('Thousands of others do not give turns back to an address that asks all the time', () => {
  const turns = createRequestRate(TURNS);
  const taken = Array.from({ length: 10_000 }, (_, n) => {
    turns.take(`2001:db8:0:${n.toString(16)}::1`, 0);
    return turns.take('192.0.2.1', 0);
  });
  expect(taken.filter(Boolean)).toHaveLength(40);
});

test('A subscriber with a whole IPv6 network is one', () => {
  const turns = createRequestRate(TURNS);
  const taken = Array.from({ length: 500 }, (_, n) => turns.take(`2001:db8::${n.toString(16)}`, 0));
  expect(taken.filter(Boolean)).toHaveLength(40);
  expect(turns.take('2001:db8:0:1::1', 0)).toBe(true);
});
