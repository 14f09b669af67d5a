import { describe, expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import { healingBoundMs } from '../../../src/gossamer/leaves/healing.js';
import { createDeliveryLog } from '../../../src/simulator/faults/delivery-log.js';
import type { FaultReport } from '../../../src/simulator/faults/fault-report.js';
import { type FaultOptions, runFaults } from '../../../src/simulator/faults/fault-run.js';
import type { FaultScenario } from '../../../src/simulator/faults/scenario.js';
import { createWorld } from '../../../src/simulator/world/world.js';
import { gtitmFixture } from '../fixtures.js';

const { graph } = gtitmFixture('ts1000n-0');

const play = (scenario: FaultScenario, more: Partial<FaultOptions> = {}): FaultReport =>
  runFaults({
    topology: { kind: 'graph', graph },
    ...{ seed: 1, scxs: 16, sources: 1, config: FAST, scenario },
    settleMs: 20_000,
    lastingMs: 15_000,
    ...more,
  });

/** Every ADU is delivered once to each SCX that is present: more than `dueMin` of them. */
function expectFlawless(report: FaultReport, dueMin: number): void {
  expect(report).toMatchObject({ broken: null, neverRecovered: 0, duplicates: 0, severed: 0 });
  expect(report.delivery.missed).toBe(0);
  expect(report.delivery.due).toBeGreaterThan(dueMin);
}

/** Trees, mesh and heartbeat are whole again within a time that is shorter than the run. */
function expectWholeWithin({ wholeAgain }: FaultReport, boundMs: number): void {
  for (const part of ['tree', 'mesh', 'heartbeat'] as const) {
    expect(wholeAgain[part], part).not.toBeNull();
    expect(wholeAgain[part], part).toBeLessThan(boundMs);
  }
}

describe('A session under faults', () => {
  test.each(['crash', 'vanish'] as const)('loses nothing to a %s of three SCXs in ten', (kind) => {
    const report = play({ kind, share: 0.3 });
    expectFlawless(report, 15_000);
    expectWholeWithin(report, 10_000);
    expect(report).toMatchObject({ survivors: 11, recoveryMs: { count: 10 } });
    expect(report.recoveryMs?.max).toBeLessThan(3000);
    expect(report.events).toHaveLength(1);
    expect(report.events[0]).toMatchObject({ what: kind, atMs: 20_000 });
    expect(report.events[0]?.scxs).toHaveLength(5);
  });

  test('loses nothing to churn, and supplies the SCXs that join', () => {
    const report = play({ kind: 'churn', perSecond: 1 });
    expectFlawless(report, 30_000);
    expectWholeWithin(report, 10_000);
    expect(report.recoveryMs).toBeNull();
    expect(report.events.filter(({ what }) => what === 'join')).toHaveLength(15);
    expect(report.startMs?.count).toBeGreaterThan(10);
    expect(report.startMs?.max).toBeLessThan(10_000);
  });

  test('heals a partition within the bound, and loses nothing where the cut was short', () => {
    const report = play({ kind: 'partition', forMs: 10_000 });
    expectFlawless(report, 25_000);
    expectWholeWithin(report, healingBoundMs(FAST));
    expect(report.recoveryMs?.max).toBeLessThan(healingBoundMs(FAST));
    expect(report.sides.map(({ scxs }) => scxs)).toEqual([8, 8]);
    // Both sides receive everything, the far one after the cut: it had nothing for ten seconds.
    for (const side of report.sides) expect(side.givenPercent).toBe(100);
    expect(report.pauseMs?.max).toBeGreaterThan(10_000);
  });

  test('delivers everything at a loss of 2%, late', () => {
    const report = play({ kind: 'loss', share: 0.02 });
    expectFlawless(report, 30_000);
    expect(report.pauseMs?.max).toBeGreaterThan(200);
    expect(report.pauseMs?.max).toBeLessThan(5000);
  });

  test('spares the others where one SCX flaps', () => {
    const report = play({ kind: 'flapping' });
    expectFlawless(report, 30_000);
    expect(report.events.map(({ what }) => what)).toEqual(['cut', 'heal']);
    expect(report.events[0]?.scxs).toHaveLength(1);
    // The one that was away had nothing for 2 s; of the others most noticed next to nothing.
    expect(report.pauseMs?.max).toBeGreaterThan(2000);
    expect(report.pauseMs?.p50).toBeLessThan(500);
  });

  test('gives the same report from the same seed, and a different one from another', () => {
    const short = { scxs: 10, settleMs: 8000 };
    const first = play({ kind: 'crash', share: 0.3 }, short);
    expect(play({ kind: 'crash', share: 0.3 }, short)).toEqual(first);
    const other = play({ kind: 'crash', share: 0.3 }, { ...short, seed: 2 });
    expect(other.traceHash).not.toBe(first.traceHash);
    expect(other.drawn.places).not.toEqual(first.drawn.places);
  });
});

describe('Loss in the simulated network', () => {
  test('delays by retransmission timeouts, in order, and loses nothing', () => {
    const log = createDeliveryLog(1);
    const world = createWorld({ seed: 1, config: FAST, delayMs: () => 10, observers: [log] });
    const [from] = [world.add(), world.add()];
    world.runUntil(5000);
    world.broadcast(from as never, 25);
    world.runUntil(10_000);
    world.network.lossRate = 0.05;
    world.runUntil(20_000);
    world.network.lossRate = 0;
    world.runUntil(25_000);
    const [reception] = log.receptions.filter(({ scx }) => scx === 1);
    const published = log.published(reception?.source as never);
    const sequences = reception?.sequences ?? [];
    expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] as number) + index));
    // The last ADU may still be on its way.
    expect(sequences.at(-1)).toBeGreaterThanOrEqual(published.length - 2);
    const delays = sequences.map(
      (sequence, index) => (reception?.instantsMs[index] ?? 0) - (published[sequence] as number),
    );
    expect(Math.min(...delays)).toBe(10);
    // One loss: the delay of the path, and a timeout of the round trip and 200 ms.
    const late = delays.filter((delay) => delay > 10);
    expect(Math.max(...late)).toBeGreaterThanOrEqual(230);
    expect(late.length).toBeGreaterThan(20);
  });
});
