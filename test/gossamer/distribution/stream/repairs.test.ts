import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FAST } from '../../../../src/gossamer/core/config.js';
import { createRepairs, RANGES_MAX } from '../../../../src/gossamer/distribution/stream/repairs.js';
import { createStream } from '../../../../src/gossamer/distribution/stream/stream.js';
import { createRng } from '../../../../src/lib/rng.js';
import { aduOf } from '../../support.js';

const TIMEOUT_MS = 1500;
const NEVER = Number.POSITIVE_INFINITY;

function create(arrived: readonly number[] = [0]) {
  const repairs = createRepairs(TIMEOUT_MS, createRng(1));
  for (const sequence of arrived) repairs.onArrived(sequence, 0);
  return repairs;
}

describe('Repairs', () => {
  test('miss nothing while numbers follow each other', () => {
    const repairs = create([5, 6, 7]);
    expect(repairs.askAt()).toBe(NEVER);
    expect(repairs.giveUpAt()).toBe(NEVER);
  });

  test('ask for a gap in one range, after a little while', () => {
    const repairs = create([0, 4, 6]);
    expect(repairs.askAt()).toBeGreaterThan(0);
    expect(repairs.ask(repairs.askAt() - 0.1)).toEqual([]);
    expect(repairs.ask(16)).toEqual([
      { from: 1, count: 3 },
      { from: 5, count: 1 },
    ]);
  });

  test('do not ask for what was only late', () => {
    const repairs = create([0, 2]);
    repairs.onArrived(1, 5);
    repairs.settle(3);
    expect(repairs.ask(1000)).toEqual([]);
    expect(repairs.askAt()).toBe(NEVER);
  });

  test('ask again, each time later, while no answer comes', () => {
    const repairs = create([0, 2]);
    const asked: number[] = [];
    for (let now = 0; now < TIMEOUT_MS; now++) if (repairs.ask(now).length > 0) asked.push(now);
    const gaps = asked.slice(1).map((instant, index) => instant - (asked[index] as number));
    expect(asked.length).toBeGreaterThan(2);
    expect(gaps[0]).toBeLessThan(gaps[1] as number);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(551);
  });

  test('ask again soon where answers come soon', () => {
    const repairs = create([0]);
    for (let sequence = 2; sequence < 100; sequence += 2) {
      const now = sequence * 100;
      repairs.onArrived(sequence, now);
      expect(repairs.ask(now + 20)).toEqual([{ from: sequence - 1, count: 1 }]);
      expect(repairs.onArrived(sequence - 1, now + 50)).toBe(true);
    }
    repairs.onArrived(101, 20_000);
    repairs.ask(20_020);
    expect(repairs.askAt() - 20_020).toBeLessThan(60);
  });

  test('give up only what has had its time', () => {
    const repairs = create([0, 2]);
    repairs.onArrived(4, 100);
    expect(repairs.giveUpAt()).toBe(TIMEOUT_MS);
    expect(repairs.lostBefore(TIMEOUT_MS - 1)).toBeUndefined();
    expect(repairs.lostBefore(TIMEOUT_MS)).toBe(2);
    expect(repairs.lostBefore(TIMEOUT_MS + 100)).toBe(4);
  });

  test('give up at once what no upstream has any more, and never ask for it', () => {
    const repairs = create([0]);
    repairs.onLost({ from: 1, count: 2 }, 10);
    repairs.onArrived(3, 11);
    expect(repairs.lostBefore(11)).toBe(3);
    expect(repairs.ask(1000)).toEqual([]);
  });

  test('miss the last ones when told where the stream ends', () => {
    const repairs = create([0, 1]);
    repairs.onHead(4, 10);
    expect(repairs.ask(30)).toEqual([{ from: 2, count: 2 }]);
  });

  test('miss what is lost after a parent that lied about the end has been left', () => {
    const repairs = create([0]);
    repairs.onHead(Number.MAX_SAFE_INTEGER, 1);
    repairs.onLost({ from: Number.MAX_SAFE_INTEGER, count: 65_536 }, 2);
    repairs.settle(1025);
    repairs.onArrived(1025, 2000);
    repairs.onArrived(1027, 2000);
    expect(repairs.ask(2016)).toEqual([{ from: 1026, count: 1 }]);
  });

  test('come to an end where numbers are as high as may be', () => {
    const repairs = create([0]);
    repairs.settle(Number.MAX_SAFE_INTEGER);
    repairs.onLost({ from: Number.MAX_SAFE_INTEGER, count: 65_536 }, 1);
    expect(repairs.lostBefore(1)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  });

  test('stay bounded whatever numbers come', () => {
    const repairs = create([0]);
    for (let sequence = 2; sequence < 200_000; sequence += 2) repairs.onArrived(sequence, 1);
    repairs.onHead(2 ** 50, 1);
    repairs.onLost({ from: 2 ** 51, count: 65_536 }, 1);
    expect(repairs.ask(100)).toHaveLength(RANGES_MAX);
    let all = 0;
    for (let now = 101; now < 400; now++) all += repairs.ask(now).length;
    expect(all).toBeLessThan(1024 * 20);
  });
});

/** A link: what becomes of the n-th datagram. */
const fate = fc.record({
  isLost: fc.boolean(),
  delayMs: fc.integer({ min: 1, max: 120 }),
  isTwice: fc.boolean(),
});

interface Due {
  readonly at: number;
  readonly act: () => void;
}

/** A child with a parent that has all, over a link that does its worst for a while. */
function play(fates: readonly (typeof fate extends fc.Arbitrary<infer F> ? F : never)[]) {
  const stream = createStream(FAST);
  const repairs = createRepairs(TIMEOUT_MS, createRng(1));
  const delivered: number[] = [];
  const givenUp: { sequence: number; waitedMs: number }[] = [];
  const seenAt = new Map<number, number>();
  let queue: Due[] = [];
  let used = 0;
  let now = 0;
  const count = 60;

  const send = (act: () => void): void => {
    const { isLost, delayMs, isTwice } = fates[used++] ?? {
      ...{ isLost: false, delayMs: 10, isTwice: false },
    };
    if (!isLost) queue.push({ at: now + delayMs, act });
    if (isTwice) queue.push({ at: now + 2 * delayMs, act });
  };

  const take = (sequence: number): void => {
    repairs.onArrived(sequence, now);
    for (let lower = 0; lower < sequence; lower++) {
      if (!seenAt.has(lower)) seenAt.set(lower, now);
    }
    seenAt.set(sequence, seenAt.get(sequence) ?? now);
    const progress = stream.accept(aduOf(sequence), now);
    delivered.push(...progress.delivered.map((adu) => adu.sequence));
    repairs.settle(stream.next() as number);
  };

  const giveUp = (): void => {
    const lost = repairs.lostBefore(now);
    if (lost === undefined) return;
    const before = stream.next() as number;
    const progress = stream.skipTo(lost, now);
    const had = new Set(progress.delivered.map((adu) => adu.sequence));
    for (let sequence = before; sequence < lost; sequence++) {
      if (had.has(sequence)) continue;
      givenUp.push({ sequence, waitedMs: now - (seenAt.get(sequence) ?? now) });
    }
    delivered.push(...had);
    repairs.settle(stream.next() as number);
  };

  stream.begin(0);
  repairs.settle(0);
  for (; now < 20_000; now++) {
    const sequence = now / 20;
    if (Number.isInteger(sequence) && sequence < count) send(() => take(sequence));
    if (now === count * 20 + 150) repairs.onHead(count, now);
    for (const { from, count: many } of repairs.ask(now)) {
      for (let each = from; each < from + many; each++) send(() => send(() => take(each)));
    }
    const due = queue.filter(({ at }) => at <= now);
    queue = queue.filter(({ at }) => at > now);
    for (const { act } of due) act();
    giveUp();
  }
  return { delivered, givenUp, count };
}

describe('Over a link that loses, delays and doubles what it likes, a child', () => {
  test('delivers each ADU in order, at most once, and gives up only after the deadline', () => {
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 400 }), (fates) => {
        const { delivered, givenUp, count } = play(fates);
        expect(delivered).toEqual(delivered.toSorted((a, b) => a - b));
        expect(new Set(delivered).size).toBe(delivered.length);
        expect(delivered.length + givenUp.length).toBe(count);
        for (const { waitedMs } of givenUp) expect(waitedMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
      }),
      { numRuns: 60 },
    );
  });

  test('gives up nothing when one in ten is lost', () => {
    const lossy = fc.array(
      fate.map((each) => ({ ...each, isLost: false })),
      { minLength: 600, maxLength: 600 },
    );
    fc.assert(
      fc.property(lossy, fc.integer({ min: 0, max: 9 }), (fates, phase) => {
        const some = fates.map((each, place) => ({ ...each, isLost: place % 10 === phase }));
        const { delivered, count } = play(some);
        expect(delivered).toEqual(Array.from({ length: count }, (_, sequence) => sequence));
      }),
      { numRuns: 40 },
    );
  });
});
