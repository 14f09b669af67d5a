/**
 * One run of one protocol for a comparison. A session of §5.1 is drawn, its sources publish, a share
 * of the nodes dies at one instant, and the rest is watched until the end. Nodes, instants of joining,
 * sources and victims are drawn from the seed alone: the same seed gives all protocols the same.
 */
import type { SourceId } from '../../gossamer/core/node.js';
import { createRng, type Rng } from '../../lib/rng.js';
import {
  type Drawn,
  drawSession,
  JOIN_WITHIN_MS,
  type SessionOptions,
} from '../experiment/drawn-session.js';
import { createSampler, type Sample } from '../experiment/sample.js';
import { settledSince } from '../experiment/settling.js';
import { type SourceReport, watchTrees } from '../experiment/trees.js';
import {
  createDeliveryLog,
  type DeliveryLog,
  longestPauseMs,
  type Spread,
  spreadOf,
} from '../faults/delivery-log.js';
import { inject } from '../faults/scenario.js';
import { createControlTraffic } from '../metrics/control-traffic.js';
import { createStabilisation } from '../metrics/stabilisation.js';
import { measureDistances } from '../topology/distances.js';
import { createWorld, type Observer, type World } from '../world/world.js';
import { contestantOf, type ProtocolName } from './protocols.js';

export interface ComparisonOptions extends Omit<SessionOptions, 'joinWithinMs'> {
  readonly protocol: ProtocolName;
  /** All nodes join within this time, ms; default: that of §5.1. */
  readonly joinWithinMs?: number;
  /** ADUs that each source publishes per second. */
  readonly adusPerSecond: number;
  /** When nodes die, ms. */
  readonly settleMs: number;
  /** How they die: processes, whose sockets are reset, or machines, without notice. */
  readonly fault: { readonly kind: 'crash' | 'vanish'; readonly share: number };
  /** The run ends this long after it, ms. */
  readonly watchMs: number;
  /** Called with the simulated time, ms. */
  readonly onProgress?: (nowMs: number) => void;
  /** See everything that SCXs do; the run is the same without. */
  readonly observers?: readonly Observer[];
}

export interface ComparisonReport {
  readonly protocol: ProtocolName;
  readonly drawn: Drawn;
  /** The trees before the fault. */
  readonly trees: readonly SourceReport[];
  /** Since when the mean cost ratio stays near its last value, ms; null: not before the fault. */
  readonly settledMs: number | null;
  /** Control traffic of a node in the last half minute before the fault, bytes per second. */
  readonly controlBytesPerSecond: number;
  /** The same of the busiest node. */
  readonly controlBytesPerSecondMax: number;
  /** Transmissions of an ADU for each node that received it, in the same time; a tree has 1. */
  readonly copies: number;
  readonly victims: readonly number[];
  /** ADUs published from the fault on that survivors received, %. */
  readonly receivedPercent: number;
  /** The longest time without an ADU of each survivor from the fault on, ms. */
  readonly stallMs: Spread | null;
  /** Survivors that received nothing published in the last seconds. */
  readonly lost: number;
  readonly traceHash: string;
}

const SAMPLE_MS = 5000;
/** The samples of the last half minute. */
const STEADY_SAMPLES = 6;
/** An ADU of the last seconds may still be on its way, ms. */
const IN_TRANSIT_MS = 5000;

/** Counts transmissions and deliveries of ADUs; `take` gives their ratio since its last call. */
function createCopies(protocol: ProtocolName): Observer & { readonly take: () => number } {
  const { controlBytes } = contestantOf(protocol);
  let [sent, delivered] = [0, 0];
  return {
    onEffect: (_scx, effect) => {
      if (effect.kind === 'forward') sent++;
      else if (effect.kind === 'send' && controlBytes(effect.message) === undefined) sent++;
    },
    // The node that publishes delivers to itself, which takes no transmission.
    onDeliver: (_scx, { timestampMs }, now) => {
      if (now > timestampMs) delivered++;
    },
    take: () => {
      const ratio = sent / Math.max(1, delivered);
      [sent, delivered] = [0, 0];
      return ratio;
    },
  };
}

/**
 * Lets the nodes join at their instants, the sources with what they publish. Returns where each
 * source is, as soon as it is there.
 */
function scheduleJoins(world: World, drawn: Drawn, adusPerSecond: number): Map<SourceId, number> {
  const sources = new Map<SourceId, number>();
  for (const [index, instant] of drawn.joinInstantsMs.entries()) {
    world.at(instant, () => {
      const scx = world.add();
      if (!drawn.sources.includes(index)) return;
      sources.set(world.broadcast(scx, 1000 / adusPerSecond), index);
    });
  }
  return sources;
}

/** Kills the victims; returns their indexes. */
function strike(world: World, rng: Rng, drawn: Drawn, fault: ComparisonOptions['fault']): number[] {
  const victims: number[] = [];
  inject(fault, {
    ...{ world, rng: rng.fork('faults'), sources: drawn.sources },
    ...{ fromMs: world.now(), toMs: world.now() },
    note: ({ scxs }) => void victims.push(...scxs),
  });
  return victims;
}

/** What one survivor received of one source from the fault on. */
interface Received {
  readonly due: number;
  readonly got: number;
  readonly stallMs: number;
  /** Whether it received something published in the last seconds that count. */
  readonly isServed: boolean;
}

function receivedBy(
  log: DeliveryLog,
  scx: number,
  source: SourceId,
  { settleMs, watchMs }: ComparisonOptions,
): Received {
  const endMs = settleMs + watchMs;
  const reception = log.receptions.find((each) => each.scx === scx && each.source === source) ?? {
    ...{ scx, source, sequences: [], instantsMs: [] },
  };
  const has = new Set(reception.sequences);
  let [due, got, isServed] = [0, 0, false];
  for (const [sequence, instant] of log.published(source).entries()) {
    if (instant < settleMs || instant > endMs - IN_TRANSIT_MS) continue;
    due++;
    if (!has.has(sequence)) continue;
    got++;
    isServed ||= instant > endMs - 2 * IN_TRANSIT_MS;
  }
  return { due, got, stallMs: longestPauseMs(reception, settleMs, endMs), isServed };
}

function survivorsOf(drawn: Drawn, victims: readonly number[], source: number): number[] {
  const indexes = [...drawn.places.keys()];
  return indexes.filter((index) => index !== source && !victims.includes(index));
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Everything that measures one run, and the world that is measured. */
function prepare(options: ComparisonOptions) {
  const { topology, scxs, config, seed, protocol } = options;
  const rng = createRng(seed);
  const drawn = drawSession({ joinWithinMs: JOIN_WITHIN_MS, ...options }, rng);
  const { delayMs } = measureDistances(topology, drawn.places);
  const stabilisation = createStabilisation();
  const contestant = contestantOf(protocol);
  const traffic = createControlTraffic(contestant.controlBytes);
  const log = createDeliveryLog(config.channels[0] ?? 0);
  const copies = createCopies(protocol);
  const world = createWorld({
    ...{ seed, config, delayMs, createScx: contestant.create },
    observers: [stabilisation, traffic, log, copies, ...(options.observers ?? [])],
  });
  const trees = watchTrees({ topology, scxs, config, drawn, delayMs, world: world.scxs, rng });
  const takeSample = createSampler({ world, scxs, trees, stabilisation, traffic });
  return { rng, drawn, world, trees, takeSample, log, copies };
}

/** Plays a run and reports it. */
export function compare(options: ComparisonOptions): ComparisonReport {
  const { protocol, settleMs, watchMs, onProgress } = options;
  const { rng, drawn, world, trees, takeSample, log, copies } = prepare(options);
  const sources = scheduleJoins(world, drawn, options.adusPerSecond);
  const samples: (Sample & { readonly copies: number })[] = [];
  for (let instant = SAMPLE_MS; instant <= settleMs; instant += SAMPLE_MS) {
    world.runUntil(instant);
    samples.push({ ...takeSample(), copies: copies.take() });
    onProgress?.(instant);
  }
  world.runUntil(settleMs);
  const before = trees.report();
  const victims = strike(world, rng, drawn, options.fault);
  world.runUntil(settleMs + watchMs);
  onProgress?.(settleMs + watchMs);
  const received = [...sources].flatMap(([source, at]) =>
    survivorsOf(drawn, victims, at).map((scx) => receivedBy(log, scx, source, options)),
  );
  const steady = samples.slice(-STEADY_SAMPLES);
  const due = received.reduce((sum, each) => sum + each.due, 0);
  const got = received.reduce((sum, each) => sum + each.got, 0);
  return {
    ...{ protocol, drawn, trees: before, victims },
    copies: mean(steady.map((sample) => sample.copies)),
    settledMs: settledSince(samples) ?? null,
    controlBytesPerSecond: mean(steady.map(({ bytesPerSecond }) => bytesPerSecond)),
    controlBytesPerSecondMax: Math.max(...steady.map((sample) => sample.bytesPerSecondMax)),
    receivedPercent: (100 * got) / due,
    stallMs: spreadOf(received.map(({ stallMs }) => stallMs)),
    lost: received.filter(({ isServed }) => !isServed).length,
    traceHash: world.traceHash(),
  };
}
