import { describe, expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import { healingBoundMs } from '../../../src/gossamer/leaves/healing.js';
import { createDeliveryLog } from '../../../src/simulator/faults/delivery-log.js';
import type { FaultReport } from '../../../src/simulator/faults/fault-report.js';
import { runFaults } from '../../../src/simulator/faults/fault-run.js';
import type { FaultScenario } from '../../../src/simulator/faults/scenario.js';
import { createWorld } from '../../../src/simulator/world/world.js';
import { gtitmFixture } from '../fixtures.js';

const { graph } = gtitmFixture('ts1000n-0');

const play = (scenario: FaultScenario, seed = 1): FaultReport =>
  runFaults({
    topology: { kind: 'graph', graph },
    ...{ seed, scxs: 24, sources: 1, config: FAST, scenario },
    settleMs: 20_000,
    lastingMs: 15_000,
  });

const flawless = { broken: null, neverRecovered: 0, duplicates: 0 };
const whole = { tree: expect.any(Number), mesh: expect.any(Number), heartbeat: expect.any(Number) };

describe('A session under faults', () => {
  test.each(['crash', 'vanish'] as const)('loses nothing to a %s of 30%% of it', (kind) => {
    const report = play({ kind, share: 0.3 });
    expect(report).toMatchObject({ ...flawless, survivors: 17, wholeAgain: whole });
    expect(report.delivery.missed).toBe(0);
    expect(report.recoveryMs?.max).toBeLessThan(3000);
    expect(report.events[0]?.scxs).toHaveLength(7);
  });

  test('loses nothing to churn, and feeds those who join', () => {
    const report = play({ kind: 'churn', perSecond: 1 });
    expect(report).toMatchObject({ ...flawless, recoveryMs: null });
    expect(report.delivery.missed).toBe(0);
    expect(report.events.filter(({ what }) => what === 'join')).toHaveLength(15);
    expect(report.startMs?.count).toBeGreaterThan(10);
  });

  test('heals a partition within the bound, and resumes where the cut was short', () => {
    const report = play({ kind: 'partition', forMs: 10_000 });
    expect(report).toMatchObject({ ...flawless, wholeAgain: whole });
    expect(report.recoveryMs?.max).toBeLessThan(healingBoundMs(FAST));
    expect(report.sides.map(({ scxs }) => scxs)).toEqual([12, 12]);
    for (const side of report.sides) expect(side.givenPercent).toBe(100);
  });

  test('delivers everything at a loss of 2%, late', () => {
    const report = play({ kind: 'loss', share: 0.02 });
    expect(report).toMatchObject(flawless);
    expect(report.delivery.missed).toBe(0);
    expect(report.pauseMs?.max).toBeGreaterThan(200);
  });

  test('spares the others where one SCX flaps', () => {
    const report = play({ kind: 'flapping' });
    expect(report).toMatchObject(flawless);
    expect(report.events.map(({ what }) => what)).toEqual(['cut', 'heal']);
    expect(report.delivery.missed).toBe(0);
  });

  test('gives the same report from the same seed, and another from another', () => {
    const first = play({ kind: 'crash', share: 0.3 });
    expect(play({ kind: 'crash', share: 0.3 })).toEqual(first);
    expect(play({ kind: 'crash', share: 0.3 }, 2).traceHash).not.toBe(first.traceHash);
  });
});

describe('Loss in the simulated network', () => {
  test('delays by retransmission timeouts, in order, and loses nothing', () => {
    const log = createDeliveryLog();
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
    const delays = sequences.map(
      (sequence, index) => (reception?.instantsMs[index] ?? 0) - (published[sequence] as number),
    );
    expect(Math.min(...delays)).toBe(10);
    // One loss: the round trip and 200 ms more than the way itself.
    const late = delays.filter((delay) => delay > 10);
    expect(Math.max(...late)).toBeGreaterThanOrEqual(230);
    expect(late.length).toBeGreaterThan(20);
  });
});
