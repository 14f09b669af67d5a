/** The studio with an injected clock, so that a day passes in a second. */
import { describe, expect, test, vi } from 'vitest';
import type { OwnAdu } from '../../../src/client/broadcast/adu-window.js';
import { createJournal } from '../../../src/client/broadcast/broadcast-progress.js';
import { createStudio } from '../../../src/client/broadcast/studio.js';
import type { PlaylistEvent } from '../../../src/client/playlist/playlist.js';

const FRAME_MS = (1152 * 1000) / 44_100;
const DAY_MS = 86_400_000;
/** The longest frame of MP3: 576 samples at 8 kHz. A day has the fewest of these. */
const LONG_FRAME_MS = 72;
const FRAMES_PER_HOUR = 3_600_000 / LONG_FRAME_MS;
/** Frames are sent this much early (pacer.ts). */
const LEAD_MS = 200;
/** Frames that are sent with an earlier one are earlier by up to this much more. */
const TOGETHER_MS = 100;

const FRAME: PlaylistEvent = {
  kind: 'frame',
  bytes: new Uint8Array(4),
  durationMs: FRAME_MS,
  bitrateKbps: 128,
  lengthMs: undefined,
};

/** A studio whose waits end late by what `lateMs` returns, and what it has sent when. */
function open(lateMs: (waits: number) => number) {
  const clock = { nowMs: 0, waits: 0 };
  const sent = { count: 0, lastAt: 0, stampMs: 0 };
  const warnings: string[] = [];
  const studio = createStudio({
    link: {
      publish: (adu: OwnAdu, durationMs) => {
        sent.stampMs = adu.timestampMs;
        sent.count += durationMs > 0 ? 1 : 0;
        sent.lastAt = clock.nowMs;
      },
      room: () => Promise.resolve(),
    },
    journal: createJournal(() => undefined),
    onWarning: (text) => warnings.push(text),
    signal: new AbortController().signal,
    clock: {
      now: () => clock.nowMs,
      pause: async (ms) => {
        if (ms > 0) clock.nowMs += ms + lateMs(clock.waits++);
      },
    },
  });
  return { studio, clock, sent, warnings };
}

describe('A studio', () => {
  test.each([0, 1, 40])('sends no frame before it is due, with waits %i ms late', async (ms) => {
    const { studio, sent } = open(() => ms);
    for (let index = 0; index < 1000; index++) {
      await studio(FRAME);
      const earlyMs = index * FRAME_MS - sent.lastAt;
      // The studio takes a wait that would be over within 2 ms as over: Node's timers fire early.
      expect(earlyMs).toBeLessThanOrEqual(LEAD_MS + TOGETHER_MS + 2);
    }
    expect(sent.count).toBe(1000);
  });

  test('drifts by less than 1 ms in a day, though each of its waits ends late', async () => {
    const { studio, clock, sent, warnings } = open(
      (waits) => (waits % 16) + (waits % 997 ? 0 : 700),
    );
    const frame = { ...FRAME, durationMs: LONG_FRAME_MS };
    const frames = DAY_MS / LONG_FRAME_MS;
    const bestOfHoursMs: number[] = [];
    let bestMs = Number.POSITIVE_INFINITY;
    for (let index = 0; index < frames; index++) {
      await studio(frame);
      // Single waits end late, but the best frame of each hour keeps to the clock.
      bestMs = Math.min(bestMs, clock.nowMs - index * LONG_FRAME_MS + LEAD_MS);
      if (index % FRAMES_PER_HOUR === FRAMES_PER_HOUR - 1) {
        bestOfHoursMs.push(bestMs);
        bestMs = Number.POSITIVE_INFINITY;
      }
    }
    const [first = 0, ...later] = bestOfHoursMs.slice(1); // The lead is gained in the first hour.
    expect(later).toHaveLength(22);
    for (const hourMs of later) expect(Math.abs(hourMs - first)).toBeLessThan(1);
    expect(sent.count).toBe(frames);
    expect(warnings).toEqual([]);
    // The last one is late by no more than one wait.
    expect(Math.abs(sent.lastAt - (frames - 1) * LONG_FRAME_MS + LEAD_MS)).toBeLessThan(16 + 700);
  });

  test('goes on in real time after the clock has jumped, as when a laptop was suspended', async () => {
    const { studio, clock, sent, warnings } = open(() => 0);
    for (let index = 0; index < 100; index++) await studio(FRAME);
    clock.nowMs += 8 * 3_600_000;
    const wokeAt = clock.nowMs;
    for (let index = 0; index < 100; index++) await studio(FRAME);
    expect(clock.nowMs - wokeAt).toBeGreaterThan(99 * FRAME_MS - LEAD_MS - TOGETHER_MS);
    expect(clock.nowMs - wokeAt).toBeLessThan(100 * FRAME_MS);
    expect(sent.count).toBe(200);
    expect(warnings).toEqual([expect.stringContaining('more than 2 s late')]);
  });

  test('stamps frames with a time that does not jump when the time of day is set', async () => {
    const { studio, sent } = open(() => 0);
    for (const offsetMs of [-3_600_000, 3_600_000]) {
      await studio(FRAME);
      const { stampMs } = sent;
      const today = vi.spyOn(Date, 'now').mockReturnValue(Date.now() + offsetMs);
      await studio(FRAME);
      today.mockRestore();
      expect(sent.stampMs).toBeGreaterThanOrEqual(stampMs);
      expect(sent.stampMs - stampMs).toBeLessThan(60_000);
    }
  });

  test('warns once a minute that its input is slower than real time', async () => {
    const { studio, clock, warnings } = open(() => 0);
    for (let index = 0; index < 20_000; index++) {
      clock.nowMs += 2 * FRAME_MS;
      await studio(FRAME);
    }
    const minutes = (20_000 * 2 * FRAME_MS) / 60_000;
    expect(warnings.length).toBeGreaterThan(minutes - 2);
    expect(warnings.length).toBeLessThanOrEqual(minutes + 1);
  });
});
