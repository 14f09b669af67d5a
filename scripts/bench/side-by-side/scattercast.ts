/**
 * Our way: clusters that are told nothing of each other. The source is at the first of them, listeners are at
 * others.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cluster, createStage, type Stage } from '../../../test/e2e/stage.js';
import { AUDIO } from '../continuity.js';
import type { Scene } from './scene.js';

const NAME = 'scattercast://drill.example/side-by-side';
const PLACES = 3;

/** Clusters without anything to do stay. */
const LINGER = ['--linger', '600'];

const listenUrl = ({ url }: Cluster, announcement: string): string =>
  `${url}/listen?${new URLSearchParams({ announcement })}`;

async function openClusters(stage: Stage, count: number): Promise<readonly Cluster[]> {
  const clusters: Cluster[] = [];
  while (clusters.length < count) clusters.push(await stage.cluster({ extra: LINGER }));
  return clusters;
}

async function killScx(cluster: Cluster): Promise<void> {
  for (const { pid } of await cluster.scxs()) process.kill(pid, 'SIGKILL');
}

async function build(stage: Stage): Promise<Scene> {
  const [home, ...places] = (await openClusters(stage, 1 + PLACES)) as [Cluster, ...Cluster[]];
  const announcement = await stage.announce(home, NAME);
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, AUDIO);
  await stage.broadcast(home, announcement, '--loop', file);
  return {
    urls: places.map((place) => listenUrl(place, announcement)),
    strike: () => killScx(home),
    mend: async () => undefined,
    close: () => stage.close(),
  };
}

/** A session whose source's SCX is killed; its cluster starts it again. */
export async function openSourceScx(): Promise<Scene> {
  const stage = createStage();
  return build(stage).catch(async (error: unknown) => {
    await stage.close();
    throw error;
  });
}
