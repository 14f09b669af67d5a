import { describe, expect, test } from 'vitest';
import { createUsualInterval } from '../../../../src/gossamer/distribution/health/usual-interval.js';
import { aduOf } from '../../support.js';

/** ADUs at an interval, ms. */
const hear = (
  rhythm: ReturnType<typeof createUsualInterval>,
  intervalMs: number,
  count: number,
): void => {
  for (let sequence = 0; sequence < count; sequence++) {
    rhythm.heard(aduOf(sequence, { timestampMs: intervalMs * sequence }));
  }
};

describe('The usual interval of a source', () => {
  test('is unknown before two ADUs: silence is nothing special for long', () => {
    const rhythm = createUsualInterval(1500);
    hear(rhythm, 26, 1);
    expect(rhythm.quietMs()).toBe(1500);
  });

  test('makes silence suspicious after a few intervals, though not before TCP had its time', () => {
    const [music, slow, rare] = [
      createUsualInterval(1500),
      createUsualInterval(1500),
      createUsualInterval(1500),
    ];
    hear(music, 26, 10);
    hear(slow, 100, 10);
    hear(rare, 1000, 10);
    expect([music.quietMs(), slow.quietMs(), rare.quietMs()]).toEqual([400, 800, 1500]);
  });

  test('ignores numbers that were given up, and clocks that go back', () => {
    const rhythm = createUsualInterval(1500);
    rhythm.heard(aduOf(1, { timestampMs: 5000 }));
    rhythm.heard(aduOf(2, { timestampMs: 0 }));
    rhythm.heard(aduOf(90, { timestampMs: 90_000 }));
    expect(rhythm.quietMs()).toBe(400);
  });
});
