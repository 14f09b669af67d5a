import { describe, expect, test } from 'vitest';
import { createEncoderPace, type EncoderPace } from '../../../src/scx/ingest/encoder-pace.js';
import { FRAME_MS } from '../support.js';

const HOUR_MS = 3_600_000;
const TICK_MS = 250;

/** Plays an encoder whose clock is `speed` times ours; it never waits. */
function encode(pace: EncoderPace, speed: number, fromMs: number, toMs: number) {
  const seen = { slowAt: [] as number[], longestWaitMs: 0 };
  let tickAt = fromMs;
  for (let now = fromMs; now < toMs; now += FRAME_MS / speed) {
    for (; tickAt <= now; tickAt += TICK_MS) if (pace.isSlow(tickAt)) seen.slowAt.push(tickAt);
    seen.longestWaitMs = Math.max(seen.longestWaitMs, pace.waitMs(now));
    pace.add(FRAME_MS, now);
  }
  return seen;
}

describe('An encoder', () => {
  test.each([
    ['in time', 1],
    ['0.1 % too fast', 1.001],
    ['0.1 % too slow', 0.999],
  ])('%s is neither held up nor called slow in six hours: 21 s for 0.1 %', (_how, speed) => {
    const seen = encode(createEncoderPace(0), speed, 0, 6 * HOUR_MS);
    expect(seen).toEqual({ slowAt: [], longestWaitMs: 0 });
  });

  test('that is 5 % too fast is held up', () => {
    const seen = encode(createEncoderPace(0), 1.05, 0, 600_000);
    expect(seen.longestWaitMs).toBeGreaterThan(10_000);
    expect(seen.slowAt).toEqual([]);
  });

  test('that is held up as required sends real time and 5 s more', () => {
    const pace = createEncoderPace(0);
    let now = 0;
    let sentMs = 0;
    let mostAheadMs = 0;
    while (now < HOUR_MS) {
      const waitMs = pace.waitMs(now);
      if (waitMs > 0) now += Math.max(waitMs, 100);
      else {
        pace.add(FRAME_MS, now);
        sentMs += FRAME_MS;
      }
      mostAheadMs = Math.max(mostAheadMs, sentMs - now * 1.002);
    }
    expect(mostAheadMs).toBeGreaterThan(5000);
    expect(mostAheadMs).toBeLessThanOrEqual(5000 + FRAME_MS);
    expect(sentMs).toBeGreaterThan(HOUR_MS);
  });

  test('that is too slow is reported once a minute, after ten seconds', () => {
    const { slowAt } = encode(createEncoderPace(0), 0.8, 0, 300_000);
    expect(slowAt).toEqual([10_000, 70_000, 130_000, 190_000, 250_000]);
  });

  test('that sends nothing is slow', () => {
    const pace = createEncoderPace(0);
    expect(pace.isSlow(9999)).toBe(false);
    expect(pace.isSlow(10_000)).toBe(true);
  });

  test('that sends its sound in bursts is neither fast nor slow', () => {
    const pace = createEncoderPace(0);
    const waitsMs = new Set<number>();
    const slow = new Set<boolean>();
    for (let now = 0; now < HOUR_MS; now += 4000) {
      for (let sentMs = 0; sentMs < 4000; sentMs += 500) {
        waitsMs.add(pace.waitMs(now));
        pace.add(500, now);
      }
      for (let ms = 0; ms < 4000; ms += TICK_MS) slow.add(pace.isSlow(now + ms));
    }
    expect([...waitsMs, ...slow]).toEqual([0, false]);
  });

  test('that was suspended for a night goes on as if it were new', () => {
    const pace = createEncoderPace(0);
    encode(pace, 1, 0, 60_000);
    const morning = 8 * HOUR_MS;
    expect(pace.isSlow(morning)).toBe(true);
    const seen = encode(pace, 1, morning, morning + HOUR_MS);
    expect(seen).toEqual({ slowAt: [], longestWaitMs: 0 });
  });
});
