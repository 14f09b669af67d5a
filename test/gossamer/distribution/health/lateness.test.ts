import { describe, expect, test } from 'vitest';
import { createLateness } from '../../../../src/gossamer/distribution/health/lateness.js';
import { aduOf } from '../../support.js';

/** Delivers an ADU of that time stamp at that instant. */
const hearer = () => {
  const lateness = createLateness();
  const hear = (timestampMs: number, now: number): number =>
    Math.round(lateness.heard(aduOf(0, { timestampMs }), now));
  return { lateness, hear };
};

describe('Lateness', () => {
  test('is 0 while ADUs come as they were sent, whatever the clocks say', () => {
    const { hear } = hearer();
    const stalled = [0, 26, 52, 78].map((ms) => hear(1_700_000_000_000 + ms, 5000 + ms));
    expect(stalled).toEqual([0, 0, 0, 0]);
  });

  test('is a stall where an ADU was due, and not where the source paused', () => {
    const { hear } = hearer();
    hear(0, 0);
    expect(hear(26, 526)).toBe(499);
    expect([hear(52, 527), hear(520, 528), hear(546, 546)]).toEqual([0, 0, 0]);
    expect(hear(9546, 9546)).toBe(0);
  });

  test('does not count jitter, which is made up for at once', () => {
    const { hear } = hearer();
    for (let n = 0; n < 100; n++) expect(hear(26 * n, 26 * n + (n % 2) * 90)).toBe(0);
  });

  test('grows while a link carries half of what it should', () => {
    const { hear } = hearer();
    let stalledMs = 0;
    for (let n = 0; n <= 100; n++) stalledMs += hear(26 * n, 52 * n);
    expect(stalledMs).toBeGreaterThan(2500);
    expect(stalledMs).toBeLessThanOrEqual(2600);
  });

  test('counts a second stall as it counts the first', () => {
    const { hear } = hearer();
    hear(0, 0);
    expect([hear(20, 520), hear(520, 521), hear(540, 1040)]).toEqual([499, 0, 499]);
  });

  test('of a longer path is forgotten by and by', () => {
    const { lateness, hear } = hearer();
    hear(0, 0);
    hear(20, 220);
    for (let s = 1; s <= 300; s++) hear(20 + 1000 * s, 220 + 1000 * s);
    expect(lateness.lateMs()).toBe(0);
  });

  test('ignores a clock that is set', () => {
    const { hear } = hearer();
    hear(3_600_000, 0);
    expect([hear(0, 26), hear(26, 52), hear(7_200_000, 78), hear(7_200_026, 104)]).toEqual([
      ...[0, 0, 0, 0],
    ]);
  });
});
