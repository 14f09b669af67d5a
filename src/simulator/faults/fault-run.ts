/**
 * One run of a session under faults. The session settles with sources that publish like an MP3 of
 * 128 kbit/s, the faults begin, and everything that every SCX receives is recorded until well after
 * their end. The checker of the invariants is on all the time.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import type { NodeId, SourceId } from '../../gossamer/core/node.js';
import { healingBoundMs } from '../../gossamer/leaves/healing.js';
import { createRng, type Rng } from '../../lib/rng.js';
import {
  type Drawn,
  drawSession,
  JOIN_WITHIN_MS,
  type SessionOptions,
} from '../experiment/drawn-session.js';
import { type Looks, runLooking } from '../experiment/looks.js';
import { measureDistances } from '../topology/distances.js';
import { sizeOf } from '../topology/topology.js';
import { createChecker } from '../world/checker.js';
import type { SimulatedScx } from '../world/simulated-scx.js';
import { createWorld, type Observer, type World } from '../world/world.js';
import { createDeliveryLog, type DeliveryLog } from './delivery-log.js';
import { type FaultReport, measureFaults } from './fault-report.js';
import {
  type FaultEvent,
  type FaultScenario,
  inject,
  LIARS_RENDEZVOUS_POINTS,
  newcomersOf,
} from './scenario.js';
import { type Attached, liveViews, reachedFrom, watchWholeness } from './wholeness.js';

export interface FaultOptions extends Omit<SessionOptions, 'joinWithinMs'> {
  readonly scenario: FaultScenario;
  /** When the faults begin, ms: until then the mesh settles. */
  readonly settleMs: number;
  /** The duration of faults that have one but do not name it, ms. */
  readonly lastingMs: number;
  /** Called with the simulated time, ms. */
  readonly onProgress?: (nowMs: number) => void;
  /** Looks at the SCXs while the run lasts; the run is the same without. */
  readonly looks?: Looks | undefined;
  /** See everything that SCXs do; the run is the same without. */
  readonly observers?: readonly Observer[];
}

/** An MPEG-1 Layer III frame holds 1152 samples, of which there are 44,100/s: 38.28 ADUs/s. */
const ADU_INTERVAL_MS = (1000 * 1152) / 44_100;

/** Where titles are sent as well: a song each so many ms. Guess: short songs, for more samples. */
const TITLE_INTERVAL_MS = 10_000;

/** The least time that a session is watched after the last fault, ms. Guess. */
const WATCH_MS = 30_000;

/** How long a session is watched after the last fault, ms: longer where healing may take longer. */
export const watchMs = (config: GossamerConfig): number =>
  Math.max(WATCH_MS, 2 * healingBoundMs(config));

const PROGRESS_MS = 5000;

/** How long the faults last, ms. */
const lastingMs = ({ scenario, lastingMs }: FaultOptions): number => {
  if (scenario.kind === 'crash' || scenario.kind === 'vanish') return 0;
  return scenario.kind === 'partition' ? scenario.forMs : lastingMs;
};

/** When a run ends, ms. */
export const endOf = (options: FaultOptions): number =>
  options.settleMs + lastingMs(options) + watchMs(options.config);

/** The nodes of all SCXs. Those that join during the faults may share a node with others. */
function nodesOf(drawn: Drawn, options: FaultOptions, rng: Rng): number[] {
  const newcomers = newcomersOf(options.scenario, lastingMs(options));
  const nodes = sizeOf(options.topology);
  return [...drawn.places, ...Array.from({ length: newcomers }, () => rng.below(nodes))];
}

function begin(
  world: World,
  drawn: Drawn,
  sources: Map<SourceId, SimulatedScx>,
  titleIntervalMs: number | undefined,
): void {
  const isSource = new Set(drawn.sources);
  for (const [index, instant] of drawn.joinInstantsMs.entries()) {
    world.at(instant, () => {
      const scx = world.add();
      if (!isSource.has(index)) return;
      sources.set(world.broadcast(scx, ADU_INTERVAL_MS, titleIntervalMs), scx);
    });
  }
}

/** The SCXs that the mesh reaches from all sources now. */
function reachable(world: World, sources: Attached): Set<number> {
  const views = liveViews(world);
  const reached = [...sources.values()].map((scx) => reachedFrom(views, scx.gossamer.self().id));
  const isReached = (id: NodeId): boolean => reached.every((ids) => ids.has(id));
  const live = world.honest().filter(({ gossamer }) => isReached(gossamer.self().id));
  return new Set(live.map(({ index }) => index));
}

/** Runs to the end; returns the invariant that broke on the way, or null. */
function play(world: World, endMs: number, options: FaultOptions): string | null {
  try {
    while (world.now() < endMs) {
      runLooking(world, Math.min(endMs, world.now() + PROGRESS_MS), options.looks);
      options.onProgress?.(world.now());
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Plays a run and reports it. */
export function runFaults(options: FaultOptions): FaultReport {
  const { seed, config, scenario, settleMs } = options;
  const areLiars = scenario.kind === 'liars';
  const rng = createRng(seed);
  const drawn = drawSession({ ...options, joinWithinMs: JOIN_WITHIN_MS }, rng);
  const places = nodesOf(drawn, options, rng.fork('newcomers'));
  const [log, titles] = [0, 1].map((at) => createDeliveryLog(config.channels[at] ?? at)) as [
    DeliveryLog,
    DeliveryLog,
  ];
  const checker = createChecker(config);
  const { delayMs } = measureDistances(options.topology, places);
  const world = createWorld({
    ...{ seed, config, delayMs, observers: [checker, log, titles, ...(options.observers ?? [])] },
    rendezvousPoints: areLiars ? LIARS_RENDEZVOUS_POINTS : 1,
  });
  const sources = new Map<SourceId, SimulatedScx>();
  const events: FaultEvent[] = [];
  const toMs = settleMs + lastingMs(options);
  let reached = new Set<number>();
  begin(world, drawn, sources, areLiars ? TITLE_INTERVAL_MS : undefined);
  world.at(settleMs, () => {
    inject(scenario, {
      world,
      rng: rng.fork('faults'),
      sources: drawn.sources,
      fromMs: settleMs,
      toMs,
      note: (event) => void events.push(event),
    });
    reached = reachable(world, sources);
  });
  const wholeAgain = watchWholeness(world, sources, toMs);
  const endMs = endOf(options);
  const broken = play(world, endMs, options) ?? checkEnd(world, checker);
  return measureFaults({
    ...{
      drawn: { ...drawn, places },
      scenario,
      events,
      settleMs,
      toMs,
      endMs: world.now(),
      broken,
    },
    reached,
    sources: new Map([...sources].map(([source, { index }]) => [source, index])),
    receptions: log.receptions,
    published: log.published,
    titles: areLiars ? titles : undefined,
    wholeAgain: wholeAgain(),
    healingBoundMs: healingBoundMs(config),
    traceHash: world.traceHash(),
  });
}

function checkEnd(world: World, checker: ReturnType<typeof createChecker>): string | null {
  try {
    checker.checkConnected(world);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
