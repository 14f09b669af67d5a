import { expect, test } from 'vitest';
import { createRng } from '../../src/lib/rng.js';
import { createRecovery, type RecoveryInput } from '../../src/multicast/recovery.js';
import { simulateGroup } from './simulated-group.js';

const STATE = (place: number): RecoveryInput<number> => ({
  ...{ kind: 'state', receivers: 1 },
  ends: [{ channel: 1, place }],
});

const ITEMS = (place: number, ...items: number[]): RecoveryInput<number> => ({
  ...{ kind: 'items', channel: 1, place, items },
});

/** A receiver that is on the group from place 10 on, at 400 ms. */
function joined() {
  const machine = createRecovery<number>(createRng(1));
  for (const at of [0, 200]) expect(machine.handle(STATE(10), at)).toEqual([]);
  expect(machine.handle(STATE(10), 400)).toEqual([{ kind: 'join' }]);
  machine.handle({ kind: 'begin', places: [{ channel: 1, place: 10 }] }, 400);
  expect(machine.mode()).toBe('on');
  return machine;
}

/** Runs the timers up to an instant; returns all effects. */
function run(machine: ReturnType<typeof joined>, until: number) {
  const effects = [];
  while (machine.deadline() <= until) effects.push(...machine.tick(machine.deadline()));
  return effects;
}

test('a receiver passes on what comes in order, and holds back what comes behind a gap', () => {
  const machine = joined();
  expect(machine.handle(ITEMS(10, 0, 1), 410)).toEqual([{ kind: 'deliver', items: [0, 1] }]);
  expect(machine.handle(ITEMS(13, 3), 420)).toEqual([]);
  expect(machine.handle(ITEMS(12, 2), 430)).toEqual([{ kind: 'deliver', items: [2, 3] }]);
  expect(machine.handle(ITEMS(12, 2), 440)).toEqual([]);
});

test('what comes by the group before the connection has ended is kept, and follows without a gap', () => {
  const machine = createRecovery<number>(createRng(1));
  for (const at of [0, 200, 400]) machine.handle(STATE(10), at);
  expect(machine.handle(ITEMS(11, 1), 410)).toEqual([]);
  expect(machine.handle(ITEMS(9, 9), 410)).toEqual([]);
  expect(machine.handle(ITEMS(10, 0), 420)).toEqual([]);
  const begin: RecoveryInput<number> = { kind: 'begin', places: [{ channel: 1, place: 10 }] };
  expect(machine.handle(begin, 430)).toEqual([{ kind: 'deliver', items: [0, 1] }]);
});

test('what is missing is asked for, once, until the repair has had its time', () => {
  const machine = joined();
  machine.handle(ITEMS(12, 2), 410);
  const first = run(machine, 450);
  expect(first).toEqual([{ kind: 'ask', ranges: [{ channel: 1, place: 10, count: 2 }] }]);
  machine.handle(STATE(13), 600);
  expect(run(machine, 700).length).toBeGreaterThanOrEqual(1);
  expect(machine.handle(ITEMS(10, 0, 1), 710)).toEqual([{ kind: 'deliver', items: [0, 1, 2] }]);
});

test('the last ADU before a pause is missed, too: the state tells of it', () => {
  const machine = joined();
  machine.handle(STATE(11), 500);
  expect(run(machine, 540)).toEqual([
    { kind: 'ask', ranges: [{ channel: 1, place: 10, count: 1 }] },
  ]);
});

test('what another receiver has asked for is not asked for at once', () => {
  const machine = joined();
  machine.handle(ITEMS(11, 1), 410);
  machine.handle({ kind: 'asked', ranges: [{ channel: 1, place: 10, count: 1 }] }, 411);
  expect(run(machine, 480)).toEqual([]);
});

test('a group that falls silent is left within 700 ms, and used again when it has come back', () => {
  const machine = joined();
  machine.handle(STATE(10), 600);
  expect(run(machine, 1299)).toEqual([]);
  expect(run(machine, 1300)).toEqual([{ kind: 'leave', why: 'silent' }]);
  expect(machine.mode()).toBe('away');
  expect(run(machine, 60_000)).toEqual([]);
  const effects = Array.from({ length: 10 }, (_, index) =>
    machine.handle(STATE(99), 60_000 + 200 * index),
  ).flat();
  expect(effects).toEqual([{ kind: 'join' }]);
});

test('what does not come within 900 ms is fetched over the connection', () => {
  const machine = joined();
  machine.handle(ITEMS(11, 1), 410);
  for (let at = 600; at < 1300; at += 200) machine.handle(STATE(12), at);
  expect(run(machine, 1310).at(-1)).toEqual({ kind: 'leave', why: 'lost' });
});

test('a group that fails again and again is tried more and more seldom', () => {
  const machine = createRecovery<number>(createRng(1));
  const joins: number[] = [];
  for (let at = 0; at < 200_000; at += 200) {
    for (const { kind } of machine.handle(STATE(10), at)) if (kind === 'join') joins.push(at);
    if (joins.at(-1) !== at) continue;
    machine.handle({ kind: 'begin', places: [{ channel: 1, place: 0 }] }, at);
    machine.handle(ITEMS(2000, 1), at + 1); // farther than it may be
    expect(machine.mode()).toBe('away');
  }
  const waits = joins.slice(1).map((at, index) => at - (joins[index] as number));
  expect(waits.slice(0, 3)).toEqual([1200, 2200, 4200]);
  expect(Math.max(...waits)).toBeLessThanOrEqual(60_200);
});

test.each([10, 100])(
  '%i receivers that lose 5% each get every frame, with few requests',
  (count) => {
    const found = simulateGroup({ receivers: count, loss: 0.05, forMs: 15_000, seed: count });
    const datagrams = found.sent / 2.5;
    expect(found.disorders).toBe(0);
    // At most 0.1% of the frames were not there in time.
    expect(found.left).toBeLessThanOrEqual(0.001 * found.sent * count);
    expect(found.modes.filter((mode) => mode === 'on').length).toBeGreaterThan(0.95 * count);
    expect(found.delivered).toBeGreaterThan(0.98 * found.sent * count);
    expect(found.asks / datagrams).toBeLessThan(5);
    expect(found.repaired / found.sent).toBeLessThan(2);
  },
);

test('receivers whose requests are not answered go back to their connections', () => {
  const found = simulateGroup({ receivers: 20, loss: 0.05, forMs: 8000, seed: 3, isMute: true });
  expect(found.left).toBeGreaterThanOrEqual(20);
  expect(found.disorders).toBe(0);
});
