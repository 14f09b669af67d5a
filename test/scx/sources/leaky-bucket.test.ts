import { describe, expect, test } from 'vitest';
import { createLeakyBucket } from '../../../src/scx/sources/leaky-bucket.js';

describe('A leaky bucket', () => {
  test('falls at its rate, and not below zero', () => {
    const bucket = createLeakyBucket(0.5, 1000);
    bucket.add(100, 1000);
    expect([1000, 1100, 1200, 9000].map(bucket.level)).toEqual([100, 50, 0, 0]);
  });

  test('rises by each amount from the level at that instant', () => {
    const bucket = createLeakyBucket(1, 0);
    bucket.add(100, 0);
    bucket.add(100, 40);
    expect(bucket.level(40)).toBe(160);
    bucket.add(10, 500);
    expect(bucket.level(500)).toBe(10);
  });

  test('has leaked nothing before it was started', () => {
    const bucket = createLeakyBucket(1, 1000);
    bucket.add(5, 1000);
    expect(bucket.level(1000)).toBe(5);
  });
});
