import { describe, expect, test } from 'vitest';
import { FAST, PAPER } from '../../../src/gossamer/core/config.js';
import { createHysteresis } from '../../../src/gossamer/mesh/hysteresis.js';
import { nodeId } from '../support.js';

describe('The least gain of a change of edges', () => {
  test('doubles at its interval up to a quarter of the cost, and begins anew when disturbed', () => {
    const hysteresis = createHysteresis({ ...FAST, gainLeast: 0.01, gainDoublingMs: 1000 });
    hysteresis.onDisturbed(5000);
    expect([5000, 6000, 7000, 8000].map((now) => hysteresis.share([], now))).toEqual([
      0.01, 0.02, 0.04, 0.08,
    ]);
    expect(hysteresis.share([], 1e6)).toBe(0.25);
    hysteresis.onDisturbed(1e6);
    expect(hysteresis.share([], 1e6)).toBe(0.01);
  });

  test('begins anew when a source appears, but not when a route to it is found again', () => {
    const { share } = createHysteresis({ ...FAST, gainLeast: 0.01, gainDoublingMs: 1000 });
    expect(share([], 3000)).toBe(0.08);
    expect(share([nodeId(1)], 3000)).toBe(0.01);
    expect(share([], 4000)).toBe(0.02);
    expect(share([nodeId(1)], 5000)).toBe(0.04);
    expect(share([nodeId(1), nodeId(2)], 5000)).toBe(0.01);
  });

  test('is constant in the profile paper', () => {
    const { share } = createHysteresis({ ...PAPER, gainLeast: 0.01 });
    expect(share([], 1e9)).toBe(0.01);
  });
});
