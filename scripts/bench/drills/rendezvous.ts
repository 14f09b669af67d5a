/**
 * §3.4: newcomers need a rendezvous point, those in the session need none. All of them die, with their
 * front ends, so that nothing brings them back. Then another SCX dies: the one that is launched in its
 * place is a newcomer, who gets in when the first rendezvous point is there again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { type Cluster, killCluster } from '../../../test/e2e/support/stage.js';
import { type Drill, isWhole, lossesOf, NOBODY, tell, told, verdict } from './drill.js';
import type { Ear } from './ear.js';
import type { Scene } from './scene.js';

/** Without any of them, ms: as long as it takes to notice it, and more. */
const WITHOUT_MS = 10_000;
const STALL_MS_MAX = 1000;
const IN_WITHIN_MS = 30_000;
const IN_MS_MAX = 5000;

/** How long it takes until the newcomer's listeners hear, ms. */
async function hearAgain(ears: readonly Ear[]): Promise<number> {
  const since = performance.now();
  const hears = (ear: Ear): boolean => {
    if (ear.isClosed) ear.again();
    return ear.heard().lastAt > since;
  };
  await until('the newcomer to be in', () => ears.every(hears), IN_WITHIN_MS);
  return performance.now() - since;
}

async function play(scene: Scene, first: Cluster, last: Cluster) {
  const inner = (await scene.members()).filter(
    ({ place }) => place > 0 && place < scene.clusters.length - 1,
  );
  const newcomer = scene.rng.pick(inner.filter(({ isSource }) => !isSource));
  if (newcomer === undefined) return undefined;
  const places = inner.map(({ place }) => place).filter((place) => place !== newcomer.place);
  const inside = scene.ears.filter(({ place }) => places.includes(place));
  for (const ear of inside) ear.mark();
  await Promise.all([first, last].map(killCluster));
  await pause(WITHOUT_MS);
  process.kill(newcomer.scx.pid, 'SIGKILL');
  await pause(WITHOUT_MS);
  await first.again();
  const inMs = await hearAgain(scene.ears.filter(({ place }) => place === newcomer.place));
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
