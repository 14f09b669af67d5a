import { expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import { createProbeSchedule } from '../../../src/gossamer/mesh/probe-schedule.js';
import { createBench } from '../support.js';

/** A schedule whose interval has grown to the longest one. */
function createSettled(isUrgent = false) {
  const schedule = createProbeSchedule(createBench().context, {
    isUrgent: () => isUrgent,
    probesUnderWay: () => 0,
  });
  schedule.start(0);
  for (let round = 0; round < 100; round++) schedule.advance(true, 0);
  return schedule;
}

/** A tenth more or less is random. */
function expectAbout(ms: number, expectedMs: number): void {
  expect(ms).toBeGreaterThanOrEqual(0.9 * expectedMs);
  expect(ms).toBeLessThanOrEqual(1.1 * expectedMs);
}

test('Each change while no edge is missing shortens the interval to seven tenths', () => {
  const schedule = createSettled();
  expectAbout(schedule.next(), FAST.probeIntervalMs);
  schedule.quicken(0);
  expectAbout(schedule.next(), 0.7 * FAST.probeIntervalMs);
  schedule.quicken(0);
  expectAbout(schedule.next(), 0.49 * FAST.probeIntervalMs);
});

test('While an edge is missing the next probe follows at once, a hundred times without a change', () => {
  const schedule = createSettled(true);
  for (let probe = 0; probe < 100; probe++) {
    schedule.advance(true, 1000);
    expect(schedule.next()).toBe(1000);
    schedule.onProbe();
  }
  schedule.advance(true, 1000);
  expectAbout(schedule.next() - 1000, FAST.probeIntervalMinMs);
  schedule.onChange(2000);
  expect(schedule.next()).toBeLessThanOrEqual(2000);
});
