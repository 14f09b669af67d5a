/**
 * §3.4: newcomers need a rendezvous point, those in the session need none. All of them die, with
 * their front ends, so that nothing brings them back. Then another SCX dies: the one that is
 * launched instead is a newcomer, which gets in when the first rendezvous point is back.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { type Cluster, killCluster } from '../../../test/e2e/support/stage.js';
import { type Drill, isWhole, lossesOf, NOBODY, tell, told, verdict } from './drill.js';
import type { FrameListener } from './frame-listener.js';
import type { Scene } from './scene.js';

/** Without any rendezvous point, ms: longer than it takes to notice that. */
const WITHOUT_MS = 10_000;
const STALL_MS_MAX = 1000;
const IN_WITHIN_MS = 30_000;
const IN_MS_MAX = 5000;

/** Time until the newcomer's listeners hear, ms. */
async function hearAgain(listeners: readonly FrameListener[]): Promise<number> {
  const since = performance.now();
  const hears = (listener: FrameListener): boolean => {
    if (listener.isClosed) listener.again();
    return listener.heard().lastAt > since;
  };
  await until('the newcomer to be in', () => listeners.every(hears), IN_WITHIN_MS);
  return performance.now() - since;
}

async function play(scene: Scene, first: Cluster, last: Cluster) {
  const inner = (await scene.members()).filter(
    ({ site }) => site > 0 && site < scene.clusters.length - 1,
  );
  const newcomer = scene.rng.pick(inner.filter(({ isSource }) => !isSource));
  if (newcomer === undefined) return undefined;
  const sites = inner.map(({ site }) => site).filter((site) => site !== newcomer.site);
  const inside = scene.listeners.filter(({ site }) => sites.includes(site));
  for (const listener of inside) listener.mark();
  await Promise.all([first, last].map(killCluster));
  await pause(WITHOUT_MS);
  process.kill(newcomer.scx.pid, 'SIGKILL');
  await pause(WITHOUT_MS);
  await first.again();
  const inMs = await hearAgain(scene.listeners.filter(({ site }) => site === newcomer.site));
  await last.again();
  await scene.settled();
  return { inMs, losses: lossesOf(inside) };
}

export const rendezvous: Drill = {
  mustShow:
    'listeners at the other SCXs miss and repeat nothing, none is closed, ' +
    `no stall is longer than ${STALL_MS_MAX} ms; a newcomer is in within ${IN_MS_MAX} ms`,
  needsLinks: false,
  run: async (scene) => {
    const [first, last] = [scene.clusters[0], scene.clusters.at(-1)];
    const outcome = first && last && (await play(scene, first, last));
    if (outcome === undefined) return NOBODY;
    const { inMs, losses } = outcome;
    tell(`all rendezvous points die: ${told(losses)}; a newcomer is in after ${inMs.toFixed()} ms`);
    return {
      seen: `${told(losses)}; a newcomer was in ${inMs.toFixed()} ms after one was back`,
      held: verdict(isWhole(losses), losses.stallMs <= STALL_MS_MAX && inMs <= IN_MS_MAX),
    };
  },
};
