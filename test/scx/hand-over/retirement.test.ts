import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { createRetirement, type Retirement } from '../../../src/scx/hand-over/retirement.js';

let now: number;
let events: string[];
let retirement: Retirement;

beforeEach(() => {
  now = 0;
  events = [];
  retirement = createRetirement({
    log: pino({ enabled: false }),
    now: () => now,
    sendSourcesAway: async (withinMs) => void events.push(`sources leave within ${withinMs}`),
    onChange: () => events.push('changed'),
  });
});

describe('An SCX that retires', () => {
  test('tells its front ends and its sources, once, and how long its listeners may stay', () => {
    expect([retirement.isRetired, retirement.leavesWithinMs]).toEqual([false, undefined]);
    retirement.begin(60_000);
    now = 10_000;
    retirement.begin(60_000);
    expect(events).toEqual(['changed', 'sources leave within 60000']);
    expect([retirement.isRetired, retirement.leavesWithinMs]).toEqual([true, 50_000]);
  });

  test('ends when its clients have gone, but not before its front ends know it', () => {
    expect(retirement.endReason(0)).toBeUndefined();
    retirement.begin(60_000);
    expect(retirement.endReason(0)).toBeUndefined();
    now = 5000;
    expect(retirement.endReason(1)).toBeUndefined();
    expect(retirement.endReason(0)).toMatch(/have gone/);
  });

  test('ends with its clients when their time is over', () => {
    retirement.begin(60_000);
    now = 60_000;
    expect(retirement.endReason(7)).toMatch(/is over/);
    expect(retirement.leavesWithinMs).toBe(0);
  });
});
