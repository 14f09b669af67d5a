/**
 * A directory session (gossamer/entries) in a simulated network: each SCX is that of a cluster, which has a
 * slot of facts and some of announcements. What is measured: how soon an entry is everywhere, how
 * soon a newcomer has all, what the session costs while little happens, whether all agree after a
 * partition, and what one author that floods does to the others.
 *
 * Bodies are as long as real ones, and contents do not matter here. Forged entries are those with a
 * signature of zeros.
 */
import { FAST, withEntriesOnly } from '../../gossamer/core/config.js';
import { type AuthorKey, type Entry, SLOTS_MAX, stampOf } from '../../gossamer/core/entry.js';
import { createRng, type Rng } from '../../lib/rng.js';
import { type ControlTraffic, createControlTraffic } from '../metrics/control-traffic.js';
import { measureDistances } from '../topology/distances.js';
import { sizeOf, type Topology } from '../topology/topology.js';
import type { SimulatedScx } from '../world/simulated-scx.js';
import { createWorld, type World } from '../world/world.js';
import { createSpread, type Spread } from './spread.js';

export interface DirectoryOptions {
  readonly topology: Topology;
  readonly seed: number;
  readonly scxs: number;
  /** Besides the facts of the cluster. */
  readonly announcementsPerScx: number;
  /** How often a cluster issues its facts again, ms. */
  readonly refreshMs: number;
  /** How long the quiet time is measured, ms. */
  readonly quietMs: number;
  /** Entries whose way to all SCXs is measured. */
  readonly probes: number;
}

export interface DirectoryReport {
  readonly entries: number;
  /** From the issue of an entry to its last arrival, ms, of each that was measured. */
  readonly spreadMs: readonly number[];
  /** From its first step until a newcomer has all entries, ms. */
  readonly newcomerMs: number;
  /** Sent by each SCX while little happens, kbit/s: about entries, and in all. */
  readonly quietKbps: readonly number[];
  readonly quietTotalKbps: readonly number[];
  /** From the end of a partition until all have the same entries, ms. */
  readonly healedMs: number;
  /** As `spreadMs`, of the entries of others while one author floods. */
  readonly floodedSpreadMs: readonly number[];
  /** Sent by each other SCX meanwhile, kbit/s. */
  readonly floodKbps: readonly number[];
  /** SCXs that lack an entry at the end. */
  readonly incomplete: number;
}

/** Compressed announcements, and facts of a cluster, bytes. */
const ANNOUNCEMENT_BYTES = 400;
const FACTS_BYTES = 300;
const SIGNATURE_BYTES = 64;

const DAY_MS = 86_400_000;
const SETTLE_MS = 20_000;
/** The first announcements are published within this time, ms. */
const PUBLISH_MS = 20_000;
const PROBE_MS = 400;
/** What an entry may take to be everywhere before it counts as lost, ms. */
const SPREAD_MS_MAX = 10_000;
/** What was issued at its beginning is news no more at its end (NEWS_MS of entries.ts), ms. */
const CUT_MS = 75_000;
const CATCH_UP_MS_MAX = 600_000;
const FLOOD_MS = 20_000;
const FLOOD_ENTRIES = 10_000;

const KEY_DIGITS = 64;

interface Stage {
  readonly options: DirectoryOptions;
  readonly world: World;
  readonly traffic: ControlTraffic;
  readonly spread: Spread;
  readonly rng: Rng;
  /** By SCX. */
  readonly authors: AuthorKey[];
}

const drawAuthor = (rng: Rng): AuthorKey =>
  Array.from({ length: KEY_DIGITS }, () => rng.below(16).toString(16)).join('') as AuthorKey;

const drawEntry = (author: AuthorKey, slot: number, issuedMs: number): Entry => ({
  ...{ author, slot, issuedMs, lifeMs: 2 * DAY_MS },
  body: new Uint8Array(slot === 0 ? FACTS_BYTES : ANNOUNCEMENT_BYTES),
  signature: new Uint8Array(SIGNATURE_BYTES).fill(1),
});

function createStage(options: DirectoryOptions): Stage {
  const { seed, topology, scxs } = options;
  const rng = createRng(seed).fork('directory');
  const nodes = Array.from({ length: sizeOf(topology) }, (_, node) => node);
  const { delayMs } = measureDistances(topology, rng.fork('places').sample(nodes, scxs + 1));
  const traffic = createControlTraffic();
  const spread = createSpread();
  const world = createWorld({
    ...{
      seed,
      config: withEntriesOnly(FAST),
      delayMs,
      observers: [traffic, spread],
      rendezvousPoints: 2,
    },
    verifyEntry: ({ signature }) => signature[0] !== 0,
  });
  return { options, world, traffic, spread, rng, authors: [] };
}

const run = ({ world }: Stage, forMs: number): void => world.runUntil(world.now() + forMs);

/** An SCX issues an entry now. */
function issue({ world, authors, spread }: Stage, scx: SimulatedScx, slot: number): void {
  const author = authors[scx.index] as AuthorKey;
  const entry = drawEntry(author, slot, Math.ceil(world.now()));
  spread.onIssued(stampOf(entry), world.now());
  scx.feed({ kind: 'publishEntries', entries: [entry] });
}

function addScx(stage: Stage): SimulatedScx {
  stage.authors.push(drawAuthor(stage.rng));
  return stage.world.add();
}

/** All join, and publish what they have. */
function begin(stage: Stage): void {
  const { options, world, rng } = stage;
  for (let index = 0; index < options.scxs; index++) {
    world.at(rng.unit() * 5000, () => void addScx(stage));
  }
  run(stage, SETTLE_MS);
  for (const scx of world.scxs) {
    for (let slot = 0; slot <= options.announcementsPerScx; slot++) {
      world.at(world.now() + rng.unit() * PUBLISH_MS, () => issue(stage, scx, slot));
    }
  }
  run(stage, PUBLISH_MS + SETTLE_MS);
}

/** Some SCXs issue an entry each, one after the other; how long each took to be everywhere, ms. */
function probe(stage: Stage, authors: readonly SimulatedScx[]): readonly number[] {
  const { world, rng, spread } = stage;
  const from = world.now();
  for (let index = 0; index < stage.options.probes; index++) {
    const scx = rng.pick(authors) as SimulatedScx;
    const slot = 1 + rng.below(stage.options.announcementsPerScx);
    world.at(from + index * PROBE_MS, () => issue(stage, scx, slot));
  }
  run(stage, stage.options.probes * PROBE_MS + SPREAD_MS_MAX);
  return spread.since(from, world.live().length);
}

/** Facts are issued again at their interval, and announcements once a day. */
function keepFresh(stage: Stage, untilMs: number): void {
  const { world, rng, options } = stage;
  const repeat = (everyMs: number, scx: SimulatedScx, slot: () => number): void => {
    const again = (): void => {
      if (world.now() >= untilMs) return;
      issue(stage, scx, slot());
      world.at(world.now() + everyMs, again);
    };
    world.at(world.now() + rng.unit() * everyMs, again);
  };
  for (const scx of world.live()) {
    const slots = options.announcementsPerScx;
    repeat(options.refreshMs, scx, () => 0);
    repeat(DAY_MS / slots, scx, () => 1 + rng.below(slots));
  }
}

const ENTRY_KINDS = [
  'entries',
  'entryNews',
  'entryEager',
  'entryDigest',
  'entryHaves',
  'entryWants',
];

const entryBytes = ({ byKind }: ControlTraffic): number =>
  ENTRY_KINDS.reduce((sum, kind) => sum + (byKind.get(kind)?.bytes ?? 0), 0);

const kbps = (bytes: number, ms: number): number => (8 * bytes) / ms;

/** What is sent while little happens, kbit/s: about entries on average, and in all by SCX. */
function beQuiet(stage: Stage): { readonly about: number; readonly total: readonly number[] } {
  const { world, traffic, options } = stage;
  keepFresh(stage, world.now() + options.quietMs);
  traffic.takeBytesByScx();
  const before = entryBytes(traffic);
  run(stage, options.quietMs);
  const about = kbps(entryBytes(traffic) - before, options.quietMs) / world.live().length;
  return { about, total: traffic.takeBytesByScx().map((bytes) => kbps(bytes, options.quietMs)) };
}

/** Whether all SCXs have the newest entry of each slot. */
const lacking = ({ world, spread }: Stage): number =>
  world.live().filter(({ gossamer }) => !spread.hasAll(gossamer.entries())).length;

/** Runs until a condition holds; returns the time that it took, ms. */
function until(stage: Stage, stepMs: number, isDone: () => boolean): number {
  const from = stage.world.now();
  while (!isDone() && stage.world.now() - from < CATCH_UP_MS_MAX) run(stage, stepMs);
  return stage.world.now() - from;
}

function addNewcomer(stage: Stage): number {
  const scx = addScx(stage);
  return until(stage, 50, () => stage.spread.hasAll(scx.gossamer.entries()));
}

/** Half of the SCXs are cut off; both halves go on issuing entries. */
function partition(stage: Stage): number {
  const { world, rng } = stage;
  const away = new Set(rng.sample([...world.scxs], Math.floor(world.scxs.length / 2)));
  world.network.cut((scx) => away.has(scx));
  for (let index = 0; index < stage.options.probes; index++) {
    const scx = rng.pick(world.live()) as SimulatedScx;
    const slot = 1 + rng.below(stage.options.announcementsPerScx);
    world.at(world.now() + (index * CUT_MS) / stage.options.probes, () => issue(stage, scx, slot));
  }
  run(stage, CUT_MS);
  world.network.cut(undefined);
  return until(stage, 500, () => lacking(stage) === 0);
}

/** One author issues all its slots again and again; the others go on as before. */
function flood(stage: Stage) {
  const { world, traffic, authors, rng } = stage;
  const flooder = rng.pick(world.live()) as SimulatedScx;
  const author = authors[flooder.index] as AuthorKey;
  const from = Math.ceil(world.now());
  const others = world.live().filter((scx) => scx !== flooder);
  for (let index = 0; index < FLOOD_ENTRIES; index++) {
    world.at(from + (index * FLOOD_MS) / FLOOD_ENTRIES, () => {
      const entry = drawEntry(author, index % SLOTS_MAX, from + index);
      flooder.feed({ kind: 'publishEntries', entries: [entry] });
    });
  }
  stage.spread.disregard(stampOf(drawEntry(author, 0, 0)).author);
  traffic.takeBytesByScx();
  const spreadMs = probe(stage, others);
  const bytes = traffic.takeBytesByScx();
  const lastedMs = world.now() - from;
  return { spreadMs, rates: others.map(({ index }) => kbps(bytes[index] ?? 0, lastedMs)) };
}

/** Plays a run and reports it. */
export function runDirectory(options: DirectoryOptions): DirectoryReport {
  const stage = createStage(options);
  begin(stage);
  const entries = stage.spread.size;
  const spreadMs = probe(stage, stage.world.live());
  const newcomerMs = addNewcomer(stage);
  const quiet = beQuiet(stage);
  const healedMs = partition(stage);
  const flooded = flood(stage);
  return {
    ...{ entries, spreadMs, newcomerMs, healedMs },
    quietKbps: [quiet.about],
    quietTotalKbps: quiet.total,
    ...{ floodedSpreadMs: flooded.spreadMs, floodKbps: flooded.rates },
    incomplete: lacking(stage),
  };
}
