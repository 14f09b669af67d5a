/**
 * One run of §5.1: SCXs at random places of a topology, "a well known rendezvous SCX. All remaining
 * SCXs join the session at a random instant within the first five seconds of the experiment", and
 * sources at randomly chosen ones. The trees are the machines' own next hops; the sources say nothing
 * unless asked to, as the shape of a tree does not depend on what flows through it.
 *
 * All is drawn from the seed, and what was drawn is part of the report: the same options give the
 * same report, trace hash included.
 */
import type { GossamerConfig } from '../../gossamer/core/config.js';
import { createRng, type Rng } from '../../lib/rng.js';
import {
  type ControlTraffic,
  createControlTraffic,
  type TrafficTotals,
} from '../metrics/control-traffic.js';
import { type Cost, measureCost, overlayDistances } from '../metrics/cost-ratio.js';
import {
  createDiscoveryProgress,
  type DiscoveryProgress,
  type Known,
} from '../metrics/discovery-progress.js';
import { type LinkStress, measureStress } from '../metrics/link-stress.js';
import { createReception, type ReceptionReport } from '../metrics/reception.js';
import { createStabilisation } from '../metrics/stabilisation.js';
import { type DelayMs, readTrees, starHops, type Tree, treeHops } from '../metrics/tree.js';
import { findYardstick } from '../metrics/yardstick.js';
import { measureDistances } from '../topology/distances.js';
import { sizeOf, type Topology } from '../topology/topology.js';
import { createWorld, type World } from '../world/world.js';

/** What a session is drawn from. */
export interface SessionOptions {
  readonly topology: Topology;
  readonly seed: number;
  /** At most as many as the topology has nodes. */
  readonly scxs: number;
  readonly sources: number;
  /** The profile, its degree included. */
  readonly config: GossamerConfig;
  /** The SCXs join within so many ms. */
  readonly joinWithinMs: number;
}

/** "All remaining SCXs join ... within the first five seconds" (§5.1). */
export const JOIN_WITHIN_MS = 5000;

export interface ExperimentOptions extends SessionOptions {
  readonly untilMs: number;
  /** Each source publishes so many ADUs a second; 0: it says nothing. */
  readonly adusPerSecond: number;
  /** Hears of the simulated time after each sample. */
  readonly onProgress?: (nowMs: number) => void;
}

/** What chance decided. */
export interface Drawn {
  readonly seed: number;
  /** By SCX: its node in the topology; SCX 0 is the rendezvous point. */
  readonly places: readonly number[];
  readonly joinInstantsMs: readonly number[];
  /** The source SCXs. */
  readonly sources: readonly number[];
}

/** The session at one instant. */
export interface Sample {
  readonly atMs: number;
  /** C / C_star of each source's tree; null before anyone has a route. */
  readonly ratios: readonly (number | null)[];
  /** SCXs without a route to some source, those that have yet to join included. */
  readonly unreached: number;
  /** Since the beginning, each edge counted at both ends. */
  readonly edgeChangesPerScx: number;
  /** Control traffic since the last sample, per SCX: the mean, and the busiest one's. */
  readonly messagesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly bytesPerSecondMax: number;
}

export interface SourceReport extends Cost {
  readonly scx: number;
  /** Of the best tree that a centralised search finds; null where that would take too long. */
  readonly yardstick: Cost | null;
  /** Null on a matrix, which has no links. */
  readonly stress: { readonly tree: LinkStress; readonly star: LinkStress } | null;
}

export interface ExperimentReport {
  readonly drawn: Drawn;
  readonly samples: readonly Sample[];
  /** At the end. */
  readonly sources: readonly SourceReport[];
  /** By SCX: when it knew 90% and all of the others; null: not by the end. */
  readonly discovery: {
    readonly most: readonly (number | null)[];
    readonly all: readonly (number | null)[];
    /** Figure 7: how many others one SCX, chosen at random, knew from each instant on. */
    readonly watched: { readonly scx: number; readonly known: readonly Known[] };
  };
  /** §5.1's rule; null: not quiet by the end. */
  readonly stableSinceMs: number | null;
  readonly edgeChangesPerScx: number;
  /** Null when the sources say nothing. */
  readonly reception: ReceptionReport | null;
  readonly traffic: Readonly<Record<string, TrafficTotals>>;
  readonly traceHash: string;
}

const SAMPLE_MS = 5000;
const DISCOVERY_SAMPLE_MS = 250;

/** The search takes a second for 350 SCXs, and grows with their square. */
const YARDSTICK_SCXS_MAX = 1000;

/** Places, joins and sources of a session. */
export function drawSession(options: SessionOptions, rng: Rng): Drawn {
  const { seed, scxs, sources, topology, joinWithinMs } = options;
  const nodes = Array.from({ length: sizeOf(topology) }, (_, node) => node);
  const places = rng.fork('places').sample(nodes, scxs);
  const joins = rng.fork('joins');
  const later = Array.from({ length: scxs - 1 }, () => joins.unit() * joinWithinMs);
  const joinInstantsMs = [0, ...later.sort((a, b) => a - b)];
  const indexes = Array.from({ length: scxs }, (_, index) => index);
  return { seed, places, joinInstantsMs, sources: rng.fork('sources').sample(indexes, sources) };
}

/** Without ADUs silence is no stall: nobody need look for another parent. */
const withoutStalls = (config: GossamerConfig): GossamerConfig => ({
  ...config,
  stallMs: Number.POSITIVE_INFINITY,
});

function schedule(world: World, drawn: Drawn, adusPerSecond: number): void {
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

function watchDiscovery(world: World, progress: DiscoveryProgress): void {
  const look = (): void => {
    for (const { index, gossamer } of world.scxs) {
      progress.see(index, gossamer.membersKnown(), world.now());
    }
    if (!progress.isComplete) world.at(world.now() + DISCOVERY_SAMPLE_MS, look);
  };
  look();
}

/** Turns the traffic since the last call into rates. */
function createRates(traffic: ControlTraffic, scxs: number) {
  let [messages, bytes, since] = [0, 0, 0];
  return (now: number) => {
    const perSecond = 1000 / (now - since);
    const rates = {
      messagesPerSecond: ((traffic.total.messages - messages) * perSecond) / scxs,
      bytesPerSecond: ((traffic.total.bytes - bytes) * perSecond) / scxs,
      bytesPerSecondMax: Math.max(0, ...traffic.takeBytesByScx().filter(Boolean)) * perSecond,
    };
    ({ messages, bytes } = traffic.total);
    since = now;
    return rates;
  };
}

/** Plays the run. */
export function runExperiment(options: ExperimentOptions): ExperimentReport {
  const { topology, scxs, config, untilMs, adusPerSecond } = options;
  const rng = createRng(options.seed);
  const drawn = drawSession(options, rng);
  const { delayMs } = measureDistances(topology, drawn.places);
  const overlayMs = drawn.sources.map((source) => overlayDistances(scxs, source, delayMs));
  const stabilisation = createStabilisation();
  const traffic = createControlTraffic();
  const watched = rng.fork('watched').below(scxs);
  const discovery = createDiscoveryProgress(scxs, config.membersMax, watched);
  const reception = createReception(drawn.joinInstantsMs, untilMs);
  const observers = [stabilisation, traffic, reception];
  const world = createWorld({
    seed: options.seed,
    config: adusPerSecond === 0 ? withoutStalls(config) : config,
    delayMs,
    observers,
  });
  schedule(world, drawn, adusPerSecond);
  watchDiscovery(world, discovery);

  const trees = (): Tree[] => readTrees(world.scxs, drawn.sources);
  const costOf = (tree: Tree, index: number): Cost =>
    measureCost(tree, delayMs, overlayMs[index] as number[]);
  const takeRates = createRates(traffic, scxs);
  const takeSample = (): Sample => {
    const costs = trees().map(costOf);
    const missing = new Set(costs.flatMap(({ unreached }) => unreached));
    return {
      atMs: world.now(),
      ratios: costs.map(({ ratio }) => (Number.isNaN(ratio) ? null : ratio)),
      unreached: missing.size + scxs - world.scxs.length,
      edgeChangesPerScx: stabilisation.changes / scxs,
      ...takeRates(world.now()),
    };
  };

  const samples: Sample[] = [];
  for (let instant = SAMPLE_MS; instant <= untilMs; instant += SAMPLE_MS) {
    world.runUntil(instant);
    samples.push(takeSample());
    options.onProgress?.(instant);
  }
  world.runUntil(untilMs);

  const orNull = (instants: readonly (number | undefined)[]): (number | null)[] =>
    instants.map((instant) => instant ?? null);
  return {
    drawn,
    samples,
    sources: trees().map((tree, index) => ({
      scx: tree.source,
      ...costOf(tree, index),
      yardstick: yardstickOf(tree, options, delayMs, overlayMs[index] as number[], rng),
      stress: stressOf(tree, topology, drawn.places),
    })),
    discovery: {
      most: orNull(discovery.instantsMs(0.9)),
      all: orNull(discovery.instantsMs(1)),
      watched: { scx: watched, known: discovery.watched },
    },
    stableSinceMs: stabilisation.stableSince(untilMs) ?? null,
    edgeChangesPerScx: stabilisation.changes / scxs,
    reception: adusPerSecond === 0 ? null : reception.report(),
    traffic: Object.fromEntries(traffic.byKind),
    traceHash: world.traceHash(),
  };
}

function yardstickOf(
  { source }: Tree,
  { scxs, config }: ExperimentOptions,
  delayMs: DelayMs,
  overlayMs: readonly number[],
  rng: Rng,
): Cost | null {
  if (scxs > YARDSTICK_SCXS_MAX) return null;
  const degreeMax = config.addedEdgesMax + config.acceptedEdgesMax;
  const forked = rng.fork(`yardstick ${source}`);
  const tree = findYardstick({ scxs, source, degreeMax, delayMs, rng: forked });
  return measureCost(tree, delayMs, overlayMs);
}

function stressOf(
  tree: Tree,
  topology: Topology,
  places: readonly number[],
): SourceReport['stress'] {
  if (topology.kind === 'matrix') return null;
  const measure = (hops: ReturnType<typeof treeHops>): LinkStress =>
    measureStress(topology.graph, places, hops);
  return { tree: measure(treeHops(tree)), star: measure(starHops(tree)) };
}
