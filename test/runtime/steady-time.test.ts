import { expect, test } from 'vitest';
import { createSteadyTime, steadyTimeMs } from '../../src/runtime/steady-time.js';

test('The time goes on with the monotonic clock, and counts a suspension, in which that stands still', () => {
  const machine = { nowMs: 0, uptimeMs: 70_000 };
  const time = createSteadyTime({
    originMs: 1000,
    now: () => machine.nowMs,
    uptimeMs: () => machine.uptimeMs,
  });
  const after = (ms: number, suspendedMs = 0): number => {
    machine.nowMs += ms;
    machine.uptimeMs += ms + suspendedMs;
    return time();
  };
  expect(time()).toBe(1000);
  expect(after(5000)).toBe(6000);
  expect(after(5000, 900_000)).toBe(911_000);
  expect(after(5000, 400)).toBe(916_000); // the resolution of an uptime
  expect(after(5000, 60_000)).toBe(981_400);
});

test('The time of this process is that of the machine at its start', () => {
  expect(Math.abs(steadyTimeMs() - Date.now())).toBeLessThan(60_000);
});
