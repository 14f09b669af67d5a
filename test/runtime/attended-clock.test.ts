import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createAttendedClock } from '../../src/runtime/attended-clock.js';

let at: number;
beforeEach(() => {
  at = 1000;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number, stepMs: number): void => {
  for (const until = at + ms; at < until; ) {
    at += stepMs;
    vi.advanceTimersByTime(stepMs);
  }
};

test('The clock of a process that runs passes as the other one', () => {
  const attended = createAttendedClock(() => at);
  const before = attended();
  pass(60_000, 50);
  expect(attended() - before).toBe(60_000);
});

test('That of a process which is slow but always has its turn does, too', () => {
  const attended = createAttendedClock(() => at);
  const before = attended();
  pass(60_000, 200);
  expect(attended() - before).toBe(60_000);
});

test('It stands still while the process is held up, whether a timer or a question comes first', () => {
  for (const isTimerFirst of [true, false]) {
    const attended = createAttendedClock(() => at);
    pass(1000, 50);
    const before = attended();
    at += 30_000;
    if (isTimerFirst) vi.advanceTimersByTime(100);
    expect(attended() - before).toBe(200);
    pass(1000, 50);
    expect(attended() - before).toBe(1200);
  }
});

test('It never goes back', () => {
  const attended = createAttendedClock(() => at);
  let last = attended();
  for (let count = 0; count < 1000; count++) {
    at += (count * 37) % 500;
    const next = attended();
    expect(next).toBeGreaterThanOrEqual(last);
    last = next;
  }
});
