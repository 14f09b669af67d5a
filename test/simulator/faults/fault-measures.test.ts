import { describe, expect, test } from 'vitest';
import type { SourceId } from '../../../src/gossamer/core/node.js';
import {
  countDuplicates,
  longestPauseMs,
  type Reception,
  recoveryMs,
  spreadOf,
  tally,
} from '../../../src/simulator/faults/delivery-log.js';
import { type FaultRecord, measureFaults } from '../../../src/simulator/faults/fault-report.js';
import type { FaultEvent } from '../../../src/simulator/faults/scenario.js';

const SOURCE = 'a' as SourceId;

/** Published each 100 ms from 0 on. */
const PUBLISHED = Array.from({ length: 100 }, (_, sequence) => 100 * sequence);

/** Pairs of a number and the instant of its delivery, ms. */
const receptionOf = (scx: number, ...given: (readonly [number, number])[]): Reception => ({
  scx,
  source: SOURCE,
  sequences: given.map(([sequence]) => sequence),
  instantsMs: given.map(([, instant]) => instant),
});

/** Numbers from one up to another, each 50 ms after it was published. */
const steady = (from: number, to: number): (readonly [number, number])[] =>
  Array.from({ length: to - from + 1 }, (_, index) => [from + index, 100 * (from + index) + 50]);

describe('Recovery', () => {
  test('counts from the fault to the first ADU that was published after it', () => {
    const late = receptionOf(1, ...steady(0, 19), [20, 2900], [21, 2901], [29, 2950]);
    expect(recoveryMs(late, PUBLISHED, 2050)).toBe(2901 - 2050);
    expect(recoveryMs(late, PUBLISHED, 2000)).toBe(2900 - 2000);
  });

  test('of an SCX that noticed nothing is the delay of its path', () => {
    expect(recoveryMs(receptionOf(1, ...steady(0, 50)), PUBLISHED, 2000)).toBe(50);
  });

  test('is never, when only old ADUs come', () => {
    expect(recoveryMs(receptionOf(1, [3, 9000]), PUBLISHED, 2000)).toBeNull();
  });
});

describe('The longest pause', () => {
  test('lies between two deliveries, or before the first, or after the last', () => {
    const reception = receptionOf(1, [1, 150], [2, 250], [3, 1000], [4, 1050]);
    expect(longestPauseMs(reception, 0, 1100)).toBe(750);
    expect(longestPauseMs(reception, 300, 1100)).toBe(700);
    expect(longestPauseMs(reception, 1000, 3000)).toBe(1950);
    expect(longestPauseMs(receptionOf(1), 0, 500)).toBe(500);
  });
});

describe('What is due', () => {
  test('begins with the first ADU that was given and ends with what is published in time', () => {
    const reception = receptionOf(1, [10, 0], [11, 0], [13, 0], [16, 0]);
    expect(tally(reception, PUBLISHED, 1500, [])).toEqual({ due: 5, missed: 2 });
    expect(tally(reception, PUBLISHED, 1700, [])).toEqual({ due: 7, missed: 3 });
  });

  test('leaves out what was published while the SCX was out of reach', () => {
    const reception = receptionOf(1, [10, 0], [13, 0]);
    expect(tally(reception, PUBLISHED, 1500, [[1100, 1200]])).toEqual({ due: 4, missed: 2 });
  });

  test('is nothing for an SCX that was given nothing', () => {
    expect(tally(receptionOf(1), PUBLISHED, 9000, [])).toEqual({ due: 0, missed: 0 });
  });
});

describe('Duplicates and spreads', () => {
  test('are counted and ranked', () => {
    expect(countDuplicates(receptionOf(1, [1, 0], [2, 0], [1, 0], [1, 0]))).toBe(2);
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(spreadOf(values)).toEqual({ count: 200, p50: 100, p99: 198, max: 200 });
    expect(spreadOf([])).toBeNull();
  });
});

describe('A report of faults', () => {
  /** SCX 0 is the source; the faults begin at 2000 ms and the run ends at 10,000. */
  const recordOf = (more: Partial<FaultRecord>): FaultRecord => ({
    drawn: { seed: 1, places: [], joinInstantsMs: [0, 0, 0, 0], sources: [0] },
    scenario: { kind: 'crash', share: 0.25 },
    events: [{ atMs: 2000, what: 'crash', scxs: [3] }],
    traceHash: '',
    broken: null,
    ...{ settleMs: 2000, toMs: 2000, endMs: 10_000 },
    sources: new Map([[SOURCE, 0]]),
    reached: new Set([0, 1, 2]),
    receptions: [receptionOf(0, ...steady(0, 99))],
    published: () => PUBLISHED,
    titles: undefined,
    wholeAgain: { tree: null, mesh: null, heartbeat: null },
    healingBoundMs: 1,
    ...more,
  });
  const origin = receptionOf(0, ...steady(0, 99));

  test('tells of the survivors, not of the source nor of the dead', () => {
    const report = measureFaults(
      recordOf({
        receptions: [
          origin,
          receptionOf(1, ...steady(0, 99)),
          receptionOf(2, ...steady(0, 19), ...steady(30, 99)),
          receptionOf(3, ...steady(0, 15)),
        ],
      }),
    );
    expect(report.survivors).toBe(3);
    expect(report.recoveryMs).toEqual({ count: 2, p50: 50, p99: 1050, max: 1050 });
    expect(report.pauseMs?.max).toBe(1050);
    // Ninety each until a second before the end; of the dead one's, ten until a second before its own.
    expect(report.delivery).toEqual({ due: 90 + 90 + 10, missed: 10 });
    expect(report).toMatchObject({ severed: 0, neverRecovered: 0, duplicates: 0, sides: [] });
  });

  test('tells survivors whom the mesh reached and who never recovered from those it did not', () => {
    const receptions = [origin, receptionOf(1, ...steady(0, 19)), receptionOf(2, ...steady(0, 19))];
    const report = measureFaults(recordOf({ receptions, reached: new Set([0, 1]) }));
    expect(report).toMatchObject({ severed: 1, neverRecovered: 1, recoveryMs: null });
  });

  test('of a partition counts from its end, by side, and asks for nothing from across', () => {
    const events: FaultEvent[] = [
      { atMs: 2000, what: 'cut', scxs: [2, 3] },
      { atMs: 6000, what: 'heal', scxs: [2, 3] },
    ];
    const report = measureFaults(
      recordOf({
        ...{ scenario: { kind: 'partition', forMs: 4000 }, events, toMs: 6000 },
        receptions: [
          origin,
          receptionOf(1, ...steady(0, 99)),
          receptionOf(2, ...steady(0, 18), [50, 7000], ...steady(70, 99)),
        ],
      }),
    );
    const [near, far] = report.sides;
    expect(near).toMatchObject({ scxs: 2, sources: 1, givenPercent: 100 });
    expect(far).toMatchObject({ scxs: 1, sources: 0, givenPercent: 100 / 40 });
    expect(far?.recoveryMs?.max).toBe(1050);
    // SCX 1: 90; SCX 2: those before 1000 ms, and from 6000 ms on.
    expect(report.delivery).toEqual({ due: 90 + 10 + 30, missed: 10 });
  });
});
