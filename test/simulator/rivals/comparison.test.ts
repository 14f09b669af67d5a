/**
 * Every protocol of a comparison serves a small session and heals it: everybody gets every packet,
 * and survivors of a crash go on. All of them play the same draw.
 */
import { describe, expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import { createRng } from '../../../src/lib/rng.js';
import { type ComparisonReport, compare } from '../../../src/simulator/rivals/comparison.js';
import { comparisonMeans } from '../../../src/simulator/rivals/comparison-means.js';
import { PROTOCOLS, type ProtocolName } from '../../../src/simulator/rivals/protocols.js';
import { drawTransitStub, TS1000N } from '../../../src/simulator/topology/transit-stub.js';
import { goodOf } from '../fixtures.js';

const SCXS = 12;
const { graph } = goodOf(drawTransitStub(TS1000N, createRng(7), SCXS));

/** A share below half a node kills none. */
const play = (protocol: ProtocolName, share: number): ComparisonReport =>
  compare({
    ...{ protocol, seed: 7, scxs: SCXS, sources: 1, config: FAST, adusPerSecond: 2 },
    ...{ topology: { kind: 'graph', graph }, fault: { kind: 'crash', share } },
    ...{ settleMs: 90_000, watchMs: 120_000 },
  });

const calmRuns = new Map(PROTOCOLS.map((protocol) => [protocol, play(protocol, 0.01)]));
const crashRuns = new Map(PROTOCOLS.map((protocol) => [protocol, play(protocol, 0.2)]));

describe.each(PROTOCOLS)('%s', (protocol) => {
  const calm = calmRuns.get(protocol) as ComparisonReport;
  const crashed = crashRuns.get(protocol) as ComparisonReport;

  test('gives everybody every packet, over a tree', () => {
    expect(calm.victims).toEqual([]);
    expect(calm.receivedPercent).toBe(100);
    expect(calm.trees).toMatchObject([{ unreached: [] }]);
    expect(calm.settledMs).not.toBeNull();
    expect(calm.copies).toBeGreaterThanOrEqual(1);
    expect(calm.copies).toBeLessThan(1.5);
    expect(calm.controlBytesPerSecond).toBeGreaterThan(0);
  });

  test('serves all survivors of a crash again', () => {
    expect(crashed.victims).toHaveLength(2);
    expect(crashed.lost).toBe(0);
    expect(crashed.receivedPercent).toBeGreaterThan(50);
  });
});

test.each(PROTOCOLS.slice(1))('%s plays the same run for the same seed', (protocol) => {
  expect(play(protocol, 0.2)).toEqual(crashRuns.get(protocol));
});

test('All protocols play the same draw with the same victims', () => {
  const reports = [...crashRuns.values()];
  for (const { drawn, victims } of reports) {
    expect({ drawn, victims }).toEqual({ drawn: reports[0]?.drawn, victims: reports[0]?.victims });
  }
});

test('The measures of a comparison are means over the runs that have a value', () => {
  const report = crashRuns.get('gossamer') as ComparisonReport;
  const never = { ...report, settledMs: null, copies: 3 };
  const means = comparisonMeans([{ ...report, settledMs: 10_000, copies: 1 }, never]);
  const named = Object.fromEntries(means.map(({ name, value }) => [name, value]));
  expect(named).toMatchObject({ 'settled after, s': 10, 'transmissions per delivery': 2 });
});
