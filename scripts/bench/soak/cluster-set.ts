/**
 * The clusters of a soak: they carry one session, with a broadcast of numbered audio into the first
 * of them. Front ends and SCXs can be killed. We start a front end again; a cluster starts its SCX
 * again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Running } from '../../../test/e2e/support/processes.js';
import {
  type Cluster,
  createStage,
  listenUrl,
  type Stage,
} from '../../../test/e2e/support/stage.js';
import { AUDIO } from '../players/continuity.js';

const NAME = 'scattercast://drill.example/soak';
/** SCXs stay while they have no listener. */
const EXTRA = ['--linger', '600'];

/** A process and its name, such as "SCX 2". */
export interface Member {
  readonly name: string;
  readonly pid: number;
}

export interface ClusterSet {
  /** Where listeners ask for the stream, at each cluster. */
  readonly urls: readonly string[];
  /** All processes of ours, except the SCXs of a front end that is down. */
  members(): Promise<readonly Member[]>;
  /** The SCX of a cluster and its address; undefined: none is known. */
  scx(site: number): Promise<{ readonly pid: number; readonly origin: string } | undefined>;
  killFrontEnd(site: number): Promise<void>;
  startFrontEnd(site: number): Promise<void>;
  close(): Promise<void>;
}

async function scxsOf(cluster: Cluster) {
  const scxs = await cluster.scxs().catch(() => []);
  return scxs.map(({ pid, httpUrl }) => ({ pid, origin: new URL(httpUrl).origin }));
}

async function membersOf(clusters: readonly Cluster[], broadcast: Running): Promise<Member[]> {
  const found = await Promise.all(clusters.map(scxsOf));
  return [
    { name: 'broadcast', pid: broadcast.pid },
    ...clusters.map(({ process }, site) => ({ name: `front end ${site}`, pid: process.pid })),
    ...found.flatMap((scxs, site) => scxs.map(({ pid }) => ({ name: `SCX ${site}`, pid }))),
  ];
}

async function build(stage: Stage, count: number): Promise<ClusterSet> {
  const clusters: Cluster[] = [];
  while (clusters.length < count) clusters.push(await stage.cluster({ extra: EXTRA }));
  const at = (site: number): Cluster => clusters[site] as Cluster;
  const announcement = await stage.announce(at(0), NAME);
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, AUDIO);
  const broadcast = await stage.broadcast(at(0), announcement, '--loop', file);
  return {
    urls: clusters.map((cluster) => listenUrl(cluster, announcement)),
    members: () => membersOf(clusters, broadcast),
    scx: async (site) => (await scxsOf(at(site)))[0],
    killFrontEnd: async (site) => {
      at(site).process.child.kill('SIGKILL');
      await at(site).process.exited;
    },
    startFrontEnd: async (site) => {
      const { port, dataDir } = at(site);
      clusters[site] = await stage.cluster({ port, dataDir, extra: EXTRA });
    },
    close: stage.close,
  };
}

/** Opens that number of clusters; resolves when the session is on the air. */
export async function openClusterSet(count: number): Promise<ClusterSet> {
  const stage = createStage();
  return build(stage, count).catch(async (error: unknown) => {
    await stage.close();
    throw error;
  });
}
