/**
 * `kill -9` of all front ends at once: no stream needs one, and restarted ones find their SCXs
 * again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Drill, isWhole, lossesOf, tell, told, verdict } from './drill.js';
import type { Member, Scene } from './scene.js';

/** Without any front end, ms. */
const WITHOUT_MS = 10_000;
const STALL_MS_MAX = 1000;

const idsOf = (members: readonly Member[]): string =>
  members
    .map(({ scx }) => scx.id)
    .sort()
    .join();

async function killAll({ clusters }: Scene): Promise<void> {
  for (const { process } of clusters) process.child.kill('SIGKILL');
  await Promise.all(clusters.map(({ process }) => process.exited));
}

export const frontEnds: Drill = {
  mustShow:
    'listeners miss and repeat nothing, none is closed, ' +
    `no stall is longer than ${STALL_MS_MAX} ms; the front ends find their SCXs again`,
  needsLinks: false,
  run: async (scene) => {
    const before = idsOf(await scene.members());
    for (const listener of scene.listeners) listener.mark();
    await killAll(scene);
    await pause(WITHOUT_MS);
    await Promise.all(scene.clusters.map((cluster) => cluster.again()));
    const found = idsOf(await scene.settled()) === before;
    const losses = lossesOf(scene.listeners);
    tell(`all front ends die: ${told(losses)}`);
    return {
      seen: `${told(losses)}; ${found ? 'all' : 'NOT all'} SCXs are found again`,
      held: verdict(isWhole(losses) && found, losses.stallMs <= STALL_MS_MAX),
    };
  },
};
