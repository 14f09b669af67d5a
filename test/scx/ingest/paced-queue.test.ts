import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { FramerEvent } from '../../../src/mp3/frames/framer.js';
import { createPacedQueue } from '../../../src/scx/ingest/paced-queue.js';

/** An event that only has a number; of `kind`, as the pace concerns frames only. */
const event = (number: number, kind: 'frame' | 'junk' = 'frame'): FramerEvent =>
  ({ kind, bytes: number }) as unknown as FramerEvent;

/** A queue whose pace is set by the test. */
function open() {
  const seen: string[] = [];
  const state = { waitMs: 0, isOver: false };
  const queue = createPacedQueue({
    pace: { waitMs: () => state.waitMs, add: () => undefined, isSlow: () => false },
    now: () => 0,
    take: (taken) => void seen.push(`${(taken as { bytes?: unknown }).bytes}`),
    isOver: () => state.isOver,
    onHold: () => void seen.push('hold'),
    onEmpty: () => void seen.push('empty'),
  });
  return { queue, seen, state };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('A paced queue', () => {
  test('passes on everything at once while nothing is ahead of time', () => {
    const { queue, seen } = open();
    queue.push([event(1), event(2)]);
    queue.pump();
    expect(seen).toEqual(['1', '2', 'empty']);
    expect(queue.isHolding).toBe(false);
  });

  test.each([
    ['its time', 700, 700],
    ['100 ms', 3, 100],
  ])('holds a frame for %s, and everything behind it', (_what, waitMs, heldMs) => {
    const { queue, seen, state } = open();
    state.waitMs = waitMs;
    queue.push([event(1, 'junk'), event(2), event(3, 'junk')]);
    queue.pump();
    expect(seen).toEqual(['1', 'hold']);
    state.waitMs = 0;
    queue.pump();
    vi.advanceTimersByTime(heldMs - 1);
    expect([seen.length, queue.isHolding]).toEqual([2, true]);
    vi.advanceTimersByTime(1);
    expect(seen.slice(2)).toEqual(['2', '3', 'empty']);
    expect(queue.isHolding).toBe(false);
  });

  test('takes nothing more when the stream is over', () => {
    const { queue, seen, state } = open();
    state.waitMs = 1;
    queue.push([event(1)]);
    queue.pump();
    queue.stop();
    state.isOver = true;
    vi.advanceTimersByTime(1000);
    queue.pump();
    expect(seen).toEqual(['hold']);
  });
});
