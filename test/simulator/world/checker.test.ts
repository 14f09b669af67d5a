import { describe, expect, test } from 'vitest';
import { FAST } from '../../../src/gossamer/core/config.js';
import type { Effect, GossamerEvent } from '../../../src/gossamer/core/effects.js';
import type { Address, Member, NodeId } from '../../../src/gossamer/core/node.js';
import { type Checker, createChecker } from '../../../src/simulator/world/checker.js';
import type { SimulatedScx } from '../../../src/simulator/world/simulated-scx.js';
import { createWorld } from '../../../src/simulator/world/world.js';
import { aduOf } from '../../gossamer/support.js';

const config = { ...FAST, addedEdgesMax: 2, acceptedEdgesMax: 3 };
const scxOf = (index: number) => ({ index }) as SimulatedScx;
const scx = scxOf(5);

const memberOf = (index: number): Member => ({
  id: `${index}` as NodeId,
  address: `a${index}:1` as Address,
  incarnation: 1,
  rendezvous: false,
});

const up = (index: number, ours: boolean): GossamerEvent => ({
  kind: 'edgeUp',
  member: memberOf(index),
  ours,
});
const down = (index: number): GossamerEvent => ({
  kind: 'edgeDown',
  member: memberOf(index),
  reason: 'left',
});

const notify = (checker: Checker, ...events: readonly GossamerEvent[]): void => {
  for (const event of events) checker.onEvent?.(scx, event, 1000);
};

describe('The checker of invariants', () => {
  test.each([
    ['added', true, 2],
    ['accepted', false, 3],
  ] as const)(
    'throws at one %s edge too many, and counts edges that went down',
    (kind, ours, most) => {
      const checker = createChecker(config);
      const full = Array.from({ length: most }, (_, index) => up(index, ours));
      notify(checker, ...full, down(0), up(8, ours));
      expect(checker.totals.edgeChanges).toBe(most + 2);
      expect(() => notify(checker, up(9, ours))).toThrow(
        `at 1000.0 ms, SCX 5 ${kind} ${most + 1} edges`,
      );
    },
  );

  test('throws at an ADU that comes twice or out of order, per SCX, source and channel', () => {
    const checker = createChecker(config);
    const deliver = (index: number, sequence: number, channel = 1): void =>
      checker.onDeliver?.(scxOf(index), aduOf(sequence, { channel }), 1000);
    deliver(5, 7);
    deliver(6, 7);
    deliver(5, 7, 2);
    deliver(5, 9);
    expect(checker.totals.delivered).toBe(4);
    expect(() => deliver(5, 9)).toThrow('SCX 5 delivered 9 after 9');
    expect(() => deliver(5, 8)).toThrow('SCX 5 delivered 8 after 9');
  });

  test('throws at a control message with a list that is too long', () => {
    const checker = createChecker(config);
    const send = (count: number): void => {
      const lost = Array.from({ length: count }, (_, index) => `${index}` as NodeId);
      const message = { kind: 'update', whole: true, routes: [], lost, withdrawn: [] } as const;
      const effect: Effect = { kind: 'send', to: 'a:1' as Address, message };
      checker.onEffect?.(scx, effect, 1000);
    };
    send(256);
    expect(() => send(257)).toThrow('SCX 5 sent 257 items in a update');
  });

  test('counts what SCXs report as missed', () => {
    const checker = createChecker(config);
    notify(checker, { kind: 'missed', source: 'a' as never, count: 3 });
    expect(checker.totals.missed).toBe(3);
  });

  test('throws when the mesh does not lead to all live SCXs', () => {
    const checker = createChecker(FAST);
    const world = createWorld({ seed: 1, config: FAST, delayMs: () => 10, observers: [checker] });
    const scxs = [world.add(), world.add(), world.add(), world.add()];
    world.runUntil(10_000);
    checker.checkConnected(world);
    world.network.cut(({ index }) => index < 2);
    world.runUntil(120_000);
    expect(world.live()).toHaveLength(scxs.length);
    expect(() => checker.checkConnected(world)).toThrow('2 of 4 SCXs are connected');
  });
});
