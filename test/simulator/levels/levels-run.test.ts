import { describe, expect, test } from 'vitest';
import { TWO_LEVELS } from '../../../src/gossamer/levels/level-config.js';
import { createRng } from '../../../src/lib/rng.js';
import { runLevels } from '../../../src/simulator/levels/levels-run.js';
import { drawTransitStub, TS1000N } from '../../../src/simulator/topology/transit-stub.js';

const SCXS = 48;

/** Neighbourhoods of a quarter of the usual size, so that a small session has several. */
const config = {
  ...TWO_LEVELS,
  founders: 1 / 10,
  membersFull: 16,
  membersMax: 20,
  membersMin: 4,
};

const small = { ...TS1000N, transitNodes: 2, stubs: 2, stubNodes: 12 };
const drawn = drawTransitStub(small, createRng(1).fork('topology'));
if (!drawn.ok) throw new Error(drawn.problems.join('; '));
const topology = { kind: 'graph', graph: drawn.value.graph } as const;

/** Played once for all tests. */
const report = runLevels({
  ...{ topology, seed: 2, scxs: SCXS, levels: 2, config },
  ...{ untilMs: 40_000, frameMs: 500, deaths: 1 },
});

describe('A session with two levels', () => {
  test('brings every frame to every SCX once, although SCXs move between neighbourhoods', () => {
    expect(report.wholeMs).toBeLessThan(20_000);
    expect(report.missed).toBe(0);
    expect(report.repeated).toBe(0);
    expect(report.moves).toBeGreaterThan(0);
  });

  test('forms neighbourhoods of a bounded size, each with its representatives', () => {
    const { neighbourhoods, representatives } = report;
    expect(neighbourhoods.length).toBeGreaterThan(1);
    expect(neighbourhoods.reduce((sum, members) => sum + members, 0)).toBe(SCXS);
    expect(Math.max(...neighbourhoods)).toBeLessThanOrEqual(config.membersMax);
    expect(representatives).toBeGreaterThanOrEqual(neighbourhoods.length);
  });

  test('lets an SCX know only a part of the others', () => {
    expect(report.known).toBeLessThan(SCXS - 1);
  });

  test('loses no frame when representatives die', () => {
    expect(report.missedAfterDeaths).toBe(0);
  });
});
