/**
 * The supervisor in random worlds: clients, publications, SCXs that crash, hang, never start or
 * are killed, and front ends that come back to SCXs of before. The world below carries out what
 * the machine says, late and in random order, and checks after each step what must always hold.
 *
 * Listeners travel: a listener that was sent to an SCX connects within `reservationMs`, or never, and
 * leaves at some time; the SCX reports it with its next renewal only.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSupervisor } from '../../../src/cluster/supervisor/supervisor.js';
import { supervisorConfig } from '../../../src/cluster/supervisor/supervisor-config.js';
import type {
  SupervisorEffect,
  SupervisorInput,
} from '../../../src/cluster/supervisor/supervisor-types.js';
import { createRng } from '../../../src/lib/rng.js';
import { FACTS, statusOf } from '../support.js';

const SCXS_MAX = 3;
const TIMEOUT_MS = 12_000;
const LISTENERS_MAX = 4; // of an SCX
const SESSION_LISTENERS_MAX = 10;
const sessions = [0, 1, 2, 3, 4].map((n) => `scattercast://radio.example/s${n}`);

const session = fc.constantFrom(...sessions);
const which = fc.nat(9);

const step = fc.oneof(
  fc.record({ do: fc.constant('want' as const), session, isListener: fc.boolean() }),
  fc.record({ do: fc.constant('crowd' as const), session, size: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('arrive' as const), which }),
  fc.record({ do: fc.constant('go' as const), which, count: fc.nat(3) }),
  fc.record({ do: fc.constant('keep' as const), session }),
  fc.record({ do: fc.constant('unkeep' as const), session }),
  fc.record({
    do: fc.constant('renew' as const),
    which,
    leaving: fc.boolean(),
  }),
  fc.record({ do: fc.constant('exit' as const), which, code: fc.constantFrom(0, 1, 3, null) }),
  fc.record({ do: fc.constant('pass' as const), ms: fc.nat(6000) }),
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** An SCX as it is in the simulated world. */
interface Real {
  readonly session: string;
  listeners: number;
  /** When the listeners were sent that have not connected yet. */
  travellers: number[];
  /** What its last renewal reported; when the listeners were sent that it may not include. */
  reported: number | undefined;
  sent: number[];
  leaving: boolean;
  renewedAt: number;
}

function createWorld(seed: number) {
  const ports = { first: 8100, last: 8109 };
  const config = supervisorConfig(SCXS_MAX, ports, {
    sessionListenersMax: SESSION_LISTENERS_MAX,
  });
  let ids = 0;
  const drawId = () => (++ids).toString(16).padStart(16, '0');
  const machine = createSupervisor(config, createRng(seed), drawId);
  let now = 0;
  let requests = 0;
  const alive = new Map<string, Real>();
  const kept = new Map<string, string>(); // session -> the id that the machine keeps
  const published = new Set<string>();
  const doomed = new Set<string>();
  const stopped = new Set<string>(); // told to end, and perhaps still there
  const pending = new Map<number, { readonly at: number; readonly isListener: boolean }>();
  const launches: number[] = [];
  const httpPorts = new Map<string, number>(); // by id
  const endedAt = new Map<string, Set<number>>(); // session -> HTTP ports
  const unreleased = new Set<string>(); // the SCXs whose ports the platform holds

  const hosts = (of: string): Real[] =>
    [...alive]
      .filter(([id, scx]) => scx.session === of && !scx.leaving && !stopped.has(id))
      .map(([, scx]) => scx);

  /** Room at the session's SCXs, by the most cautious count. */
  const sureRoom = (of: string): number =>
    hosts(of).reduce(
      (room, { reported, sent }) =>
        room + (reported === undefined ? 0 : Math.max(0, LISTENERS_MAX - reported - sent.length)),
      0,
    );

  const onLaunch = (id: string, of: string, http: number): void => {
    const others = hosts(of);
    httpPorts.set(id, http);
    // One at the port of an SCX that has ended may be for the clients that come back to it.
    if (others.length > 0 && !endedAt.get(of)?.has(http)) {
      expect(sureRoom(of), 'room beside a further SCX').toBeLessThan(1);
      expect(others.some(({ reported }) => reported === undefined)).toBe(false);
    }
    const none = { listeners: 0, travellers: [], reported: undefined, sent: [] };
    alive.set(id, { session: of, ...none, leaving: false, renewedAt: now });
    launches.push(now);
  };

  const onSent = (id: string, isListener: boolean): void => {
    const scx = alive.get(id);
    expect(scx, 'an SCX that lives').toBeDefined();
    if (scx === undefined || !isListener) return;
    scx.travellers.push(now);
    scx.sent.push(now);
    expect(scx.listeners + scx.travellers.length).toBeLessThanOrEqual(LISTENERS_MAX);
    const all = hosts(scx.session).map((each) => each.listeners + each.travellers.length);
    expect(all.reduce((a, b) => a + b)).toBeLessThanOrEqual(SESSION_LISTENERS_MAX);
  };

  /** All places are taken, or those that are not needed for what is published here. */
  const checkFull = (): void => {
    const foreign = [...alive.values()].filter(({ session: of }) => !published.has(of));
    // What is published here keeps the SCXs that it has, and one where it has none that stays.
    const neededHere = [...published]
      .map((of) => {
        const own = [...alive.values()].filter((scx) => scx.session === of);
        return own.length + (hosts(of).length === 0 ? 1 : 0);
      })
      .reduce((sum, count) => sum + count, 0);
    const free = Math.min(config.foreignMax, SCXS_MAX - neededHere);
    expect(alive.size === SCXS_MAX || foreign.length >= free).toBe(true);
  };

  const perform = (effect: SupervisorEffect): void => {
    if (effect.kind === 'launch') {
      const { id, session: of, ports: given } = effect.order;
      expect(alive.has(id)).toBe(false);
      expect(given.http).toBeGreaterThanOrEqual(8100);
      expect(given.overlay).toBeLessThanOrEqual(8109);
      onLaunch(id, of, given.http);
      unreleased.add(id);
    }
    if (effect.kind === 'release') {
      expect(alive.has(effect.id), 'an SCX that lives').toBe(false);
      expect(unreleased.delete(effect.id), 'released once').toBe(true);
    }
    if (effect.kind === 'stop') stopped.add(effect.id);
    if (effect.kind === 'stop' && effect.signal === 'SIGKILL') doomed.add(effect.id);
    if (effect.kind === 'answer') {
      const { request, outcome } = effect;
      const asked = pending.get(request);
      expect(pending.delete(request), 'answered once').toBe(true);
      if (outcome.kind === 'scx') onSent(outcome.status.id, asked?.isListener === true);
      if (outcome.kind === 'full') checkFull();
    }
  };

  /** An SCX that is kept stays so while it lives. */
  const checkKept = (): void => {
    for (const [of, id] of kept) {
      const scx = alive.get(id);
      const isSilent = scx !== undefined && now - scx.renewedAt >= config.leaseMs;
      if (scx === undefined || scx.leaving || isSilent || doomed.has(id)) kept.delete(of);
      else expect(machine.keeps(id), 'the rendezvous SCX').toBe(true);
    }
    for (const [id, scx] of alive) {
      if (!machine.keeps(id)) continue;
      expect(kept.get(scx.session) ?? id, 'one rendezvous SCX').toBe(id);
      if (scx.reported !== undefined) kept.set(scx.session, id);
    }
  };

  const check = (): void => {
    expect(alive.size, 'SCXs').toBeLessThanOrEqual(SCXS_MAX);
    expect(machine.deadline()).toBeGreaterThan(now);
    for (const { at } of pending.values()) expect(now - at).toBeLessThanOrEqual(TIMEOUT_MS);
    const ended = [...unreleased].filter((id) => !alive.has(id));
    expect(ended.length, 'ports that wait for an SCX').toBeLessThanOrEqual(2 * sessions.length);
    const lastMinute = launches.filter((at) => at > now - 60_000).length;
    expect(lastMinute).toBeLessThanOrEqual(config.launchBurst + 61);
    checkKept();
  };

  const feed = (input: SupervisorInput): void => {
    machine.handle(input, now).forEach(perform);
    check();
  };
  const exit = (id: string, code: number | null): void => {
    const { session: of = '' } = alive.get(id) ?? {};
    if (!alive.delete(id)) return;
    endedAt.set(of, (endedAt.get(of) ?? new Set()).add(httpPorts.get(id) ?? 0));
    doomed.delete(id);
    stopped.delete(id);
    feed({ kind: 'exited', id, code, signal: code === null ? 'SIGKILL' : null });
  };
  const pass = (ms: number): void => {
    const until = now + ms;
    while (machine.deadline() <= until) {
      now = machine.deadline();
      machine.tick(now).forEach(perform);
      check();
      for (const id of [...doomed]) exit(id, null);
    }
    now = until;
  };
  const nth = (n: number): string | undefined => [...alive.keys()][n % Math.max(1, alive.size)];

  const want = (of: string, isListener: boolean): void => {
    pending.set(++requests, { at: now, isListener });
    const client = { session: of, facts: FACTS, isListener, timeoutMs: TIMEOUT_MS };
    feed({ kind: 'want', request: requests, ...client });
  };

  const arrive = (scx: Real): void => {
    const inTime = scx.travellers.filter((at) => now - at < config.reservationMs);
    scx.listeners += inTime.length;
    scx.travellers = [];
  };

  const renew = (id: string, scx: Real, leaving: boolean): void => {
    scx.travellers = scx.travellers.filter((at) => now - at < config.reservationMs);
    scx.reported = scx.listeners;
    scx.sent = scx.sent.filter((at) => now - at < config.reservationMs);
    scx.leaving ||= leaving;
    scx.renewedAt = now;
    const told = { listeners: scx.listeners, listenersMax: LISTENERS_MAX };
    const state = scx.leaving ? 'leaving' : 'running';
    feed({ kind: 'lease', status: statusOf(id, scx.session, { ...told, state }) });
  };

  const takeAt = (what: Extract<Step, { which: number }>, id: string, scx: Real): void => {
    if (what.do === 'exit') exit(id, what.code);
    else if (what.do === 'arrive') arrive(scx);
    else if (what.do === 'go') scx.listeners = Math.max(0, scx.listeners - what.count);
    else renew(id, scx, what.leaving && what.which === 0);
  };

  const take = (what: Step): void => {
    if (what.do === 'want') {
      want(what.session, what.isListener);
    } else if (what.do === 'crowd') {
      for (let n = 0; n < what.size; n++) want(what.session, true);
    } else if (what.do === 'keep') {
      published.add(what.session);
      feed({ kind: 'keep', session: what.session, facts: FACTS });
    } else if (what.do === 'unkeep') {
      kept.delete(what.session);
      published.delete(what.session);
      feed({ kind: 'unkeep', session: what.session });
    } else if (what.do === 'pass') {
      pass(what.ms);
    } else {
      const id = nth(what.which);
      const scx = alive.get(id ?? '');
      if (id !== undefined && scx !== undefined) takeAt(what, id, scx);
    }
  };
  return { take, pass, pending, machine, alive, unreleased, feed, exit };
}

/** The SCX of a published session leaves, so that the session needs two places for a while. */
const LEAVING: Step[] = [
  { do: 'keep', session: 'scattercast://radio.example/s0' },
  { do: 'renew', which: 0, leaving: true },
  { do: 'crowd', session: 'scattercast://radio.example/s1', size: 1 },
  { do: 'keep', session: 'scattercast://radio.example/s4' },
];

/** An idle SCX ends for another session, and is still there when its own session is asked for. */
const EVICTED: Step[] = [
  { do: 'keep', session: 'scattercast://radio.example/s0' },
  { do: 'unkeep', session: 'scattercast://radio.example/s0' },
  { do: 'renew', which: 0, leaving: false },
  { do: 'crowd', session: 'scattercast://radio.example/s2', size: 5 },
  { do: 'renew', which: 3, leaving: false },
  { do: 'want', session: 'scattercast://radio.example/s3', isListener: false },
  { do: 'crowd', session: 'scattercast://radio.example/s0', size: 1 },
];

test('A supervisor stays within all limits, and answers every request once', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(), (steps, seed) => {
      const world = createWorld(seed);
      steps.forEach(world.take);
      world.pass(TIMEOUT_MS);
      expect(world.pending.size, 'requests without an answer').toBe(0);
    }),
    {
      numRuns: 300,
      examples: [
        [LEAVING, 0],
        [EVICTED, 0],
      ],
    },
  );
});

test('A supervisor whose SCXs all die at once launches no faster than its budget', () => {
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

test('A supervisor that is stopped has nothing left to do once all SCXs have ended', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.nat(), (steps, seed) => {
      const world = createWorld(seed);
      steps.forEach(world.take);
      world.feed({ kind: 'stopAll' });
      expect(world.pending.size).toBe(0);
      world.pass(2500);
      world.pass(0);
      expect([world.alive.size, world.machine.size]).toEqual([0, 0]);
      expect(world.machine.deadline()).toBe(Number.POSITIVE_INFINITY);
      expect([...world.unreleased]).toEqual([]);
    }),
  );
});
