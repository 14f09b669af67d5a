/**
 * One run of §5.1: a drawn session (drawn-session.ts) lives for a while and is measured. The trees
 * are the machines' own next hops. The sources publish nothing unless asked to, because the shape
 * of a tree does not depend on what flows through it.
 *
 * All is drawn from the seed, and what was drawn is part of the report: the same options give the
 * same report, trace hash included.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import { createRng } from '../../lib/rng.js';
import { createControlTraffic, type TrafficTotals } from '../metrics/control-traffic.js';
import {
  createDiscoveryProgress,
  type DiscoveryProgress,
  type Known,
} from '../metrics/discovery-progress.js';
import { createReception, type ReceptionReport } from '../metrics/reception.js';
import { createStabilisation } from '../metrics/stabilisation.js';
import { measureDistances } from '../topology/distances.js';
import { createWorld, type Observer, type World } from '../world/world.js';
import { type Drawn, drawSession, type SessionOptions } from './drawn-session.js';
import { type Looks, runLooking } from './looks.js';
import { createSampler, type Sample } from './sample.js';
import { type SourceReport, watchTrees } from './trees.js';

export interface ExperimentOptions extends SessionOptions {
  /** The run ends at this simulated time, ms. */
  readonly untilMs: number;
  /** The run ends sooner, when the mesh has not changed for 100 s: §5.1's rule. Default: false. */
  readonly endsWhenQuiet?: boolean;
  /** ADUs that each source publishes per second; 0: none. */
  readonly adusPerSecond: number;
  /** Called with the simulated time, ms, after each sample. */
  readonly onProgress?: (nowMs: number) => void;
  /** Looks at the SCXs while the run lasts; the run is the same without. */
  readonly looks?: Looks | undefined;
  /** See everything that SCXs do; the run is the same without. */
  readonly observers?: readonly Observer[];
}

export interface ExperimentReport {
  readonly drawn: Drawn;
  readonly samples: readonly Sample[];
  /** At the end. */
  readonly sources: readonly SourceReport[];
  /** By SCX: when it knew 90% and all of the others, ms; null: not by the end. */
  readonly discovery: {
    readonly most: readonly (number | null)[];
    readonly all: readonly (number | null)[];
    /** Figure 7: how many others one SCX, chosen at random, knew from each instant on. */
    readonly watched: { readonly scx: number; readonly known: readonly Known[] };
  };
  /** By §5.1's rule; null: the mesh was not quiet by the end. */
  readonly stableSinceMs: number | null;
  readonly edgeChangesPerScx: number;
  /** Null when the sources publish nothing. */
  readonly reception: ReceptionReport | null;
  /** By kind of message. */
  readonly traffic: Readonly<Record<string, TrafficTotals>>;
  /** By SCX: the most bytes of control traffic that it has sent within one second. */
  readonly worstSecondsBytes: readonly number[];
  readonly traceHash: string;
}

const SAMPLE_MS = 5000;
const DISCOVERY_SAMPLE_MS = 250;

/** Without ADUs silence is no stall: no SCX needs to look for another parent. */
const withoutStalls = (config: GossamerConfig): GossamerConfig => ({
  ...config,
  stallMs: Number.POSITIVE_INFINITY,
});

/** Lets the SCXs join at their instants, the source SCXs with their sources. */
function scheduleJoins(world: World, drawn: Drawn, adusPerSecond: number): void {
  const isSource = new Set(drawn.sources);
  for (const [index, instant] of drawn.joinInstantsMs.entries()) {
    world.at(instant, () => {
      const scx = world.add();
      if (!isSource.has(index)) return;
      if (adusPerSecond === 0) world.announce(scx);
      else world.broadcast(scx, 1000 / adusPerSecond);
    });
  }
}

/** Records how many members each SCX knows, until all know all. */
function watchDiscovery(world: World, progress: DiscoveryProgress): void {
  const look = (): void => {
    for (const { index, gossamer } of world.scxs) {
      progress.see(index, gossamer.membersKnown(), world.now());
    }
    if (!progress.isComplete) world.at(world.now() + DISCOVERY_SAMPLE_MS, look);
  };
  look();
}

const orNull = (instants: readonly (number | undefined)[]): (number | null)[] =>
  instants.map((instant) => instant ?? null);

/** Everything that measures one run, and the world that is measured. */
function prepare(options: ExperimentOptions) {
  const { topology, scxs, config, untilMs, adusPerSecond, seed } = options;
  const rng = createRng(seed);
  const drawn = drawSession(options, rng);
  const { delayMs } = measureDistances(topology, drawn.places);
  const stabilisation = createStabilisation();
  const traffic = createControlTraffic();
  const watched = rng.fork('watched').below(scxs);
  const discovery = createDiscoveryProgress(scxs, config.membersMax, watched);
  const reception = createReception(drawn.joinInstantsMs, untilMs);
  const world = createWorld({
    seed,
    config: adusPerSecond === 0 ? withoutStalls(config) : config,
    delayMs,
    observers: [stabilisation, traffic, reception, ...(options.observers ?? [])],
  });
  const trees = watchTrees({ topology, scxs, config, drawn, delayMs, world: world.scxs, rng });
  return { drawn, world, trees, stabilisation, traffic, watched, discovery, reception };
}

/** Lets the time of a run pass, and takes a sample each five seconds. */
function play(
  world: World,
  takeSample: () => Sample,
  isOver: (now: number) => boolean,
  options: ExperimentOptions,
): Sample[] {
  const samples: Sample[] = [];
  for (let instant = SAMPLE_MS; instant <= options.untilMs; instant += SAMPLE_MS) {
    runLooking(world, instant, options.looks);
    samples.push(takeSample());
    if (isOver(instant)) {
      options.onProgress?.(options.untilMs);
      return samples;
    }
    options.onProgress?.(instant);
  }
  runLooking(world, options.untilMs, options.looks);
  return samples;
}

/** Plays a run and reports it. */
export function runExperiment(options: ExperimentOptions): ExperimentReport {
  const { scxs, adusPerSecond } = options;
  const { drawn, world, trees, stabilisation, traffic, watched, discovery, reception } =
    prepare(options);
  scheduleJoins(world, drawn, adusPerSecond);
  watchDiscovery(world, discovery);
  const takeSample = createSampler({ world, scxs, trees, stabilisation, traffic });
  const isOver = (now: number): boolean =>
    options.endsWhenQuiet === true && stabilisation.isQuiet(now);
  const samples = play(world, takeSample, isOver, options);
  return {
    drawn,
    samples,
    sources: trees.report(),
    discovery: {
      most: orNull(discovery.instantsMs(0.9)),
      all: orNull(discovery.instantsMs(1)),
      watched: { scx: watched, known: discovery.watched },
    },
    stableSinceMs: stabilisation.stableSince(world.now()) ?? null,
    edgeChangesPerScx: stabilisation.changes / scxs,
    reception: adusPerSecond === 0 ? null : reception.report(),
    traffic: Object.fromEntries(traffic.byKind),
    worstSecondsBytes: traffic.worstSeconds(),
    traceHash: world.traceHash(),
  };
}
