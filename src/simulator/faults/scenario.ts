/**
 * The faults that a session may suffer, by name. Each is drawn from the run's seed. Every event and
 * the SCXs that it affects are recorded, so that a report can be read and a run can be replayed.
 *
 * The first SCX is the rendezvous point. It and the source SCXs are spared: without the rendezvous
 * point no SCX could join and no partition could heal (§3.4), and without sources there is nothing
 * to receive.
 */
import type { Rng } from '../../lib/rng.js';
import type { SimulatedScx } from '../world/simulated-scx.js';
import type { World } from '../world/world.js';
import { becomeLiar, MANNERS, type Manner } from './liars.js';

export type FaultScenario =
  /** A share (0..1) of the SCXs die at one instant: processes, whose sockets are reset, ... */
  | { readonly kind: 'crash'; readonly share: number }
  /** ... or machines, whose peers get no notice. */
  | { readonly kind: 'vanish'; readonly share: number }
  /** This number of SCXs joins each second, and as many go: half leave, half die in either way. */
  | { readonly kind: 'churn'; readonly perSecond: number }
  /** One half of the SCXs, drawn at random, is cut off from the other. */
  | { readonly kind: 'partition'; readonly forMs: number }
  /** A share (0..1) of all segments is lost, on every link. */
  | { readonly kind: 'loss'; readonly share: number }
  /** The SCX with the most children is repeatedly cut off. */
  | { readonly kind: 'flapping' }
  /** A share (0..1) of the SCXs lies, each in that manner, or each in one that is drawn. */
  | { readonly kind: 'liars'; readonly share: number; readonly manner: Manner | undefined };

/** An event, and the SCXs that it affects. */
export interface FaultEvent {
  readonly atMs: number;
  readonly what:
    | 'crash'
    | 'vanish'
    | 'leave'
    | 'join'
    | 'cut'
    | 'heal'
    | 'loss'
    | 'no loss'
    | `lie: ${Manner}`;
  readonly scxs: readonly number[];
}

/** The run in which a scenario happens. */
export interface Stage {
  readonly world: World;
  readonly rng: Rng;
  /** The source SCXs. */
  readonly sources: readonly number[];
  /** When the faults begin, and when those that last end. */
  readonly fromMs: number;
  readonly toMs: number;
  note(event: FaultEvent): void;
}

/** A flapping SCX is cut off for this time, once in each period, ms. Guess: a bad radio link. */
const FLAP_AWAY_MS = 2000;
const FLAP_PERIOD_MS = 10_000;

/** The rendezvous points of a session with liars: one of them may lie. */
export const LIARS_RENDEZVOUS_POINTS = 4;

/** How SCXs go in churn, in rotation. */
const DEPARTURES = ['leave', 'crash', 'leave', 'vanish'] as const;

const isSpared = (scx: SimulatedScx, { sources }: Stage): boolean =>
  scx.index === 0 || sources.includes(scx.index);

const exposed = (stage: Stage): SimulatedScx[] =>
  stage.world.live().filter((scx) => !isSpared(scx, stage));

/** One SCX leaves or dies. */
function remove(scx: SimulatedScx, how: (typeof DEPARTURES)[number], stage: Stage): void {
  const { world, note } = stage;
  note({ atMs: world.now(), what: how, scxs: [scx.index] });
  if (how === 'leave') scx.feed({ kind: 'leave' });
  else world[how](scx);
}

function strike(how: 'crash' | 'vanish', share: number, stage: Stage): void {
  const { world, rng, note } = stage;
  const victims = rng.sample(exposed(stage), Math.round(share * world.live().length));
  note({ atMs: world.now(), what: how, scxs: victims.map(({ index }) => index) });
  for (const scx of victims) world[how](scx);
}

/** How many SCXs join during a scenario. */
export const newcomersOf = (scenario: FaultScenario, lastingMs: number): number =>
  scenario.kind === 'churn' ? Math.floor((scenario.perSecond * lastingMs) / 1000) : 0;

function churn(perSecond: number, stage: Stage): void {
  const { world, rng, fromMs, toMs, note } = stage;
  const count = newcomersOf({ kind: 'churn', perSecond }, toMs - fromMs);
  for (let index = 0; index < count; index++) {
    world.at(fromMs + (index * 1000) / perSecond, () => {
      note({ atMs: world.now(), what: 'join', scxs: [world.add().index] });
      const departing = rng.pick(exposed(stage));
      const how = DEPARTURES[index % DEPARTURES.length] as (typeof DEPARTURES)[number];
      if (departing !== undefined) remove(departing, how, stage);
    });
  }
}

function cutOff(away: ReadonlySet<number>, forMs: number, { world, note }: Stage): void {
  const scxs = [...away];
  note({ atMs: world.now(), what: 'cut', scxs });
  world.network.cut((scx) => away.has(scx.index));
  world.at(world.now() + forMs, () => {
    world.network.cut(undefined);
    note({ atMs: world.now(), what: 'heal', scxs });
  });
}

function partition(forMs: number, stage: Stage): void {
  const { world, rng } = stage;
  const others = world.live().filter(({ index }) => index !== 0);
  const away = rng.sample(others, Math.floor(world.live().length / 2));
  cutOff(new Set(away.map(({ index }) => index)), forMs, stage);
}

function lose(share: number, { world, toMs, note }: Stage): void {
  world.network.lossRate = share;
  note({ atMs: world.now(), what: 'loss', scxs: [] });
  world.at(toMs, () => {
    world.network.lossRate = 0;
    note({ atMs: world.now(), what: 'no loss', scxs: [] });
  });
}

/** The number of children that an SCX has now, over all sources. */
const childrenOf = ({ gossamer }: SimulatedScx): number => {
  const flows = gossamer.view().sources.flatMap((source) => source.flows);
  return flows.reduce((total, { children }) => total + children.length, 0);
};

function flap(stage: Stage): void {
  const { world, fromMs, toMs } = stage;
  const [busiest] = exposed(stage).sort((a, b) => childrenOf(b) - childrenOf(a));
  if (busiest === undefined) return;
  for (let instant = fromMs; instant + FLAP_PERIOD_MS <= toMs; instant += FLAP_PERIOD_MS) {
    world.at(instant, () => cutOff(new Set([busiest.index]), FLAP_AWAY_MS, stage));
  }
}

/**
 * The liars. Of the rendezvous points at most the same share lies: an announcement whose rendezvous
 * points all lie leads nowhere.
 */
function drawLiars(share: number, { world, rng, sources }: Stage): SimulatedScx[] {
  const others = world.live().filter(({ index }) => !sources.includes(index));
  const isRendezvous = ({ gossamer }: SimulatedScx): boolean => gossamer.self().rendezvous;
  const points = others.filter(isRendezvous);
  const pointsMax = Math.floor(share * LIARS_RENDEZVOUS_POINTS);
  const drawn = rng.sample(others, Math.round(share * world.live().length));
  const spared = drawn.filter(isRendezvous).slice(pointsMax);
  const rest = others.filter((scx) => !drawn.includes(scx) && !points.includes(scx));
  return [...drawn.filter((scx) => !spared.includes(scx)), ...rng.sample(rest, spared.length)];
}

function corrupt({ share, manner }: Extract<FaultScenario, { kind: 'liars' }>, stage: Stage): void {
  const { world, rng, note } = stage;
  const byManner = new Map<Manner, number[]>();
  for (const scx of drawLiars(share, stage)) {
    const chosen = manner ?? (rng.pick(MANNERS) as Manner);
    becomeLiar(chosen, { world, scx, rng: rng.fork(`liar ${scx.index}`) });
    byManner.set(chosen, [...(byManner.get(chosen) ?? []), scx.index]);
  }
  for (const [how, scxs] of byManner) note({ atMs: world.now(), what: `lie: ${how}`, scxs });
}

/** Begins the faults now. */
export function inject(scenario: FaultScenario, stage: Stage): void {
  switch (scenario.kind) {
    case 'crash':
    case 'vanish':
      return strike(scenario.kind, scenario.share, stage);
    case 'churn':
      return churn(scenario.perSecond, stage);
    case 'partition':
      return partition(scenario.forMs, stage);
    case 'loss':
      return lose(scenario.share, stage);
    case 'flapping':
      return flap(stage);
    case 'liars':
      return corrupt(scenario, stage);
  }
}
