import { describe, expect, test } from 'vitest';
import { FAST, PAPER } from '../../../src/gossamer/core/config.js';
import type { Route } from '../../../src/gossamer/core/message.js';
import { createUpdateRounds } from '../../../src/gossamer/routing/update-rounds.js';
import { createUpdates } from '../../../src/gossamer/routing/updates.js';
import { createWithdrawals } from '../../../src/gossamer/routing/withdrawals.js';
import { addressOf, createBench, nodeId, runUntil, sourceOf } from '../support.js';

const ROUTE: Route = {
  ...{ scx: nodeId(9), stamp: 4, costMs: 100, path: [nodeId(1), nodeId(9)] },
  sources: [sourceOf(9)],
};

/**
 * Rounds towards one neighbour, in a profile; ROUTE is in the table and has not been sent.
 * @param isSteady whether it stays as it is
 */
function createRounds(config: typeof FAST, isSteady = true) {
  const bench = createBench(config);
  const withdrawals = createWithdrawals();
  let stamp = 1;
  const updates = createUpdates(
    () => [isSteady ? ROUTE : { ...ROUTE, stamp: stamp++ }],
    () => [],
  );
  const rounds = createUpdateRounds(bench.context, updates, withdrawals, {
    addresses: () => [addressOf(1)],
    onRound: () => {},
  });
  rounds.start(0);
  const sent = (): boolean[] =>
    bench.sent().flatMap(({ message }) => (message.kind === 'update' ? [message.whole] : []));
  return { rounds, sent };
}

describe('Routing updates', () => {
  test('leave at once when a route has changed, with the change alone', () => {
    const { rounds, sent } = createRounds(FAST);
    rounds.onChange(0, true);
    runUntil(rounds, FAST.updateDelayMs);
    expect(sent()).toEqual([false]);
    runUntil(rounds, 1000);
    expect(sent()).toEqual([]);
  });

  test('leave in few batches while routes keep changing', () => {
    const { rounds, sent } = createRounds(FAST, false);
    for (let now = 0; now < 10_000; now += 10) {
      rounds.onChange(now, false);
      runUntil(rounds, now);
      if (now === 200) expect(sent()).toEqual([false, false]);
    }
    const { length } = sent();
    expect(length).toBeGreaterThan(7);
    expect(length).toBeLessThan(11);
  });

  test('do not wait with news of sources, however many batches have left', () => {
    const { rounds, sent } = createRounds(FAST, false);
    for (const now of [0, 100, 200, 300]) {
      rounds.onChange(now, true);
      runUntil(rounds, now + FAST.updateDelayMs);
      expect(sent()).toEqual([false]);
    }
  });

  test('are periodic in the paper, whatever changes', () => {
    const { rounds, sent } = createRounds(PAPER);
    rounds.onChange(0, true);
    runUntil(rounds, 0.8 * PAPER.updateIntervalMs);
    expect(sent()).toEqual([]);
    runUntil(rounds, 1.2 * PAPER.updateIntervalMs);
    expect(sent()).toEqual([true]);
  });

  test('are triggered by a death in the paper, too (§3.5)', () => {
    const { rounds, sent } = createRounds(PAPER);
    rounds.onDeath(0);
    runUntil(rounds, PAPER.updateDelayMs);
    expect(sent()).toEqual([true]);
  });
});
