import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAST, type GossamerConfig } from '../../../../src/gossamer/core/config.js';
import type { Adu } from '../../../../src/gossamer/core/node.js';
import {
  createStream,
  type Progress,
} from '../../../../src/gossamer/distribution/stream/stream.js';
import { aduOf } from '../../support.js';

const streamOf = (changes: Partial<GossamerConfig> = {}) => createStream({ ...FAST, ...changes });

const numbers = ({ delivered }: Progress): number[] => delivered.map((adu) => adu.sequence);

/** Feeds ADUs and gathers what is delivered. */
const acceptAll = (stream: ReturnType<typeof streamOf>, sequences: readonly number[]): number[] =>
  sequences.flatMap((sequence) => numbers(stream.accept(aduOf(sequence), 0)));

describe('A stream', () => {
  test('begins with the first ADU that it gets', () => {
    const stream = streamOf();
    expect(stream.next()).toBeUndefined();
    expect(acceptAll(stream, [40, 41])).toEqual([40, 41]);
    expect(stream.next()).toBe(42);
  });

  test('begins at the given number, if it has not begun', () => {
    const stream = streamOf();
    stream.begin(10);
    stream.begin(5);
    expect(acceptAll(stream, [12, 11, 10])).toEqual([10, 11, 12]);
    expect(stream.next()).toBe(13);
  });

  test('delivers in order, what comes early when the hole before it is filled', () => {
    const stream = streamOf();
    expect(acceptAll(stream, [0, 2, 4, 3])).toEqual([0]);
    expect(acceptAll(stream, [1])).toEqual([1, 2, 3, 4]);
  });

  test('knows what it has had, early ones included', () => {
    const stream = streamOf();
    acceptAll(stream, [0, 2]);
    expect([0, 1, 2, 3].map((sequence) => stream.isDuplicate(aduOf(sequence)))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(acceptAll(stream, [0, 2])).toEqual([]);
  });

  test('says since when a hole waits; progress starts the clock anew', () => {
    const stream = streamOf();
    stream.accept(aduOf(0), 0);
    expect(stream.holeSince()).toBeUndefined();
    stream.accept(aduOf(3), 100);
    stream.accept(aduOf(5), 200);
    expect(stream.holeSince()).toBe(100);
    stream.accept(aduOf(1), 300);
    expect(stream.holeSince()).toBe(300);
    stream.accept(aduOf(2), 400);
    expect(stream.holeSince()).toBe(400);
    stream.accept(aduOf(4), 500);
    expect(stream.holeSince()).toBeUndefined();
  });

  test('gives up a hole, counts what is missing, and continues after it', () => {
    const stream = streamOf();
    acceptAll(stream, [0, 3, 4, 7]);
    const first = stream.skipHole(1);
    expect([first.missed, ...numbers(first)]).toEqual([2, 3, 4]);
    const second = stream.skipHole(2);
    expect([second.missed, ...numbers(second)]).toEqual([2, 7]);
    expect(stream.skipHole(3)).toEqual({ missed: 0, delivered: [] });
  });

  test('skips to a number and delivers early ADUs on the way', () => {
    const stream = streamOf();
    acceptAll(stream, [0, 3, 6, 10, 11]);
    const progress = stream.skipTo(10, 0);
    expect([progress.missed, ...numbers(progress)]).toEqual([7, 3, 6, 10, 11]);
    expect(stream.next()).toBe(12);
    expect(stream.skipTo(5, 0)).toEqual({ missed: 0, delivered: [] });
  });

  test('skips nowhere before it has begun', () => {
    const stream = streamOf();
    expect(stream.skipTo(50, 0)).toEqual({ missed: 0, delivered: [] });
    expect(stream.next()).toBeUndefined();
  });

  test('keeps the last seconds', () => {
    const stream = streamOf({ cacheMs: 1000 });
    for (let sequence = 0; sequence < 100; sequence++) stream.accept(aduOf(sequence), 0);
    // 99 was published at 2574 ms, 60 at 1560 ms, 61 at 1586 ms.
    expect(stream.get(60)).toBeUndefined();
    expect(stream.get(61)?.sequence).toBe(61);
    expect(stream.keptFrom(10)).toBe(61);
    expect(stream.keptFrom(70)).toBe(70);
    expect(stream.keptFrom(100)).toBe(100);
  });

  test('keeps no more than its bytes, empty ADUs counted', () => {
    for (const size of [0, 900]) {
      const stream = streamOf({ cacheBytesMax: 10_000 });
      const payload = new Uint8Array(size);
      for (let sequence = 0; sequence < 5000; sequence++) {
        stream.accept(aduOf(sequence, { payload, timestampMs: 7 }), 0);
      }
      expect(5000 - stream.keptFrom(0)).toBe(10_000 / (size + 100));
    }
  });

  test('keeps the last ADU however old or large it is', () => {
    const stream = streamOf({ cacheBytesMax: 50 });
    stream.accept(aduOf(0), 0);
    expect(stream.get(0)).toBeDefined();
    expect(stream.recentStart()).toBe(0);
  });

  test('holds no more early ADUs than its bounds, in number and in bytes', () => {
    const stream = streamOf();
    const early = Array.from({ length: 1024 }, (_, index) => index + 2);
    expect(acceptAll(stream, [0, ...early])).toEqual([0]);
    expect(acceptAll(stream, [1026])).toEqual([...early, 1026]);
    const heavy = streamOf({ cacheBytesMax: 1000 });
    expect(acceptAll(heavy, [0, 2, 3, 4, 5, 6])).toEqual([0]);
    expect(acceptAll(heavy, [7])).toEqual([2, 3, 4, 5, 6, 7]);
  });

  test('lets a newcomer begin with the recent ADUs, or at least the last', () => {
    const stream = streamOf({ recentMs: 1000 });
    expect(stream.recentStart()).toBeUndefined();
    for (let sequence = 0; sequence < 100; sequence++) stream.accept(aduOf(sequence), 0);
    expect(stream.recentStart()).toBe(61);
    const quiet = streamOf({ recentMs: 1000 });
    quiet.accept(aduOf(0), 0);
    quiet.accept(aduOf(1, { timestampMs: 1e9 }), 0);
    expect(quiet.recentStart()).toBe(1);
  });

  test('delivers each number once, in order, and counts every hole, whatever comes', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.record({ accept: fc.nat(60) }) },
      fc.record({ skipTo: fc.nat(60) }),
      fc.constant('hole' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const stream = streamOf();
        const delivered: Adu[] = [];
        let missed = 0;
        for (const what of steps) {
          const progress =
            what === 'hole'
              ? stream.skipHole(0)
              : 'accept' in what
                ? stream.accept(aduOf(what.accept), 0)
                : stream.skipTo(what.skipTo, 0);
          delivered.push(...progress.delivered);
          missed += progress.missed;
        }
        const first = delivered[0]?.sequence;
        const sequences = delivered.map((adu) => adu.sequence);
        expect(sequences).toEqual([...new Set(sequences)].toSorted((a, b) => a - b));
        if (first !== undefined) expect(stream.next()! - first).toBe(delivered.length + missed);
      }),
      { numRuns: 300, seed: 3 },
    );
  });
});
