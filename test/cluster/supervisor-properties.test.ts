/**
 * The supervisor in random worlds: clients, publications, SCXs that crash, hang, never start or
 * are killed, and front ends that come back to SCXs of before. The world below carries out what
 * the machine says, late and in random order, and checks after each step what must always hold.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSupervisor } from '../../src/cluster/supervisor.js';
import { supervisorConfig } from '../../src/cluster/supervisor-config.js';
import type { SupervisorEffect, SupervisorInput } from '../../src/cluster/supervisor-types.js';
import { createRng } from '../../src/lib/rng.js';
import { FACTS, statusOf } from './support.js';

const SCXS_MAX = 3;
const PATIENCE_MS = 12_000;
const sessions = [0, 1, 2, 3, 4].map((n) => `scattercast://radio.example/s${n}`);

const session = fc.constantFrom(...sessions);
const which = fc.nat(9);

const step = fc.oneof(
  fc.record({ do: fc.constant('want' as const), session }),
  fc.record({ do: fc.constant('keep' as const), session }),
  fc.record({ do: fc.constant('unkeep' as const), session }),
  fc.record({
    do: fc.constant('renew' as const),
    which,
    listeners: fc.nat(2),
    leaving: fc.boolean(),
  }),
  fc.record({ do: fc.constant('exit' as const), which, code: fc.constantFrom(0, 1, 3, null) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat(6000) }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function createWorld(seed: number) {
  const config = supervisorConfig(SCXS_MAX, { first: 8100, last: 8109 });
  let ids = 0;
  const drawId = () => (++ids).toString(16).padStart(16, '0');
  const machine = createSupervisor(config, createRng(seed), drawId);
  let now = 0;
  let requests = 0;
  const alive = new Map<string, string>(); // id -> session
  const doomed = new Set<string>();
  const pending = new Map<number, number>(); // request -> asked at
  const launches: number[] = [];

  const perform = (effect: SupervisorEffect): void => {
    if (effect.kind === 'launch') {
      const { id, session: of, ports } = effect.order;
      expect(alive.has(id)).toBe(false);
      expect(ports.http).toBeGreaterThanOrEqual(8100);
      expect(ports.overlay).toBeLessThanOrEqual(8109);
      alive.set(id, of);
      launches.push(now);
    }
    if (effect.kind === 'stop' && effect.signal === 'SIGKILL') doomed.add(effect.id);
    if (effect.kind === 'answer') {
      expect(pending.delete(effect.request), 'answered once').toBe(true);
      if (effect.outcome.kind === 'scx') expect(alive.has(effect.outcome.status.id)).toBe(true);
    }
  };

  const check = (): void => {
    expect(alive.size, 'SCXs').toBeLessThanOrEqual(SCXS_MAX);
    expect(machine.deadline).toBeGreaterThan(now);
    for (const at of pending.values()) expect(now - at).toBeLessThanOrEqual(PATIENCE_MS);
    const lastMinute = launches.filter((at) => at > now - 60_000).length;
    expect(lastMinute).toBeLessThanOrEqual(config.launchBurst + 61);
  };

  const feed = (input: SupervisorInput): void => {
    machine.handle(input, now).forEach(perform);
    check();
  };
  const exit = (id: string, code: number | null): void => {
    if (!alive.delete(id)) return;
    doomed.delete(id);
    feed({ kind: 'exited', id, code, signal: code === null ? 'SIGKILL' : null });
  };
  const pass = (ms: number): void => {
    const until = now + ms;
    while (machine.deadline <= until) {
      now = machine.deadline;
      machine.tick(now).forEach(perform);
      check();
      for (const id of [...doomed]) exit(id, null);
    }
    now = until;
  };
  const nth = (n: number): string | undefined => [...alive.keys()][n % Math.max(1, alive.size)];

  const take = (what: Step): void => {
    if (what.do === 'want') {
      pending.set(++requests, now);
      const { session: of } = what;
      const patienceMs = PATIENCE_MS;
      feed({ kind: 'want', request: requests, session: of, facts: FACTS, patienceMs });
    } else if (what.do === 'keep') {
      feed({ kind: 'keep', session: what.session, facts: FACTS });
    } else if (what.do === 'unkeep') {
      feed({ kind: 'unkeep', session: what.session });
    } else if (what.do === 'pass') {
      pass(what.ms);
    } else {
      const id = nth(what.which);
      if (id === undefined) return;
      if (what.do === 'exit') return exit(id, what.code);
      const { listeners } = what;
      const state = what.leaving && what.which === 0 ? 'leaving' : 'running';
      feed({ kind: 'lease', status: statusOf(id, alive.get(id) ?? '', { listeners, state }) });
    }
  };
  return { take, pass, pending, machine, alive, feed, exit };
}

test('A supervisor stays within the cap and the budget, and answers every request once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), (steps, seed) => {
      const world = createWorld(seed);
      steps.forEach(world.take);
      world.pass(PATIENCE_MS);
      expect(world.pending.size, 'requests without an answer').toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('A supervisor whose SCXs all die at once never storms, whatever is published', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 50 }), (seed, lifeMs) => {
      const world = createWorld(seed);
      for (const name of sessions) world.take({ do: 'keep', session: name });
      for (let turn = 0; turn < 2000; turn++) {
        for (const id of [...world.alive.keys()]) world.exit(id, 1);
        world.pass(lifeMs);
      }
    }),
    { numRuns: 20 },
  );
});

test('A supervisor that is stopped has nothing left to do once all SCXs have gone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.nat(), (steps, seed) => {
      const world = createWorld(seed);
      steps.forEach(world.take);
      world.feed({ kind: 'stopAll' });
      expect(world.pending.size).toBe(0);
      world.pass(2500);
      world.pass(0);
      expect([world.alive.size, world.machine.size]).toEqual([0, 0]);
      expect(world.machine.deadline).toBe(Number.POSITIVE_INFINITY);
    }),
  );
});
