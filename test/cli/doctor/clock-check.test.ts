/** What the doctor says about clocks; reach-check.test.ts asks a real server for its time. */
import { describe, expect, test } from 'vitest';
import { checkClock } from '../../../src/cli/doctor/clock-check.js';

describe('Doctor on the clock', () => {
  const from = 'http://other.example:8000';
  const date = 'Mon, 30 Nov 2026 12:00:00 GMT';
  const at = Date.parse(date);

  test.each([
    [0, 'good'],
    [999, 'good'],
    [5900, 'good'],
    [-4900, 'good'],
    [6100, 'problem'],
    [-5100, 'problem'],
  ])('finds one that is %i ms off %s', (off, state) => {
    expect(checkClock({ from, date, sentAt: at + off, answeredAt: at + off }).state).toBe(state);
  });

  test('believes a slow answer: it was made at any time in between', () => {
    const slow = { from, date, sentAt: at - 20_000, answeredAt: at + 20_000 };
    expect(checkClock(slow).state).toBe('good');
  });

  test('says by how much, and in which direction', () => {
    const ahead = checkClock({ from, date, sentAt: at + 3_601_000, answeredAt: at + 3_601_000 });
    expect(ahead.says).toContain(`3600 s ahead of that of ${from}`);
    const behind = checkClock({ from, date, sentAt: at - 60_000, answeredAt: at - 60_000 });
    expect(behind.says).toContain('60 s behind');
  });

  test('cannot tell without a date', () => {
    expect(checkClock({ from, date: undefined, sentAt: at, answeredAt: at }).state).toBe('unknown');
    expect(checkClock({ from, date: 'soon', sentAt: at, answeredAt: at }).state).toBe('unknown');
  });
});
