/**
 * Our form of the scene: clusters of one session whose configuration does not name each other. The
 * source is at the first of them, listeners are at others.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import {
  type Cluster,
  createStage,
  killCluster,
  listenUrl,
  type Stage,
} from '../../../test/e2e/support/stage.js';
import { AUDIO } from '../players/continuity.js';
import type { Scene } from './scene.js';

const NAME = 'scattercast://drill.example/side-by-side';
const SITES = 3;

/** SCXs without clients stay. */
const LINGER = ['--linger', '600'];

/** More than a source's SCX has edges: some are fed by others. */
const CROWD = 10;
/** Until the tree of that many SCXs has settled, ms. */
const SHAPE_MS = 15_000;

async function openClusters(stage: Stage, count: number): Promise<Cluster[]> {
  const clusters: Cluster[] = [];
  while (clusters.length < count) clusters.push(await stage.cluster({ extra: LINGER }));
  return clusters;
}

/** Broadcasts at the first cluster that takes it, and again when it is gone. */
async function broadcast(stage: Stage, to: readonly Cluster[], announcement: string) {
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, AUDIO);
  const more = to.slice(1).flatMap(({ url }) => url);
  const [first] = to as [Cluster];
  const clusters = more.length === 0 ? [] : ['--cluster', [first.url, ...more].join(',')];
  await stage.broadcast(first, announcement, ...clusters, '--loop', file);
}

async function killScx(cluster: Cluster): Promise<void> {
  for (const { pid } of await cluster.scxs()) process.kill(pid, 'SIGKILL');
}

const nothing = async (): Promise<void> => undefined;

/** The source's SCX is killed; its cluster starts another one. */
async function buildSourceScx(stage: Stage): Promise<Scene> {
  const [home, ...sites] = (await openClusters(stage, 1 + SITES)) as [Cluster, ...Cluster[]];
  const announcement = await stage.announce(home, NAME);
  await broadcast(stage, [home], announcement);
  const urls = sites.map((site) => listenUrl(site, announcement));
  return { urls, strike: () => killScx(home), mend: nothing, close: stage.close };
}

/** The source's cluster is killed as a whole, front end and SCX, and started again by hand. */
async function buildSourceCluster(stage: Stage): Promise<Scene> {
  const [home, ...sites] = (await openClusters(stage, 1 + SITES)) as [Cluster, ...Cluster[]];
  const announcement = await stage.announce(home, NAME);
  await broadcast(stage, [home], announcement);
  const { port, dataDir } = home;
  return {
    urls: sites.map((site) => listenUrl(site, announcement)),
    strike: () => killCluster(home),
    mend: async () => void (await stage.cluster({ port, dataDir, extra: LINGER })),
    close: stage.close,
  };
}

/** The same, but the broadcaster knows a second cluster, and the first one stays dead. */
async function buildNextCluster(stage: Stage): Promise<Scene> {
  const [home, next, ...sites] = (await openClusters(stage, 2 + SITES)) as [
    ...[Cluster, Cluster],
    ...Cluster[],
  ];
  const announcement = await stage.announce(next, NAME);
  await broadcast(stage, [home, next], announcement);
  const urls = sites.map((site) => listenUrl(site, announcement));
  return { urls, strike: () => killCluster(home), mend: nothing, close: stage.close };
}

type Scx = Awaited<ReturnType<Cluster['scxs']>>[number];

const parentOf = ({ sources }: Scx): string | null =>
  sources[0]?.flows.find(({ channel }) => channel === 1)?.parent ?? null;

/** The SCX without a source that has the most children, and their clusters. */
async function findBetween(clusters: readonly Cluster[]) {
  const found = await Promise.all(clusters.map((cluster) => cluster.scxs()));
  const members = found.flatMap((scxs, i) =>
    scxs.map((scx) => ({ scx, cluster: clusters[i] as Cluster })),
  );
  const families = members
    .filter(({ scx }) => scx.attachedSources === 0)
    .map(({ scx }) => ({
      scx,
      below: members.filter((one) => parentOf(one.scx) === scx.id).map(({ cluster }) => cluster),
    }));
  return families.reduce((a, b) => (b.below.length > a.below.length ? b : a));
}

/** An SCX between the source's and others is killed; listeners are at those that it feeds. */
async function buildBetween(stage: Stage): Promise<Scene> {
  const clusters = await openClusters(stage, CROWD);
  const [home] = clusters as [Cluster];
  const announcement = await stage.announce(home, NAME);
  await broadcast(stage, [home], announcement);
  const urlOf = (cluster: Cluster): string => listenUrl(cluster, announcement);
  await Promise.all(clusters.map((cluster) => fetch(urlOf(cluster), { redirect: 'manual' })));
  await pause(SHAPE_MS);
  const between = await until('a family', async () => {
    const family = await findBetween(clusters);
    return family.below.length > 0 && family;
  });
  return {
    urls: between.below.slice(0, SITES).map(urlOf),
    strike: async () => void process.kill(between.scx.pid, 'SIGKILL'),
    mend: nothing,
    close: stage.close,
  };
}

const open = (build: (stage: Stage) => Promise<Scene>) => (): Promise<Scene> => {
  const stage = createStage();
  return build(stage).catch(async (error: unknown) => {
    await stage.close();
    throw error;
  });
};

export const openSourceScx = open(buildSourceScx);
export const openSourceCluster = open(buildSourceCluster);
export const openNextCluster = open(buildNextCluster);
export const openBetween = open(buildBetween);
