import { describe, expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/config.js';
import type { GossamerEvent } from '../../src/gossamer/gossamer-types.js';
import { createLiveness } from '../../src/gossamer/liveness.js';
import { createWorld } from '../../src/simulator/world.js';
import { addressOf, createBench, nodeId, runUntil } from './support.js';

/** Keep-alives each 1000 ms; three may be missed. */
function createWatch() {
  const bench = createBench({ keepAliveIntervalMs: 1000, keepAliveMisses: 3 });
  const silent: { id: string; now: number }[] = [];
  const liveness = createLiveness(bench.context, (id, now) => {
    silent.push({ id, now });
    liveness.unwatch(id);
  });
  return { bench, liveness, silent };
}

describe('Liveness', () => {
  test('sends a KEEP_ALIVE to each neighbour in each interval', () => {
    const { bench, liveness } = createWatch();
    liveness.watch(nodeId(1), addressOf(1), 0, 0);
    liveness.watch(nodeId(2), addressOf(2), 0, 0);
    expect(liveness.deadline).toBe(1000);
    runUntil(liveness, 2000);
    expect(bench.sent().map(({ to, message }) => `${message.kind} ${to}`)).toEqual([
      'keepAlive scx1:1',
      'keepAlive scx2:1',
      'keepAlive scx1:1',
      'keepAlive scx2:1',
    ]);
  });

  test('counts a neighbour as failed when it has missed its keep-alives, and only it', () => {
    const { liveness, silent } = createWatch();
    liveness.watch(nodeId(1), addressOf(1), 0, 0);
    liveness.watch(nodeId(2), addressOf(2), 0, 0);
    for (let now = 1000; now <= 10_000; now += 1000) {
      liveness.tick(now);
      liveness.heard(nodeId(2), now + 1);
    }
    expect(silent).toEqual([{ id: nodeId(1), now: 4000 }]);
  });

  test('counts every word as a sign of life', () => {
    const { liveness, silent } = createWatch();
    liveness.watch(nodeId(1), addressOf(1), 0, 0);
    for (let now = 1000; now <= 20_000; now += 1000) {
      if (now % 3000 === 0) liveness.heard(nodeId(1), now - 1);
      liveness.tick(now);
    }
    expect(silent).toEqual([]);
  });

  test('gives its neighbours the time by which it was late itself', () => {
    const { liveness, silent } = createWatch();
    liveness.watch(nodeId(1), addressOf(1), 0, 0);
    liveness.tick(1000);
    // We stood still for a minute.
    liveness.tick(61_000);
    expect(silent).toEqual([]);
    runUntil(liveness, 63_000);
    expect(silent).toEqual([{ id: nodeId(1), now: 63_000 }]);
  });

  test('does not forgive twice: a minute of standstill is worth a minute', () => {
    const { liveness, silent } = createWatch();
    liveness.watch(nodeId(1), addressOf(1), 0, 0);
    liveness.tick(61_000);
    liveness.heard(nodeId(1), 61_001);
    runUntil(liveness, 70_000);
    expect(silent).toEqual([{ id: nodeId(1), now: 65_000 }]);
  });

  test('sleeps while there are no neighbours, and starts anew with the next', () => {
    const { liveness } = createWatch();
    expect(liveness.deadline).toBe(Number.POSITIVE_INFINITY);
    liveness.watch(nodeId(1), addressOf(1), 0, 0);
    liveness.unwatch(nodeId(1));
    expect(liveness.deadline).toBe(Number.POSITIVE_INFINITY);
    liveness.watch(nodeId(2), addressOf(2), 0, 5000);
    expect(liveness.deadline).toBe(6000);
  });

  test('gives a new neighbour a round trip more to speak for the first time', () => {
    const { liveness, silent } = createWatch();
    liveness.watch(nodeId(1), addressOf(1), 2500, 0);
    runUntil(liveness, 5000);
    expect(silent).toEqual([]);
    runUntil(liveness, 6000);
    expect(silent).toEqual([{ id: nodeId(1), now: 6000 }]);
  });

  test('reports nobody over long distances where nobody fails', () => {
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
