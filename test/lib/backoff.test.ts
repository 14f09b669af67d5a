import { describe, expect, test } from 'vitest';
import { backoffMs, spreadBackoffMs } from '../../src/lib/backoff.js';

const RANGE = { firstMs: 250, lastMs: 5000 };

describe('The backoff', () => {
  test('doubles from the first wait to the last', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 1e9].map((failures) => backoffMs(RANGE, failures));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  });

  test('can be spread over the second half of each wait', () => {
    expect(spreadBackoffMs(RANGE, 0, 0)).toBe(125);
    expect(spreadBackoffMs(RANGE, 10, 0)).toBe(2500);
    expect(spreadBackoffMs(RANGE, 0, 1)).toBe(250);
  });
});
