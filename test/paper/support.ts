/** A session in the simulated world, for the claims of the paper; the checker is always on. */
import { FAST, type GossamerConfig, PAPER } from '../../src/gossamer/core/config.js';
import type { Effect, GossamerEvent } from '../../src/gossamer/core/effects.js';
import type { NodeId, SourceId } from '../../src/gossamer/core/node.js';
import type { GossamerView } from '../../src/gossamer/view.js';
import { type Checker, createChecker } from '../../src/simulator/world/checker.js';
import type { SimulatedScx } from '../../src/simulator/world/simulated-scx.js';
import { createWorld, type World } from '../../src/simulator/world/world.js';

/** Both profiles, for a claim that holds in both. */
export const PROFILES = [
  ['paper', PAPER],
  ['fast', FAST],
] as const;

/** How long a session of a few dozen SCXs takes to find its mesh, ms. */
export const settlingMs = (config: GossamerConfig): number =>
  config.probeIntervalMinMs === PAPER.probeIntervalMinMs ? 120_000 : 15_000;

/** How long a route takes to spread over a few dozen SCXs: a few hops, each an update later, ms. */
export const spreadingMs = (config: GossamerConfig): number =>
  config.triggersUpdates ? 10_000 : 5 * config.updateIntervalMs;

interface Heard<What> {
  readonly scx: SimulatedScx;
  readonly what: What;
  readonly now: number;
}

export interface Session {
  readonly world: World;
  readonly checker: Checker;
  readonly effects: Heard<Effect>[];
  readonly events: Heard<GossamerEvent>[];
  readonly delivered: Heard<{ readonly source: SourceId; readonly sequence: number }>[];
  scx(index: number): SimulatedScx;
  view(index: number): GossamerView;
  views(): GossamerView[];
  /** Lets that much time pass. */
  pass(ms: number): void;
  /** The number of events of that kind since an instant. */
  count(kind: GossamerEvent['kind'], since?: number): number;
  /** Control messages of that kind since an instant. */
  messages(kind: string, since?: number): Heard<Extract<Effect, { kind: 'send' }>>[];
  idOf(index: number): NodeId;
}

export interface SessionOptions {
  readonly config: GossamerConfig;
  readonly scxs: number;
  readonly seed?: number;
  readonly rendezvousPoints?: number;
  readonly delayMs?: (from: number, to: number) => number;
  /** The time between two joins, ms. Default 50. */
  readonly apartMs?: number;
  /** False for long runs whose effects are not looked at. */
  readonly recordsEffects?: boolean;
}

/** 5 to 53 ms apart, not all alike. */
const someDelayMs = (from: number, to: number): number => 5 + (Math.abs(from - to) % 17) * 3;

/** A session whose SCXs join one after the other, from instant 0 on. */
export function createSession(options: SessionOptions): Session {
  const { config, scxs, seed = 1, rendezvousPoints = 1, apartMs = 50 } = options;
  const { recordsEffects = true } = options;
  const effects: Heard<Effect>[] = [];
  const events: Heard<GossamerEvent>[] = [];
  const delivered: Session['delivered'] = [];
  const checker = createChecker(config);
  const world = createWorld({
    seed,
    config,
    rendezvousPoints,
    delayMs: options.delayMs ?? someDelayMs,
    observers: [
      checker,
      {
        onEffect: (scx, what, now) => {
          if (recordsEffects) effects.push({ scx, what, now });
        },
        onEvent: (scx, what, now) => void events.push({ scx, what, now }),
        onDeliver: (scx, { source, sequence }, now) =>
          void delivered.push({ scx, what: { source, sequence }, now }),
      },
    ],
  });
  for (let index = 0; index < scxs; index++) world.at(index * apartMs, () => world.add());
  const scx = (index: number): SimulatedScx => world.scxs[index] as SimulatedScx;
  return {
    world,
    checker,
    effects,
    events,
    delivered,
    scx,
    view: (index) => scx(index).gossamer.view(),
    views: () => world.live().map((each) => each.gossamer.view()),
    pass: (ms) => world.runUntil(world.now() + ms),
    count: (kind, since = 0) =>
      events.filter((event) => event.what.kind === kind && event.now >= since).length,
    messages: (kind, since = 0) =>
      effects.flatMap(({ scx: sender, what, now }) =>
        what.kind === 'send' && what.message.kind === kind && now >= since
          ? [{ scx: sender, what, now }]
          : [],
      ),
    idOf: (index) => scx(index).gossamer.self().id,
  };
}

/** How many SCXs of the world can be reached from the first live one over edges. */
export function isConnected(session: Session): boolean {
  try {
    session.checker.checkConnected(session.world);
    return true;
  } catch {
    return false;
  }
}

/** Lets time pass in small steps until something holds; returns how long that took, ms. */
export function timeUntil(session: Session, holds: () => boolean, limitMs: number): number {
  const { world } = session;
  const start = world.now();
  while (!holds()) {
    if (world.now() - start > limitMs) throw new Error(`not within ${limitMs} ms`);
    session.pass(50);
  }
  return world.now() - start;
}

/** What an SCX has delivered of a source, by number. */
export const heardOf = (session: Session, index: number, source: SourceId): number[] =>
  session.delivered
    .filter(({ scx, what }) => scx.index === index && what.source === source)
    .map(({ what }) => what.sequence);

/** Whether numbers follow each other without hole or repetition. */
export const isContiguous = (numbers: readonly number[]): boolean =>
  numbers.every((number, index) => number === (numbers[0] as number) + index);
