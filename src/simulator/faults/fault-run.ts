/**
 * One run of a session under faults: it settles with a source that sends as an MP3 of 128 kbit/s does,
 * the faults come, and what every SCX is given is measured until well after their end. The checker is
 * on all the time.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import type { NodeId, SourceId } from '../../gossamer/core/node.js';
import { healingBoundMs } from '../../gossamer/leaves/heartbeat.js';
import { createRng, type Rng } from '../../lib/rng.js';
import {
  type Drawn,
  drawSession,
  JOIN_WITHIN_MS,
  type SessionOptions,
} from '../experiment/experiment.js';
import { measureDistances } from '../topology/distances.js';
import { sizeOf } from '../topology/topology.js';
import { createChecker } from '../world/checker.js';
import type { SimulatedScx } from '../world/simulated-scx.js';
import { createWorld, type World } from '../world/world.js';
import { createDeliveryLog } from './delivery-log.js';
import { type FaultReport, measureFaults } from './fault-report.js';
import { type FaultEvent, type FaultScenario, inject, newcomersOf } from './scenario.js';
import { type Attached, liveViews, reachedFrom, watchWholeness } from './wholeness.js';

export interface FaultOptions extends Omit<SessionOptions, 'joinWithinMs'> {
  readonly scenario: FaultScenario;
  /** The mesh has so long to settle. */
  readonly settleMs: number;
  /** Faults that last, and say not how long, do so for this long. */
  readonly lastingMs: number;
  /** Hears of the simulated time. */
  readonly onProgress?: (nowMs: number) => void;
}

/** An MPEG-1 Layer III frame holds 1152 samples, of which there are 44,100/s: 38.28 ADUs/s. */
const ADU_INTERVAL_MS = (1000 * 1152) / 44_100;

/** Sessions are watched for so long after the last fault, ms; longer where healing may take longer. */
export const watchMs = (config: GossamerConfig): number =>
  Math.max(WATCH_MS, 2 * healingBoundMs(config));
const WATCH_MS = 30_000;

const PROGRESS_MS = 5000;

/** How long the faults last. */
const lastingMs = ({ scenario, lastingMs }: FaultOptions): number => {
  if (scenario.kind === 'crash' || scenario.kind === 'vanish') return 0;
  return scenario.kind === 'partition' ? scenario.forMs : lastingMs;
};

/** When a run ends, ms. */
export const endOf = (options: FaultOptions): number =>
  options.settleMs + lastingMs(options) + watchMs(options.config);

/** Those who join later may share a node with others. */
function placesOf(drawn: Drawn, options: FaultOptions, rng: Rng): number[] {
  const newcomers = newcomersOf(options.scenario, lastingMs(options));
  const nodes = sizeOf(options.topology);
  return [...drawn.places, ...Array.from({ length: newcomers }, () => rng.below(nodes))];
}

function begin(world: World, drawn: Drawn, sources: Map<SourceId, SimulatedScx>): void {
  const isSource = new Set(drawn.sources);
  for (const [index, instant] of drawn.joinInstantsMs.entries()) {
    world.at(instant, () => {
      const scx = world.add();
      if (!isSource.has(index)) return;
      sources.set(world.broadcast(scx, ADU_INTERVAL_MS), scx);
    });
  }
}

/** The SCXs to which the mesh still leads from all sources. */
function reachable(world: World, sources: Attached): Set<number> {
  const views = liveViews(world);
  const reached = [...sources.values()].map((scx) => reachedFrom(views, scx.gossamer.self().id));
  const isReached = (id: NodeId): boolean => reached.every((ids) => ids.has(id));
  const live = world.live().filter(({ gossamer }) => isReached(gossamer.self().id));
  return new Set(live.map(({ index }) => index));
}

/** Lets time pass to the end; what broke on the way, or null. */
function play(world: World, endMs: number, onProgress?: (nowMs: number) => void): string | null {
  try {
    while (world.now() < endMs) {
      world.runUntil(Math.min(endMs, world.now() + PROGRESS_MS));
      onProgress?.(world.now());
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Plays the run. */
export function runFaults(options: FaultOptions): FaultReport {
  const { seed, config, scenario, settleMs } = options;
  const rng = createRng(seed);
  const drawn = drawSession({ ...options, joinWithinMs: JOIN_WITHIN_MS }, rng);
  const places = placesOf(drawn, options, rng.fork('newcomers'));
  const log = createDeliveryLog();
  const checker = createChecker(config);
  const { delayMs } = measureDistances(options.topology, places);
  const world = createWorld({ seed, config, delayMs, observers: [checker, log] });
  const sources = new Map<SourceId, SimulatedScx>();
  const events: FaultEvent[] = [];
  const toMs = settleMs + lastingMs(options);
  let reached = new Set<number>();
  begin(world, drawn, sources);
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
  const broken = play(world, endMs, options.onProgress) ?? checkEnd(world, checker);
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
