/**
 * The scene of a drill: clusters of one session, each on a host of its own, with real delays
 * between them; a broadcast into one of them, and listeners at each, which check every frame.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createRng, type Rng } from '../../../src/lib/rng.js';
import { type Running, until } from '../../../test/e2e/support/processes.js';
import {
  type Cluster,
  createStage,
  listenUrl,
  type Stage,
} from '../../../test/e2e/support/stage.js';
import { closeOnSignal } from '../machine/close-on-signal.js';
import { numberedAudio } from '../players/numbered-audio.js';
import { createFrameListener, type FrameListener } from './frame-listener.js';
import { type Network, openNetwork } from './network.js';

const PATH = 'drill.example/steady';

/** One-way delays between hosts. */
const DELAY_MS_MIN = 10;
const DELAY_MS_MAX = 80;

/** An SCX as its cluster shows it. */
type Scx = Awaited<ReturnType<Cluster['scxs']>>[number];

/** An SCX and its position in the tree. */
export interface Member {
  readonly scx: Scx;
  /** The index of its cluster. */
  readonly site: number;
  /** Ids. */
  readonly parent: string | null;
  readonly children: readonly string[];
  readonly isSource: boolean;
}

/** Whether a drill may hit it: it feeds others, and is not the source's SCX. */
export const hasChildren = ({ isSource, children }: Member): boolean =>
  !isSource && children.length > 0;

export interface SceneOptions {
  readonly clusters: number;
  readonly listeners: number;
  readonly seed: number;
  /** The logs tell every step of the overlay. */
  readonly isTraced?: boolean;
}

export interface Scene {
  readonly stage: Stage;
  readonly clusters: readonly Cluster[];
  readonly network: Network;
  readonly listeners: readonly FrameListener[];
  readonly broadcast: Running;
  readonly rng: Rng;
  readonly isTraced: boolean;
  /** A seeded distance for each pair of hosts. */
  delayMs(one: number, other: number): number;
  /** The clusters' SCXs; a cluster that does not answer has none. */
  members(): Promise<readonly Member[]>;
  /**
   * Resolves when every cluster has its SCX, all SCXs are fed, and all listeners hear, for a while.
   */
  settled(): Promise<readonly Member[]>;
  close(): Promise<void>;
}

/** The broadcast goes into this cluster, which is no rendezvous point. */
const SOURCE_SITE = 1;
/** How long the scene must have been well, ms: the mesh has settled, more or less. */
const WELL_MS = 3000;
const SETTLED_WITHIN_MS = 60_000;
const VICTIM_WITHIN_MS = 60_000;
/** A listener without a frame for longer than this hears nothing, ms. */
const SILENT_MS = 500;

/** Announcements lead newcomers to the first and to the last cluster. */
async function announce(stage: Stage, clusters: readonly Cluster[]): Promise<string> {
  const [home] = clusters as [Cluster];
  const ends = new Set([home, clusters.at(-1) as Cluster]);
  const meet = [...ends].flatMap(({ url }) => ['--rendezvous', `${url}/rendezvous/${PATH}`]);
  return stage.announce(home, `scattercast://${PATH}`, ...meet);
}

function flowOf(scx: Scx) {
  return scx.sources[0]?.flows.find(({ channel }) => channel === 1);
}

async function membersOf(clusters: readonly Cluster[]): Promise<readonly Member[]> {
  const found = clusters.map((cluster) => cluster.scxs().catch(() => []));
  const scxs = (await Promise.all(found)).flatMap((ofOne, site) =>
    ofOne.map((scx) => ({ scx, site, parent: flowOf(scx)?.parent ?? null })),
  );
  return scxs.map((one) => ({
    ...one,
    isSource: one.scx.attachedSources > 0,
    children: scxs.filter(({ parent }) => parent === one.scx.id).map(({ scx }) => scx.id),
  }));
}

function isWell(
  members: readonly Member[],
  { clusters, listeners }: Pick<Scene, 'clusters' | 'listeners'>,
) {
  const sites = new Set(members.map(({ site }) => site));
  const isFed = members.every(({ isSource, parent }) => isSource || parent !== null);
  const hear = (listener: FrameListener): boolean =>
    performance.now() - listener.heard().lastAt < SILENT_MS;
  return (
    sites.size === clusters.length &&
    members.filter(({ isSource }) => isSource).length === 1 &&
    isFed &&
    listeners.every(hear)
  );
}

/** Listeners that were closed connect again; then the scene has to be well for a while. */
async function settle(scene: Scene): Promise<readonly Member[]> {
  let wellSince: number | undefined;
  return until(
    'all to be well',
    async () => {
      for (const listener of scene.listeners) if (listener.isClosed) listener.again();
      const members = await scene.members();
      if (isWell(members, scene)) wellSince ??= performance.now();
      else wellSince = undefined;
      await pause(200);
      const isLong = wellSince !== undefined && performance.now() - wellSince > WELL_MS;
      return isLong && members;
    },
    SETTLED_WITHIN_MS,
  );
}

/**
 * Draws a member that a drill may hit. In a young mesh, or on a busy machine, all SCXs may be fed by
 * the source's for a while, so it waits; undefined: there was none for a long time.
 */
export async function pickVictim(
  scene: Scene,
  isVictim: (member: Member) => boolean,
): Promise<Member | undefined> {
  const find = async (): Promise<readonly Member[] | false> => {
    const victims = (await scene.members()).filter(isVictim);
    return victims.length > 0 && victims;
  };
  const victims = await until('a victim', find, VICTIM_WITHIN_MS).catch(() => []);
  return scene.rng.pick(victims);
}

/** One-way delays, the same both ways, ms. */
function drawDelays(count: number, rng: Rng): readonly (readonly number[])[] {
  const delays: number[][] = Array.from({ length: count }, () => Array(count).fill(0));
  const span = DELAY_MS_MAX - DELAY_MS_MIN;
  for (let one = 0; one < count; one++) {
    for (let other = 0; other < one; other++) {
      const drawn = DELAY_MS_MIN + span * rng.unit();
      (delays[one] as number[])[other] = drawn;
      (delays[other] as number[])[one] = drawn;
    }
  }
  return delays;
}

async function build(stage: Stage, network: Network, options: SceneOptions): Promise<Scene> {
  const rng = createRng(options.seed);
  const [, ...hosts] = network.hosts;
  const delays = drawDelays(hosts.length, rng.fork('distances'));
  const delayMs: Scene['delayMs'] = (one, other) => delays[one]?.[other] ?? 0;
  hosts.forEach((_, one) => {
    for (let other = 0; other < one; other++) {
      network.change?.(one + 1, other + 1, { delayMs: delayMs(one, other), jitterMs: 0, loss: 0 });
    }
  });
  const { isTraced = false } = options;
  const level = isTraced ? ['--log-level', 'debug'] : [];
  const extra = ['--write-interval', '0.05', '--linger', '600', ...level];
  const opening = hosts.map((host) => stage.cluster({ host, extra }));
  const clusters = await Promise.all(opening);
  const announcement = await announce(stage, clusters);
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, numberedAudio());
  const studio = clusters[SOURCE_SITE] as Cluster;
  const broadcast = await stage.broadcast(studio, announcement, '--loop', file);
  const listeners = clusters.flatMap((cluster, site) =>
    Array.from({ length: options.listeners }, () =>
      createFrameListener(() => listenUrl(cluster, announcement), site),
    ),
  );
  const scene: Scene = {
    ...{ stage, clusters, network, listeners, broadcast, rng, delayMs, isTraced },
    members: () => membersOf(clusters),
    settled: () => settle(scene),
    close: async () => {
      for (const listener of listeners) listener.stop();
      await stage.close();
      await network.close();
    },
  };
  return scene;
}

/**
 * Opens a scene; resolves when it has settled. When it fails, what it has started is gone again.
 */
export async function openScene(options: SceneOptions): Promise<Scene> {
  const stage = createStage({ SCATTERCAST_SPARE: process.env.SCATTERCAST_SPARE ?? '1' });
  const network = await openNetwork(options.clusters, stage.directory);
  const close = async (): Promise<void> => {
    await stage.close();
    await network.close();
  };
  closeOnSignal(close);
  try {
    const scene = await build(stage, network, options);
    await scene.settled();
    return scene;
  } catch (error) {
    await close();
    throw error;
  }
}
