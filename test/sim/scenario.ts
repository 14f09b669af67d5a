/**
 * Whole sessions with faults, drawn from a seed and played in the simulated world: which SCXs come
 * and go, who crashes, freezes or is cut off, and when. A scenario is plain data, so a failure can
 * be printed and played again.
 */
import fc from 'fast-check';
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/core/config.js';
import type { Adu, SourceId } from '../../src/gossamer/core/node.js';
import { assert } from '../../src/lib/assert.js';
import { createRng } from '../../src/lib/rng.js';
import { becomeLiar, MANNERS, type Manner } from '../../src/simulator/faults/liars.js';
import { createChecker } from '../../src/simulator/world/checker.js';
import type { SimulatedScx } from '../../src/simulator/world/simulated-scx.js';
import { createWorld, type Observer, type World } from '../../src/simulator/world/world.js';

type Fault =
  | { readonly kind: 'join'; readonly atMs: number }
  /** A process that dies, a machine that dies, an SCX that says goodbye. */
  | { readonly kind: 'crash' | 'vanish' | 'leave'; readonly atMs: number; readonly scx: number }
  | {
      readonly kind: 'freeze';
      readonly atMs: number;
      readonly scx: number;
      readonly forMs: number;
    }
  /** At random one in `everyMessages` messages breaks its connection. */
  | {
      readonly kind: 'breaks';
      readonly atMs: number;
      readonly forMs: number;
      readonly everyMessages: number;
    }
  | {
      readonly kind: 'jitter';
      readonly atMs: number;
      readonly forMs: number;
      readonly jitterMs: number;
    }
  /** Each n-th SCX is cut off from the others. */
  | { readonly kind: 'cut'; readonly atMs: number; readonly forMs: number; readonly each: number };

export interface Scenario {
  readonly seed: number;
  readonly profile: 'paper' | 'fast';
  /** That join at the beginning. */
  readonly scxs: number;
  readonly rendezvousPoints: number;
  /** The SCXs that get a source. */
  readonly sources: readonly number[];
  readonly faults: readonly Fault[];
  /** SCXs that lie from some instant to the end; none is a source's SCX or a rendezvous point. */
  readonly liars?: readonly LiarOf[];
}

interface LiarOf {
  readonly atMs: number;
  readonly scx: number;
  readonly manner: Manner;
}

export interface Outcome {
  readonly traceHash: string;
  readonly delivered: number;
  readonly missed: number;
  readonly messages: number;
}

const JOINED_MS = 5000;
const SOURCES_MS = 3000;
const FAULTS_BEGIN_MS = 12_000;
const FAULTS_END_MS = 40_000;
const ADU_INTERVAL_MS = 100;

/**
 * "After the faults stop, every live SCX is connected and receives every live source within a
 * stated time": this one. Fast: a lost heartbeat is noticed in 3.5 s, and healing is tried again
 * each few seconds. Paper: detection takes 15 s to 20 s, each step of the repair a round of 5 s,
 * and an edge that only one end believes in may cost an exchange of routes, 30 s.
 */
const RECOVERY_MS = { fast: 20_000, paper: 90_000 } as const;

/** How far behind the newest ADU an SCX may be that receives a source, ms: delays, and a round. */
const BEHIND_MAX_MS = 2000;

/** The same where SCXs lie, as they go on to the end: 5 s, for which some hold ADUs back, and that. */
const BEHIND_LIARS_MAX_MS = 7000;

/** In each n-th of the drawn sessions some SCXs lie: some with the fast profile. */
const LIARS_EACH = 4;

/** At most this share of the SCXs lies. */
const LIARS_SHARE_MAX = 0.3;

const instant = fc.integer({ min: FAULTS_BEGIN_MS, max: FAULTS_END_MS - 1000 });
const duration = fc.integer({ min: 300, max: 15_000 });

const faultOf = (scxs: number): fc.Arbitrary<Fault> => {
  // SCX 0 is a rendezvous point and stays: with none alive, no partition could be healed (§3.4).
  const mortal = fc.integer({ min: 1, max: scxs - 1 });
  const death = (kind: 'crash' | 'vanish' | 'leave') =>
    fc.record({ kind: fc.constant(kind), atMs: instant, scx: mortal });
  const scx = fc.integer({ min: 0, max: scxs - 1 });
  return fc.oneof(
    fc.record({ kind: fc.constant('join' as const), atMs: instant }),
    death('crash'),
    death('vanish'),
    death('leave'),
    fc.record({ kind: fc.constant('freeze' as const), atMs: instant, scx, forMs: duration }),
    fc.record({
      kind: fc.constant('breaks' as const),
      atMs: instant,
      forMs: duration,
      everyMessages: fc.integer({ min: 200, max: 5000 }),
    }),
    fc.record({
      kind: fc.constant('jitter' as const),
      atMs: instant,
      forMs: duration,
      jitterMs: fc.integer({ min: 1, max: 200 }),
    }),
    fc.record({
      kind: fc.constant('cut' as const),
      atMs: instant,
      forMs: duration,
      each: fc.integer({ min: 2, max: 5 }),
    }),
  );
};

const liarsOf = (scxs: number): fc.Arbitrary<readonly LiarOf[]> =>
  fc.uniqueArray(
    fc.record({
      atMs: instant,
      scx: fc.integer({ min: 0, max: scxs - 1 }),
      manner: fc.constantFrom(...MANNERS),
    }),
    { minLength: 1, maxLength: Math.floor(LIARS_SHARE_MAX * scxs), selector: ({ scx }) => scx },
  );

const isSpared = ({ scx }: LiarOf, { sources, rendezvousPoints }: Scenario): boolean =>
  scx < rendezvousPoints || sources.includes(scx);

const scenarioOf = (seed: number): fc.Arbitrary<Scenario> =>
  fc.integer({ min: 20, max: 36 }).chain((scxs) =>
    fc.record({
      seed: fc.constant(seed),
      profile: fc.constant(seed % 2 === 0 ? ('paper' as const) : ('fast' as const)),
      scxs: fc.constant(scxs),
      rendezvousPoints: fc.integer({ min: 1, max: 3 }),
      sources: fc.uniqueArray(fc.integer({ min: 0, max: scxs - 1 }), {
        minLength: 1,
        maxLength: 3,
      }),
      faults: fc.array(faultOf(scxs), { minLength: 1, maxLength: 12 }),
      liars: seed % LIARS_EACH === 3 ? liarsOf(scxs) : fc.constant([]),
    }),
  );

/** The scenario of a seed; odd seeds play the fast profile, even ones the paper's. */
export function drawScenario(seed: number): Scenario {
  const drawn = fc.sample(scenarioOf(seed), { seed, numRuns: 1 })[0] as Scenario;
  return { ...drawn, liars: (drawn.liars ?? []).filter((liar) => !isSpared(liar, drawn)) };
}

/** No ADU is lost if nobody lies and no SCX was out of reach for as long as ADUs are kept. */
export function isLossless({ profile, faults, sources, liars = [] }: Scenario): boolean {
  const isHarmless = (fault: Fault): boolean => {
    if (fault.kind === 'cut' || fault.kind === 'freeze') return false;
    const isDeath = fault.kind === 'crash' || fault.kind === 'vanish' || fault.kind === 'leave';
    return !isDeath || !sources.includes(fault.scx);
  };
  return profile === 'fast' && liars.length === 0 && faults.every(isHarmless);
}

/** Each hole in what an SCX delivers is one that it counted. */
function createHoleChecker(): Observer {
  const last = new Map<string, number>();
  const uncounted = new Map<string, number>();
  const keyOf = (scx: SimulatedScx, source: SourceId): string => `${scx.index}/${source}`;
  return {
    onEvent: (scx, event) => {
      if (event.kind !== 'missed') return;
      const key = keyOf(scx, event.source);
      uncounted.set(key, (uncounted.get(key) ?? 0) - event.count);
    },
    onDeliver: (scx, adu: Adu) => {
      const key = keyOf(scx, adu.source);
      const hole = adu.sequence - (last.get(key) ?? adu.sequence - 1) - 1;
      last.set(key, adu.sequence);
      const rest = (uncounted.get(key) ?? 0) + hole;
      assert(rest <= 0, `SCX ${scx.index} has a hole of ${hole} before ${adu.sequence}`);
      uncounted.set(key, rest);
    },
  };
}

function applyFault(world: World, fault: Fault): void {
  const { network } = world;
  const scx = 'scx' in fault ? world.scxs[fault.scx] : undefined;
  switch (fault.kind) {
    case 'join':
      world.add();
      return;
    case 'crash':
    case 'vanish':
      if (scx?.isUp) world[fault.kind](scx);
      return;
    case 'leave':
      if (scx?.isUp && !scx.isFrozen) scx.feed({ kind: 'leave' });
      return;
    case 'freeze':
      if (scx === undefined || !scx.isUp || scx.isFrozen) return;
      world.freeze(scx);
      return world.at(world.now() + fault.forMs, () => world.thaw(scx));
    case 'breaks':
      network.breakRate = 1 / fault.everyMessages;
      return world.at(world.now() + fault.forMs, () => {
        network.breakRate = 0;
      });
    case 'jitter':
      network.jitterMs = fault.jitterMs;
      return world.at(world.now() + fault.forMs, () => {
        network.jitterMs = 0;
      });
    case 'cut':
      network.cut((each) => each.index % fault.each === 1);
      return world.at(world.now() + fault.forMs, () => network.cut(undefined));
  }
}

const endOf = (faults: readonly Fault[]): number =>
  Math.max(...faults.map((fault) => fault.atMs + ('forMs' in fault ? fault.forMs : 0)));

/** From now on an SCX lies, if it is up. */
function corrupt(world: World, { scx: index, manner }: LiarOf): void {
  const scx = world.scxs[index];
  if (scx?.isUp) becomeLiar(manner, { world, scx, rng: world.rng.fork(`liar ${index}`) });
}

/** Edges that only one of two honest ends believes in, as text. */
function halfEdges(world: World): Set<string> {
  const live = world.honest();
  const byId = new Map(live.map((scx) => [scx.gossamer.self().id, scx]));
  const halves = new Set<string>();
  for (const scx of live) {
    for (const { member, ours } of scx.gossamer.view().neighbours) {
      if (world.scxs.find(({ address }) => address === member.address)?.isLiar) continue;
      const other = byId.get(member.id)?.gossamer.view().neighbours;
      const back = other?.find((neighbour) => neighbour.member.id === scx.gossamer.self().id);
      if (back === undefined || back.ours === ours) halves.add(`${scx.index} > ${member.address}`);
    }
  }
  return halves;
}

function checkAgreement(world: World, config: GossamerConfig): void {
  const before = halfEdges(world);
  world.runUntil(world.now() + 2 * config.keepAliveIntervalMs + 1000);
  const after = halfEdges(world);
  const lasting = [...before].filter((half) => after.has(half));
  assert(lasting.length === 0, `edges with one end: ${lasting.join(', ')}`);
}

function checkReception(
  world: World,
  sources: ReadonlyMap<SourceId, SimulatedScx>,
  behindMaxMs: number,
): void {
  for (const [source, at] of sources) {
    if (!at.isUp || at.gossamer.view().state !== 'joined') continue;
    const nextAt = (scx: SimulatedScx): number => {
      const flows = scx.gossamer.view().sources.find((known) => known.source.id === source)?.flows;
      return flows?.[0]?.next ?? -1;
    };
    const newest = nextAt(at);
    const least = newest - behindMaxMs / ADU_INTERVAL_MS;
    const behind = world.honest().filter((scx) => nextAt(scx) < least);
    const text = behind.map((scx) => `${scx.index} (${nextAt(scx)})`).join(', ');
    assert(behind.length === 0, `SCXs behind ${newest} of the source at ${at.index}: ${text}`);
  }
}

/** Plays a scenario to its end; throws where an invariant breaks. */
export function playScenario(scenario: Scenario, observers: readonly Observer[] = []): Outcome {
  const { seed, scxs, rendezvousPoints } = scenario;
  const config = scenario.profile === 'paper' ? PAPER : FAST;
  const checker = createChecker(config);
  const places = createRng(seed).fork('places');
  const where: { readonly x: number; readonly y: number }[] = [];
  const placeOf = (index: number): { readonly x: number; readonly y: number } => {
    where[index] ??= { x: 60 * places.unit(), y: 60 * places.unit() };
    return where[index];
  };
  const world = createWorld({
    seed,
    config,
    rendezvousPoints,
    delayMs: (from, to) => {
      const [a, b] = [placeOf(from), placeOf(to)];
      return 1 + Math.hypot(a.x - b.x, a.y - b.y);
    },
    observers: [checker, createHoleChecker(), ...observers],
  });
  for (let index = 0; index < scxs; index++) {
    placeOf(index);
    world.at((JOINED_MS * index) / scxs, () => world.add());
  }
  const sources = new Map<SourceId, SimulatedScx>();
  for (const index of scenario.sources) {
    world.at(JOINED_MS + SOURCES_MS, () => {
      const scx = world.scxs[index] as SimulatedScx;
      sources.set(world.broadcast(scx, ADU_INTERVAL_MS), scx);
    });
  }
  for (const fault of scenario.faults) world.at(fault.atMs, () => applyFault(world, fault));
  const liars = scenario.liars ?? [];
  for (const liar of liars) world.at(liar.atMs, () => corrupt(world, liar));
  world.runUntil(endOf(scenario.faults) + RECOVERY_MS[scenario.profile]);
  checker.checkConnected(world);
  checkReception(world, sources, liars.length > 0 ? BEHIND_LIARS_MAX_MS : BEHIND_MAX_MS);
  checkAgreement(world, config);
  const { delivered, missed } = checker.totals;
  assert(missed === 0 || !isLossless(scenario), `${missed} ADUs are missed without need`);
  const { messages } = world.network.counters;
  return { traceHash: world.traceHash(), delivered, missed, messages };
}
