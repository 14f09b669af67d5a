/**
 * One session, played flat or with two levels: the same SCXs at the same nodes of a topology join at
 * the same instants and hear the same source, so the two can be compared.
 */
import { FAST } from '../../gossamer/core/config.js';
import type { Effect } from '../../gossamer/core/effects.js';
import type { Adu } from '../../gossamer/core/node.js';
import { type LevelsConfig, TWO_LEVELS } from '../../gossamer/levels/level-config.js';
import type { LevelMessage } from '../../gossamer/levels/level-messages.js';
import type { LevelsView } from '../../gossamer/levels/levels.js';
import { createRng } from '../../lib/rng.js';
import { dataMessageBytes, messageBytes } from '../../wire/encoder.js';
import { drawSession, JOIN_WITHIN_MS } from '../experiment/drawn-session.js';
import { measureDistances } from '../topology/distances.js';
import type { Topology } from '../topology/topology.js';
import { createWorld } from '../world/world.js';
import { createFrameLog, type FrameLog } from './frame-log.js';
import { createLevelsWorld, type LevelsNode } from './levels-world.js';

export interface LevelsRunOptions {
  readonly topology: Topology;
  readonly seed: number;
  readonly scxs: number;
  /** 1: every SCX is in one mesh, under the rules of production. */
  readonly levels: 1 | 2;
  readonly config?: LevelsConfig;
  /** The session ends at this simulated time, ms. */
  readonly untilMs: number;
  /** The source publishes a frame each so many ms. */
  readonly frameMs: number;
  /** Representatives that die in a row before the end, each `deathMs` after the one before. */
  readonly deaths?: number;
  readonly onProgress?: (nowMs: number) => void;
}

export interface LevelsReport {
  readonly ratio: number;
  /** Since when every frame has reached all SCXs; and since when also the ratio is near the last one. */
  readonly wholeMs: number | undefined;
  readonly settledMs: number | undefined;
  /** Frames that SCXs skipped, those that they got twice; and those skipped after deaths. */
  readonly missed: number;
  readonly repeated: number;
  readonly missedAfterDeaths: number;
  /** Control traffic of an SCX in the last third of the time, bytes/s: the mean, and the most. */
  readonly bytesPerSecond: number;
  readonly bytesPerSecondMost: number;
  /** Members that an SCX knows, in all its meshes: the mean, and the most at any sample. */
  readonly known: number;
  readonly knownMost: number;
  readonly neighbourhoods: readonly number[];
  readonly representatives: number;
  /** Changes of neighbourhoods. */
  readonly moves: number;
}

const SAMPLE_MS = 5000;

/** Frames of the last seconds may still be under way, ms. */
const IN_TRANSIT_MS = 3000;

/** What follows a death is watched for this time, ms. */
const DEATH_MS = 10_000;

/** A level message as the wire would frame it: 6 bytes for an address, 16 for an id. */
const levelMessageBytes = (message: LevelMessage): number => {
  if (message.kind === 'seek') return 16;
  const { entries, above, near } = message.offer;
  return 16 + 24 + 6 * (entries.length + above.length + near.length);
};

const effectBytes = (effect: Effect): number => {
  if (effect.kind === 'send') return messageBytes(effect.message);
  return effect.kind === 'sendData' ? dataMessageBytes(effect.message.body) : 0;
};

/** What a run needs of a world. */
interface Played {
  add(index: number): void;
  runUntil(instant: number): void;
  at(instant: number, action: () => void): void;
  known(): number[];
  views(): LevelsView[];
  /** Ends the process of a representative, if there is one. */
  killRepresentative(): void;
}

interface Watch {
  readonly log: FrameLog;
  /** Bytes sent since the last third began, by SCX. */
  readonly bytes: Float64Array;
}

function playFlat(
  options: LevelsRunOptions,
  delayMs: DelayMs,
  source: number,
  watch: Watch,
): Played {
  const world = createWorld({
    ...{ seed: options.seed, config: FAST, delayMs },
    observers: [
      {
        onEffect: ({ index }, effect) => count(watch, index, effectBytes(effect)),
        onDeliver: ({ index }, adu: Adu, now) => watch.log.onDeliver(index, adu, now),
      },
    ],
  });
  return {
    ...{ runUntil: world.runUntil, at: world.at, views: () => [] },
    add: (index) => {
      const scx = world.add();
      if (index === source) world.broadcast(scx, options.frameMs);
    },
    known: () => world.scxs.map(({ gossamer }) => gossamer.membersKnown()),
    killRepresentative: () => {},
  };
}

type DelayMs = (from: number, to: number) => number;

function count({ bytes }: Watch, index: number, more: number): void {
  bytes[index] = (bytes[index] as number) + more;
}

function playTwoLevels(
  options: LevelsRunOptions,
  delayMs: DelayMs,
  source: number,
  watch: Watch,
): Played {
  const world = createLevelsWorld({
    ...{ seed: options.seed, config: options.config ?? TWO_LEVELS, delayMs },
    observers: [
      {
        onEffect: ({ index }, effect) => count(watch, index, effectBytes(effect)),
        onLevelMessage: ({ index }, message) => count(watch, index, levelMessageBytes(message)),
        onDeliver: ({ index }, adu, now) => watch.log.onDeliver(index, adu, now),
      },
    ],
  });
  const isVictim = ({ index, isUp, levels }: LevelsNode): boolean =>
    isUp && index !== 0 && index !== source && levels.view().isRepresentative;
  return {
    ...{ runUntil: world.runUntil, at: world.at },
    add: (index) => {
      const node = world.add();
      if (index === source) world.broadcast(node, options.frameMs);
    },
    known: () => world.nodes.map(({ levels }) => levels.view().membersKnown),
    views: () => world.nodes.filter(({ isUp }) => isUp).map(({ levels }) => levels.view()),
    killRepresentative: () => {
      const victim = world.nodes.find(isVictim);
      if (victim !== undefined) world.crash(victim);
    },
  };
}

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, each) => sum + each, 0) / values.length;

const most = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((largest, each) => Math.max(largest, each), 0);

/** The sizes of neighbourhoods, the largest first. */
function sizesOf(views: readonly LevelsView[]): number[] {
  const sizes = new Map<string | undefined, number>();
  for (const { oldest } of views) sizes.set(oldest, (sizes.get(oldest) ?? 0) + 1);
  return [...sizes.values()].sort((a, b) => b - a);
}

/** Plays a session and reports it. */
export function runLevels(options: LevelsRunOptions): LevelsReport {
  const { topology, seed, scxs, levels, untilMs, deaths = 0 } = options;
  const drawing = { topology, seed, scxs, sources: 1, config: FAST, joinWithinMs: JOIN_WITHIN_MS };
  const drawn = drawSession(drawing, createRng(seed));
  const source = drawn.sources[0] as number;
  const { delayMs } = measureDistances(topology, drawn.places);
  const log = createFrameLog(drawn.places.map((_, index) => delayMs(source, index)));
  const watch: Watch = { log, bytes: new Float64Array(scxs) };
  const play = levels === 1 ? playFlat : playTwoLevels;
  const played = play(options, delayMs, source, watch);
  for (const [index, instant] of drawn.joinInstantsMs.entries()) {
    played.at(instant, () => played.add(index));
  }
  const quietFrom = Math.ceil((untilMs * 2) / 3);
  played.at(quietFrom, () => void watch.bytes.fill(0));
  let knownMost = 0;
  for (let instant = SAMPLE_MS; instant <= untilMs; instant += SAMPLE_MS) {
    played.runUntil(instant);
    knownMost = Math.max(knownMost, most(played.known()));
    options.onProgress?.(instant);
  }
  const perSecond = watch.bytes.map((sent) => (1000 * sent) / (untilMs - quietFrom));
  const missed = log.missed();
  const report = {
    ratio: log.ratio(untilMs - SAMPLE_MS - IN_TRANSIT_MS, untilMs - IN_TRANSIT_MS),
    wholeMs: log.wholeSince(untilMs - IN_TRANSIT_MS),
    settledMs: log.settledSince(untilMs - IN_TRANSIT_MS),
    ...{ missed, repeated: log.repeated() },
    ...{ bytesPerSecond: mean(perSecond), bytesPerSecondMost: most(perSecond) },
    ...{ known: mean(played.known()), knownMost },
    neighbourhoods: sizesOf(played.views()),
    representatives: played.views().filter(({ isRepresentative }) => isRepresentative).length,
    moves: played.views().reduce((sum, each) => sum + each.moves, 0),
  };
  for (let death = 1; death <= deaths; death++) {
    played.killRepresentative();
    played.runUntil(untilMs + death * DEATH_MS);
  }
  return { ...report, missedAfterDeaths: log.missed() - missed };
}
