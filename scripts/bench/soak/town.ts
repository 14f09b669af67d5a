/**
 * Where a soak is played: clusters of one session, a broadcast of numbered audio into the first of them. Front ends
 * and SCXs can be killed; a front end is started again by us, an SCX by its cluster.
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
/** SCXs stay while nobody listens. */
const EXTRA = ['--linger', '600'];

/** A process, by what it is: "SCX 2". */
export interface Member {
  readonly name: string;
  readonly pid: number;
}

export interface Town {
  /** Where listeners ask for the stream, at each cluster. */
  readonly urls: readonly string[];
  /** All processes that are ours; of a front end that is down, its SCXs are not known. */
  members(): Promise<readonly Member[]>;
  /** The SCX of a cluster and where it listens; undefined: there is none that is known. */
  scx(place: number): Promise<{ readonly pid: number; readonly origin: string } | undefined>;
  killFrontEnd(place: number): Promise<void>;
  startFrontEnd(place: number): Promise<void>;
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
    ...clusters.map(({ process }, place) => ({ name: `front end ${place}`, pid: process.pid })),
    ...found.flatMap((scxs, place) => scxs.map(({ pid }) => ({ name: `SCX ${place}`, pid }))),
  ];
}

async function build(stage: Stage, count: number): Promise<Town> {
  const clusters: Cluster[] = [];
  while (clusters.length < count) clusters.push(await stage.cluster({ extra: EXTRA }));
  const at = (place: number): Cluster => clusters[place] as Cluster;
  const announcement = await stage.announce(at(0), NAME);
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, AUDIO);
  const broadcast = await stage.broadcast(at(0), announcement, '--loop', file);
  return {
    urls: clusters.map((cluster) => listenUrl(cluster, announcement)),
    members: () => membersOf(clusters, broadcast),
    scx: async (place) => (await scxsOf(at(place)))[0],
    killFrontEnd: async (place) => {
      at(place).process.child.kill('SIGKILL');
      await at(place).process.exited;
    },
    startFrontEnd: async (place) => {
      const { port, dataDir } = at(place);
      clusters[place] = await stage.cluster({ port, dataDir, extra: EXTRA });
    },
    close: stage.close,
  };
}

/** So many clusters, on the air. */
export async function openTown(count: number): Promise<Town> {
  const stage = createStage();
  return build(stage, count).catch(async (error: unknown) => {
    await stage.close();
    throw error;
  });
}
