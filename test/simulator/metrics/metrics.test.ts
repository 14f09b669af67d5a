import { describe, expect, test } from 'vitest';
import type { GossamerEvent } from '../../../src/gossamer/core/effects.js';
import type { Address, Member, NodeId } from '../../../src/gossamer/core/node.js';
import { measureCost, overlayDistances } from '../../../src/simulator/metrics/cost-ratio.js';
import {
  createDiscoveryProgress,
  lastOf,
} from '../../../src/simulator/metrics/discovery-progress.js';
import { measureStress } from '../../../src/simulator/metrics/link-stress.js';
import { createReception, type Reception } from '../../../src/simulator/metrics/reception.js';
import { createStabilisation } from '../../../src/simulator/metrics/stabilisation.js';
import { statisticsOf, studentT } from '../../../src/simulator/metrics/statistics.js';
import { pathLengths, starHops, type Tree, treeHops } from '../../../src/simulator/metrics/tree.js';
import { createGraph } from '../../../src/simulator/topology/graph.js';
import type { SimulatedScx } from '../../../src/simulator/world/simulated-scx.js';
import { aduOf } from '../../gossamer/support.js';

/** SCXs on a line, 10 ms from one to the next. */
const onLine = (from: number, to: number): number => 10 * Math.abs(from - to);

const chain: Tree = { source: 0, parents: [undefined, 0, 1, 2] };

const costOf = (tree: Tree, delayMs = onLine) =>
  measureCost(tree, delayMs, overlayDistances(tree.parents.length, tree.source, delayMs));

describe('Path lengths', () => {
  test('add up along the tree', () => {
    expect(pathLengths(chain, onLine)).toEqual([0, 10, 20, 30]);
    const detour: Tree = { source: 1, parents: [3, undefined, 1, 2] };
    expect(pathLengths(detour, onLine)).toEqual([50, 0, 10, 20]);
  });

  test('are undefined for an SCX without a parent, and for all below it', () => {
    const cut: Tree = { source: 0, parents: [undefined, 0, undefined, 2] };
    expect(pathLengths(cut, onLine)).toEqual([0, 10, undefined, undefined]);
  });

  test('are undefined in a loop, and for all below it', () => {
    const loop: Tree = { source: 0, parents: [undefined, 3, 1, 2, 3, 0] };
    const lengths = [0, undefined, undefined, undefined, undefined, 50];
    expect(pathLengths(loop, onLine)).toEqual(lengths);
  });
});

describe('The cost ratio', () => {
  test('is 1 for the star and for a chain on a line', () => {
    expect(costOf({ source: 0, parents: [undefined, 0, 0, 0] })).toMatchObject({ ratio: 1 });
    expect(costOf(chain)).toMatchObject({ costMs: 60, starMs: 60, ratio: 1, longestMs: 30 });
  });

  test('is the sum of path lengths over the sum of direct distances', () => {
    // 0 -> 3 -> 2 and 1: 30, then 10 and 20 more.
    const cost = costOf({ source: 0, parents: [undefined, 3, 3, 0] });
    expect(cost).toMatchObject({ costMs: 120, starMs: 60, ratio: 2, longestMs: 50 });
  });

  test('leaves SCXs without a route out of both sums, and names them', () => {
    const cost = costOf({ source: 0, parents: [undefined, 0, undefined, 2] });
    expect(cost).toMatchObject({ costMs: 10, starMs: 10, unreached: [2, 3] });
    expect(costOf({ source: 0, parents: [undefined, undefined] }).ratio).toBeNaN();
  });

  test('may be below 1 where the triangle inequality fails; over overlay paths it is not', () => {
    const detourIsFaster = (a: number, b: number): number => (a + b === 2 && a !== b ? 100 : 10);
    const cost = costOf({ source: 0, parents: [undefined, 0, 1] }, detourIsFaster);
    expect(cost).toMatchObject({ costMs: 30, starMs: 110, overlayRatio: 1 });
    const star = costOf({ source: 0, parents: [undefined, 0, 0] }, detourIsFaster);
    expect(star.overlayRatio).toBeCloseTo(110 / 30);
  });
});

describe('Link stress', () => {
  // Node 0 is a router; 1 to 4 are attached to it.
  const hub = createGraph(
    5,
    [1, 2, 3, 4].map((to) => ({ from: 0, to, length: 1 })),
  );
  const places = [1, 2, 3, 4];

  test('counts every copy of the star on the link next to the source', () => {
    const stress = measureStress(hub, places, starHops(chain));
    expect(stress).toEqual({
      worst: 3,
      histogram: [
        { copies: 1, links: 3 },
        { copies: 3, links: 1 },
      ],
    });
  });

  test('counts a relayed copy once in and once out', () => {
    const stress = measureStress(hub, places, treeHops(chain));
    expect(stress).toEqual({
      worst: 2,
      histogram: [
        { copies: 1, links: 2 },
        { copies: 2, links: 2 },
      ],
    });
  });
});

describe('Stabilisation', () => {
  const scx = {} as SimulatedScx;
  const member: Member = {
    id: '0' as NodeId,
    address: 'a:1' as Address,
    incarnation: 1,
    rendezvous: false,
  };
  const up: GossamerEvent = { kind: 'edgeUp', member, ours: true };
  const down: GossamerEvent = { kind: 'edgeDown', member, reason: 'replaced' };

  test('is the last change before 100 s without one', () => {
    const mesh = createStabilisation();
    for (const [instant, event] of [
      [1000, up],
      [90_000, down],
      [150_000, up],
    ] as const) {
      mesh.onEvent?.(scx, event, instant);
    }
    expect(mesh.changes).toBe(3);
    expect(mesh.stableSince(249_999)).toBeUndefined();
    expect(mesh.stableSince(250_000)).toBe(150_000);
    expect([mesh.isQuiet(249_999), mesh.isQuiet(250_000)]).toEqual([false, true]);
    expect(createStabilisation().isQuiet(250_000)).toBe(false);
  });

  test('stays the same when there are changes later', () => {
    const mesh = createStabilisation();
    mesh.onEvent?.(scx, up, 1000);
    mesh.onEvent?.(scx, up, 101_000);
    expect(mesh.stableSince(102_000)).toBe(1000);
  });

  test('counts edges only', () => {
    const mesh = createStabilisation();
    mesh.onEvent?.(scx, { kind: 'memberFailed', member }, 1000);
    expect(mesh.changes).toBe(0);
  });
});

describe('Discovery progress', () => {
  test('is when each SCX first knew 90% and all of the others', () => {
    const progress = createDiscoveryProgress(11);
    progress.see(0, 8, 100);
    progress.see(0, 9, 200);
    progress.see(0, 10, 300);
    progress.see(0, 10, 400);
    expect(progress.instantsMs(0.9)[0]).toBe(200);
    expect(progress.instantsMs(1)[0]).toBe(300);
    expect(lastOf(progress.instantsMs(1))).toBeUndefined();
    for (let scx = 1; scx < 11; scx++) progress.see(scx, 10, 500 + scx);
    expect(progress.isComplete).toBe(true);
    expect(lastOf(progress.instantsMs(1))).toBe(510);
  });

  test('is complete when each SCX knows the most members that it may keep', () => {
    const progress = createDiscoveryProgress(11, 5);
    for (let scx = 0; scx < 11; scx++) progress.see(scx, 5, 100);
    expect(progress.isComplete).toBe(true);
  });
});

describe('Reception', () => {
  const deliver = (reception: Reception, index: number, sequence: number, now: number): void => {
    const adu = aduOf(sequence, { timestampMs: 1000 * sequence });
    reception.onDeliver?.({ index } as SimulatedScx, adu, now);
  };

  test('is complete when each SCX gets everything that was published since it joined', () => {
    const reception = createReception([0, 1500], 20_000);
    for (let sequence = 0; sequence < 20; sequence++) {
      deliver(reception, 0, sequence, 1000 * sequence);
      if (sequence >= 2) deliver(reception, 1, sequence, 1000 * sequence + 40);
    }
    expect(reception.report()).toEqual({
      // ADUs 0 to 15, and 2 to 15: those of the last 5 s may be in transit.
      owed: 16 + 14,
      missed: 0,
      incomplete: 0,
      firstMs: { mean: 270, longest: 540 },
      delayMs: (18 * 40) / 38,
    });
  });

  test('misses ADUs from before the first subscription, and ADUs that were given up', () => {
    const reception = createReception([0, 1500], 20_000);
    for (let sequence = 0; sequence < 20; sequence++) {
      deliver(reception, 0, sequence, 1000 * sequence);
      if (sequence >= 4 && sequence !== 9) deliver(reception, 1, sequence, 1000 * sequence);
    }
    expect(reception.report()).toMatchObject({ owed: 30, missed: 3, incomplete: 1 });
  });

  test('does not count the time before the first ADU', () => {
    const reception = createReception([0, 0], 20_000);
    deliver(reception, 0, 9, 9000);
    deliver(reception, 1, 9, 9400);
    expect(reception.report().firstMs).toEqual({ mean: 200, longest: 400 });
  });

  test('has no time for SCXs without an ADU, and refuses an ADU delivered twice', () => {
    const reception = createReception([0, 1500], 20_000);
    deliver(reception, 0, 3, 3000);
    expect(reception.report().firstMs).toBeNull();
    expect(() => deliver(reception, 0, 3, 3001)).toThrow(/delivered ADU 3 after 3/);
  });
});

describe('Statistics', () => {
  test('have mean, extremes and the 95% confidence interval by Student', () => {
    const { mean, confidence, min, max } = statisticsOf([2, 4, 4, 4, 5, 5, 7, 9]);
    expect([mean, min, max]).toEqual([5, 2, 9]);
    // s = sqrt(32 / 7), t(7) = 2.365.
    expect(confidence).toBeCloseTo((2.365 * Math.sqrt(32 / 7)) / Math.sqrt(8), 10);
  });

  test('have no interval for one value, and no mean without values', () => {
    expect(statisticsOf([3])).toMatchObject({ mean: 3, min: 3, max: 3, confidence: Number.NaN });
    expect(statisticsOf([]).mean).toBeNaN();
  });

  test('know the quantiles beyond the table', () => {
    expect(studentT(24)).toBe(2.064);
    expect(studentT(40)).toBeCloseTo(2.021, 3);
    expect(studentT(100)).toBeCloseTo(1.984, 3);
    expect(studentT(31)).toBeLessThan(studentT(30));
  });
});
