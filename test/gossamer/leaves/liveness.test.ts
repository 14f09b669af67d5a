import { describe, expect, test } from 'vitest';
import { FAST, type GossamerConfig } from '../../../src/gossamer/core/config.js';
import type { GossamerEvent } from '../../../src/gossamer/core/effects.js';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import { createLiveness } from '../../../src/gossamer/leaves/liveness.js';
import { createWorld } from '../../../src/simulator/world/world.js';
import { addressOf, createBench, keepAliveOf, nodeId, runUntil } from '../support.js';

/** Keep-alives each 1000 ms, in the trees each 250 ms; three may be missed. */
function createWatch(changes: Partial<GossamerConfig> = {}) {
  const bench = createBench({
    keepAliveIntervalMs: 1000,
    treeKeepAliveIntervalMs: 250,
    keepAliveMisses: 3,
    ...changes,
  });
  const silent: { id: string; now: number }[] = [];
  const parents = new Set<NodeId>();
  const children = new Set<NodeId>();
  const news = new Set<NodeId>();
  const liveness = createLiveness(bench.context, {
    onSilent: (id, now) => {
      silent.push({ id, now });
      liveness.unwatch(id);
    },
    isParent: (id) => parents.has(id),
    isChild: (id) => children.has(id),
    hasNews: (id) => news.delete(id),
    keepAlive: (id) => keepAliveOf(Number.parseInt(id, 16)),
  });
  /** The addresses to which keep-alives went up to an instant. */
  const kept = (until: number): string[] => {
    runUntil(liveness, until);
    return bench.sent().map(({ to }) => to);
  };
  return { bench, liveness, silent, parents, children, news, kept };
}

describe('Liveness', () => {
  test('sends a KEEP_ALIVE to each neighbour in each interval', () => {
    const { bench, liveness } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    liveness.watch({ id: nodeId(2), address: addressOf(2), rttMs: 0 }, 0);
    runUntil(liveness, 999);
    expect(bench.sent()).toEqual([]);
    runUntil(liveness, 2000);
    expect(bench.sent()).toEqual([
      { to: 'scx1:1', message: keepAliveOf(1) },
      { to: 'scx2:1', message: keepAliveOf(2) },
      { to: 'scx1:1', message: keepAliveOf(1) },
      { to: 'scx2:1', message: keepAliveOf(2) },
    ]);
  });

  test('counts a neighbour as failed when it has missed its keep-alives, and only it', () => {
    const { liveness, silent } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    liveness.watch({ id: nodeId(2), address: addressOf(2), rttMs: 0 }, 0);
    for (let now = 1000; now <= 10_000; now += 1000) {
      runUntil(liveness, now);
      liveness.heard(nodeId(2), now + 1);
    }
    // The first round after three intervals.
    expect(silent).toEqual([{ id: nodeId(1), now: 3250 }]);
  });

  test('counts every message as a sign of life', () => {
    const { liveness, silent } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    for (let now = 1000; now <= 20_000; now += 1000) {
      if (now % 3000 === 0) liveness.heard(nodeId(1), now - 1);
      runUntil(liveness, now);
    }
    expect(silent).toEqual([]);
  });

  test('gives its neighbours the time by which it was late itself', () => {
    const { liveness, silent } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    runUntil(liveness, 1000);
    // We stood still for a minute.
    liveness.tick(61_000);
    expect(silent).toEqual([]);
    // It had been silent for 1000 ms when we stopped; a round was due 250 ms later.
    runUntil(liveness, 63_000);
    expect(silent).toEqual([{ id: nodeId(1), now: 63_000 }]);
  });

  test('does not forgive twice: a minute of standstill counts as one minute', () => {
    const { liveness, silent } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    liveness.tick(61_000);
    liveness.heard(nodeId(1), 61_001);
    runUntil(liveness, 70_000);
    expect(silent).toEqual([{ id: nodeId(1), now: 64_250 }]);
  });

  test('sleeps while there are no neighbours, and starts anew with the next', () => {
    const { liveness } = createWatch();
    expect(liveness.deadline()).toBe(Number.POSITIVE_INFINITY);
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    liveness.unwatch(nodeId(1));
    expect(liveness.deadline()).toBe(Number.POSITIVE_INFINITY);
    liveness.watch({ id: nodeId(2), address: addressOf(2), rttMs: 0 }, 5000);
    expect(liveness.deadline()).toBe(5250);
  });

  test('gives a new neighbour a round trip more for its first message', () => {
    const { liveness, silent } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 2500 }, 0);
    runUntil(liveness, 5000);
    expect(silent).toEqual([]);
    runUntil(liveness, 6000);
    expect(silent).toEqual([{ id: nodeId(1), now: 5750 }]);
  });

  test('sends frequent keep-alives to the neighbours that it feeds, and rare ones to others', () => {
    const { liveness, children, kept } = createWatch();
    children.add(nodeId(1));
    for (const number of [1, 2])
      liveness.watch({ id: nodeId(number), address: addressOf(number), rttMs: 0 }, 0);
    expect(kept(999)).toEqual(['scx1:1', 'scx1:1', 'scx1:1']);
    expect(kept(1000)).toEqual(['scx1:1', 'scx2:1']);
    children.delete(nodeId(1));
    expect(kept(1999)).toEqual([]);
    expect(kept(2000)).toEqual(['scx1:1', 'scx2:1']);
  });

  test('replaces the frequent keep-alives by ADUs, but not the rare ones', () => {
    const { bench, liveness, children } = createWatch();
    children.add(nodeId(1));
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    const keptAt: number[] = [];
    for (let now = 10; now <= 2000; now += 10) {
      liveness.onForwarded(nodeId(1), now);
      runUntil(liveness, now);
      if (bench.sent().length > 0) keptAt.push(now);
    }
    expect(keptAt).toEqual([1000, 2000]);
    // The ADUs stop.
    runUntil(liveness, 2250);
    expect(bench.sent()).toHaveLength(1);
  });

  test('holds a parent for silent after fewer ms than other neighbours', () => {
    const { liveness, silent, parents } = createWatch();
    for (const number of [1, 2])
      liveness.watch({ id: nodeId(number), address: addressOf(number), rttMs: 0 }, 0);
    parents.add(nodeId(1));
    liveness.onTableChanged(0);
    runUntil(liveness, 750);
    expect(silent).toEqual([]);
    runUntil(liveness, 1000);
    expect(silent).toEqual([{ id: nodeId(1), now: 1000 }]);
    runUntil(liveness, 5000);
    expect(silent.at(-1)).toEqual({ id: nodeId(2), now: 3250 });
  });

  test('gives a new parent a round trip to learn that it is one', () => {
    const { liveness, silent, parents } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 400 }, 0);
    runUntil(liveness, 2000);
    parents.add(nodeId(1));
    liveness.onTableChanged(2000);
    // Silent for 2000 ms already, which was right as long as it was no parent.
    runUntil(liveness, 3150);
    expect(silent).toEqual([]);
    runUntil(liveness, 3250);
    expect(silent).toEqual([{ id: nodeId(1), now: 3250 }]);
  });

  test('has patience again with one that is no parent any more', () => {
    const { liveness, silent, parents } = createWatch();
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    parents.add(nodeId(1));
    liveness.onTableChanged(0);
    runUntil(liveness, 500);
    parents.delete(nodeId(1));
    liveness.onTableChanged(500);
    runUntil(liveness, 3000);
    expect(silent).toEqual([]);
    runUntil(liveness, 3250);
    expect(silent).toEqual([{ id: nodeId(1), now: 3250 }]);
  });

  test('sends a keep-alive to new and old parents at once, and to no other neighbour', () => {
    const { bench, liveness, parents } = createWatch();
    for (const number of [1, 2, 3])
      liveness.watch({ id: nodeId(number), address: addressOf(number), rttMs: 0 }, 0);
    const told = (...ids: number[]): string[] => {
      parents.clear();
      for (const id of ids) parents.add(nodeId(id));
      liveness.onTableChanged(10);
      return bench.sent().map(({ to }) => to);
    };
    expect(told(1, 2)).toEqual(['scx1:1', 'scx2:1']);
    expect(told(1, 2)).toEqual([]);
    expect(told(1, 3)).toEqual(['scx2:1', 'scx3:1']);
  });

  test('sends no extra keep-alives where the value of edges decides nothing', () => {
    const { bench, liveness, parents } = createWatch({ exchangesEdges: false });
    liveness.watch({ id: nodeId(1), address: addressOf(1), rttMs: 0 }, 0);
    parents.add(nodeId(1));
    liveness.onTableChanged(10);
    expect(bench.sent()).toEqual([]);
  });

  test('sends news in the next round, and does not wait for the interval', () => {
    const { liveness, news, kept } = createWatch();
    for (const number of [1, 2])
      liveness.watch({ id: nodeId(number), address: addressOf(number), rttMs: 0 }, 0);
    news.add(nodeId(2));
    expect(kept(250)).toEqual(['scx2:1']);
    expect(kept(1000)).toEqual(['scx1:1']);
    // Each interval counts from the last keep-alive.
    expect(kept(1250)).toEqual(['scx2:1']);
  });

  test('reports no failure over long distances where no node fails', () => {
    const failed: string[] = [];
    const onEvent = (_scx: unknown, event: GossamerEvent): void => {
      if (event.kind === 'memberFailed') failed.push(event.member.id);
    };
    const delayMs = (): number => 450;
    const world = createWorld({ seed: 1, config: FAST, delayMs, observers: [{ onEvent }] });
    for (let index = 0; index < 8; index++) world.at(index * 300, () => world.add());
    world.runUntil(40_000);
    expect(world.live().every((scx) => scx.gossamer.view().neighbours.length > 0)).toBe(true);
    expect(failed).toEqual([]);
  });
});
