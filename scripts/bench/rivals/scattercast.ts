/**
 * SCXs of one session, each in a cluster of its own; listeners connect to them without the front
 * end.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { CLIP, until } from '../../../test/e2e/support/processes.js';
import { type Cluster, createStage, listenUrl } from '../../../test/e2e/support/stage.js';
import type { Rival } from './rival.js';

/** Until the ring holds a burst and the SCX has its idle size, ms. */
const FILL_MS = 8000;
const LINGER = ['--linger', '600'];
/**
 * The listener limit of each SCX: the default, or a multiple of all listeners, so that none is
 * refused.
 */
const LIMIT_MIN = 10_000;
const LIMIT_FACTOR = 2;

/** Where a cluster sends the listeners of an announcement. */
export async function streamUrl(cluster: Cluster, announcement: string): Promise<string> {
  const answer = await fetch(listenUrl(cluster, announcement), { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`${cluster.url} answers with ${answer.status}`);
  return location;
}

/** The process of a cluster's only SCX. */
export async function scxPid(cluster: Cluster): Promise<number> {
  const [scx] = await until('the SCX', async () => {
    const scxs = await cluster.scxs();
    return scxs.length === 1 && scxs;
  });
  return scx?.pid ?? Number.NaN;
}

/** A session with as many SCXs as wanted, on the air. */
export const openScattercast: Rival = async ({ listeners, scxs }) => {
  const stage = createStage();
  const limit = ['--max-listeners', String(Math.max(LIMIT_MIN, LIMIT_FACTOR * listeners))];
  const open = async () => {
    const clusters: Cluster[] = [];
    for (let i = 0; i < scxs; i++)
      clusters.push(await stage.cluster({ extra: [...LINGER, ...limit] }));
    const [home] = clusters as [Cluster];
    const announcement = await stage.announce(home, 'scattercast://bench.example/listeners');
    await stage.broadcast(home, announcement, '--loop', CLIP);
    const urls = await Promise.all(clusters.map((cluster) => streamUrl(cluster, announcement)));
    const pids = await Promise.all(clusters.map(scxPid));
    await pause(FILL_MS);
    return { pids, urls, close: () => stage.close() };
  };
  return open().catch(async (error: unknown) => {
    await stage.close();
    throw error;
  });
};
