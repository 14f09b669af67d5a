import { describe, expect, test } from 'vitest';
import { createSlowParent } from '../../../../src/gossamer/distribution/health/slow-parent.js';

/** The instants at which the parent was reported; an ADU comes each 100 ms. */
function complaints(lateMsAt: (now: number) => number, untilMs: number, hops = 1): number[] {
  const slowParent = createSlowParent();
  const told: number[] = [];
  for (let now = 0; now <= untilMs; now += 100) {
    if (slowParent.heard(lateMsAt(now), hops, now)) told.push(now);
  }
  return told;
}

describe('Falling behind', () => {
  test('is said when ADUs come later and later, within a few seconds', () => {
    expect(complaints((now) => now / 2, 4000)).toEqual([3500]);
  });

  test('is not said of what waited somewhere and comes at once', () => {
    const hiccup = (now: number): number => (now === 5000 ? 4000 : now === 5100 ? 2000 : 0);
    expect(complaints(hiccup, 60_000)).toEqual([]);
  });

  test('is not reported for a path that is a little longer for good', () => {
    expect(complaints((now) => (now > 5000 ? 1400 : 0), 60_000)).toEqual([]);
  });

  test('is reported once for a lateness that stays: no parent is better', () => {
    expect(complaints((now) => (now > 5000 ? 3000 : 0), 60_000)).toEqual([5600]);
  });

  test('is said later and later while nothing helps, and soon again after all was well', () => {
    const [first = 0, second = 0, third = 0] = complaints((now) => now / 2, 30_000);
    expect(second - first).toBeGreaterThan(first);
    expect(third - second).toBeGreaterThan(second - first);
    const twice = complaints((now) => (now % 60_000 < 10_000 ? (now % 60_000) / 2 : 0), 70_000);
    expect(twice.filter((now) => now >= 60_000)[0]).toBe(63_500);
  });

  test('is reported by the child at the slow link before any below it', () => {
    expect(complaints((now) => now / 2, 5000, 3)).toEqual([]);
    expect(complaints((now) => now / 2, 6000, 3)).toEqual([5500]);
  });
});
