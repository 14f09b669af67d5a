import { describe, expect, test } from 'vitest';
import { createPacer } from '../../../src/client/broadcast/pacer.js';

const FRAME_MS = (1152 * 1000) / 44_100;
const DAY_MS = 86_400_000;

describe('A pacer', () => {
  test('lets the first frames go at once, as far as its lead', () => {
    const pacer = createPacer({ leadMs: 200, lateMaxMs: 2000, togetherMs: 0 });
    const instants = Array.from({ length: 20 }, () => pacer.schedule(FRAME_MS, 1000));
    expect(instants.filter((at) => at <= 1000)).toHaveLength(8);
    expect(instants[19]).toBeCloseTo(1000 + 19 * FRAME_MS - 200, 6);
  });

  test('does not drift in a day of timers that oversleep', () => {
    const pacer = createPacer({ leadMs: 200, lateMaxMs: 2000, togetherMs: 0 });
    const frames = Math.floor(DAY_MS / FRAME_MS);
    let now = 0;
    let worstMs = 0;
    for (let index = 0; index < frames; index++) {
      const at = pacer.schedule(FRAME_MS, now);
      // Each wait ends between 0 and 15 ms late; every thousandth one half a second.
      if (at > now) now = at + (index % 16) + (index % 1000 === 0 ? 500 : 0);
      worstMs = Math.max(worstMs, Math.abs(at + 200 - index * FRAME_MS));
    }
    expect(worstMs).toBeLessThan(0.1);
    expect(now).toBeGreaterThan(DAY_MS - 1000);
    expect(now).toBeLessThan(DAY_MS + 600);
    expect(pacer.rebased).toBe(0);
  });

  test('keeps its pace when the length of frames changes', () => {
    const pacer = createPacer({ leadMs: 0, lateMaxMs: 2000, togetherMs: 0 });
    const lengths = [24, 36, 26, 72];
    expect(lengths.map((length) => pacer.schedule(length, 0))).toEqual([0, 24, 60, 86]);
  });

  test('lets frames of a tenth of a second go together, none of them late', () => {
    const pacer = createPacer({ leadMs: 0, lateMaxMs: 2000, togetherMs: 100 });
    const instants = Array.from({ length: 100 }, () => pacer.schedule(FRAME_MS, 0));
    expect(new Set(instants.slice(0, 4)).size).toBe(1);
    expect(new Set(instants).size).toBe(25);
    const earlyMs = instants.map((at, index) => index * FRAME_MS - at);
    expect(Math.min(...earlyMs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...earlyMs)).toBeLessThan(100);
  });

  test('makes up for a short stall', () => {
    const pacer = createPacer({ leadMs: 200, lateMaxMs: 2000, togetherMs: 0 });
    pacer.schedule(100, 0);
    expect(pacer.schedule(100, 1900)).toBe(-100);
    expect(pacer.rebased).toBe(0);
  });

  test('starts its clock anew after a long stall instead of sending a burst', () => {
    const pacer = createPacer({ leadMs: 200, lateMaxMs: 2000, togetherMs: 0 });
    pacer.schedule(100, 0);
    const late = 600_000;
    const instants = Array.from({ length: 100 }, () => pacer.schedule(100, late));
    expect(instants.filter((at) => at <= late)).toHaveLength(3);
    expect(instants[99]).toBe(late + 99 * 100 - 200);
    expect(pacer.rebased).toBe(1);
  });

  test('counts every new start', () => {
    const pacer = createPacer({ leadMs: 0, lateMaxMs: 2000, togetherMs: 0 });
    for (let index = 0; index < 5; index++) pacer.schedule(10, index * 5000);
    expect(pacer.rebased).toBe(4);
  });
});
