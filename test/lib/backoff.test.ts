import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../src/lib/backoff.js';

describe('The backoff', () => {
  test('doubles from 250 ms to 5 s', () => {
    const longest = [0, 1, 2, 3, 4, 5, 6, 1000].map((attempt) => backoffMs(attempt, 1));
    expect(longest).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  test('spreads attempts over the second half of each delay', () => {
    expect(backoffMs(0, 0)).toBe(125);
    expect(backoffMs(10, 0)).toBe(2500);
  });
});
