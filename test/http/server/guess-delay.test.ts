import { expect, test } from 'vitest';
import { createSlowdown } from '../../../src/http/server/guess-delay.js';

const failTimes = (times: number, now = 0) => {
  const slowdown = createSlowdown();
  return Array.from({ length: times }, () => slowdown.fail('a', now));
};

test('A slowdown lets three failures pass, and doubles the wait from then on, up to 10 s', () => {
  expect(failTimes(10)).toEqual([0, 0, 0, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(failTimes(5000).at(-1)).toBe(10_000);
});

test('A slowdown keeps addresses apart', () => {
  const slowdown = createSlowdown();
  for (let n = 0; n < 9; n++) slowdown.fail('a', 0);
  expect(slowdown.fail('b', 0)).toBe(0);
});

test('A slowdown forgives who succeeds, and forgets who has not failed for ten minutes', () => {
  const slowdown = createSlowdown();
  for (let n = 0; n < 9; n++) slowdown.fail('a', 0);
  slowdown.forgive('a');
  expect([1, 2, 3].map(() => slowdown.fail('a', 0))).toEqual([0, 0, 0]);
  expect(slowdown.fail('a', 600_000)).toBe(500);
  expect(slowdown.fail('a', 1_200_001)).toBe(0);
});

test('A slowdown remembers 1024 addresses, and forgets the one that failed longest ago', () => {
  const slowdown = createSlowdown();
  for (let n = 0; n < 3; n++) for (const address of ['old', 'busy']) slowdown.fail(address, n);
  for (let n = 0; n < 1022; n++) slowdown.fail(`${n}`, 10 + n);
  slowdown.fail('busy', 2000);
  slowdown.fail('one more', 2000);
  expect(slowdown.fail('busy', 2000)).toBeGreaterThan(0);
  expect(slowdown.fail('old', 2000)).toBe(0);
});
