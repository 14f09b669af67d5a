import { expect, test } from 'vitest';
import { createTokenBucket } from '../../../src/lib/bounds/token-bucket.js';

test('A token bucket gives its burst, then one token for each interval', () => {
  const bucket = createTokenBucket(3, 1000);
  expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([true, true, true, false]);
  expect(bucket.next()).toBe(1000);
  expect([999, 1000, 1000].map((now) => bucket.take(now))).toEqual([false, true, false]);
});

test('A token bucket takes back what was not needed', () => {
  const bucket = createTokenBucket(1, 1000);
  bucket.take(0);
  bucket.giveBack();
  expect([0, 0].map((now) => bucket.take(now))).toEqual([true, false]);
});

test('A token bucket fills up again, to the burst and no further', () => {
  const bucket = createTokenBucket(2, 1000);
  bucket.take(0);
  const later = [1, 1, 1].map(() => bucket.take(1_000_000));
  expect(later).toEqual([true, true, false]);
});
