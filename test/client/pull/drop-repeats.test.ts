import { describe, expect, test } from 'vitest';
import { createRepeatFilter } from '../../../src/client/pull/drop-repeats.js';
import type { TrackEvent } from '../../../src/client/track/track.js';

const FRAME_MS = 26;

/** Frame `number` of a file of 128 kbit/s. */
const frame = (number: number): TrackEvent => ({
  ...{ kind: 'frame', durationMs: FRAME_MS, bitrateKbps: 128, lengthMs: undefined },
  bytes: Buffer.alloc(417, `frame ${number} `),
});

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** A filter with a clock, and which of some frames it lets through. */
function start() {
  let now = 0;
  const filter = createRepeatFilter(() => now);
  return {
    filter,
    /** Takes frames `from` to `to`, one each `eachMs`; the numbers of those that pass. */
    take: (from: number, to: number, eachMs: number): number[] => {
      const numbers = new Map(range(from, to).map((number) => [frame(number), number]));
      const bytes = (event: TrackEvent): string => (event.kind === 'frame' ? `${event.bytes}` : '');
      const byBytes = new Map([...numbers].map(([event, number]) => [bytes(event), number]));
      return [...numbers.keys()].flatMap((event) => {
        now += eachMs;
        return filter.take(event).map((passed) => byBytes.get(bytes(passed)) ?? -1);
      });
    },
  };
}

describe('After a reconnect', () => {
  test('the burst is dropped, and what follows is heard', () => {
    const { filter, take } = start();
    filter.onConnected();
    take(0, 3000, FRAME_MS);
    filter.onConnected();
    expect(take(2900, 3100, 0)).toEqual(range(3000, 3100));
  });

  test('the longest burst of an SCX is dropped', () => {
    const { filter, take } = start();
    filter.onConnected();
    take(0, 3000, FRAME_MS);
    filter.onConnected();
    expect(take(3000 - Math.floor(30_000 / FRAME_MS), 3010, 1)).toEqual(range(3000, 3010));
  });

  test('the same file from its beginning is heard at once if more than a burst of it was heard', () => {
    const { filter, take } = start();
    filter.onConnected();
    take(0, 2900, FRAME_MS);
    filter.onConnected();
    const heard = take(0, 1000, FRAME_MS);
    expect(heard).toEqual(range(0, 1000));
  });

  test('the same file from its beginning is silent no longer than a burst takes to arrive', () => {
    const { filter, take } = start();
    filter.onConnected();
    take(0, 1000, FRAME_MS);
    filter.onConnected();
    const heard = take(0, 1000, FRAME_MS);
    const first = heard[0] ?? Number.POSITIVE_INFINITY;
    expect(first * FRAME_MS).toBeLessThanOrEqual(5000 + FRAME_MS);
    expect(heard).toEqual(range(first, 1000));
  });
});
