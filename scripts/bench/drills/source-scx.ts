/**
 * `kill -9` of the source's SCX. `broadcast` attaches to the next one, and its numbers go on: it
 * sends again what the dead SCX had not forwarded, so no listener elsewhere misses a frame.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { type Drill, isWhole, lossesOf, tell, told, verdict } from './drill.js';
import type { Scene } from './scene.js';

/** Until the status of the clusters is up to date, ms. */
const WATCH_MS = 3000;
const ATTACHED_WITHIN_MS = 30_000;
/** Shorter than what players have buffered, ms. */
const STALL_MS_MAX = 4000;

/** Time until another SCX has the source, ms. */
async function attachedAgain(scene: Scene, dead: string): Promise<number> {
  const killedAt = performance.now();
  const isBack = async (): Promise<boolean> =>
    (await scene.members()).some(({ isSource, scx }) => isSource && scx.id !== dead);
  await until('the source to attach again', isBack, ATTACHED_WITHIN_MS);
  return performance.now() - killedAt;
}

export const sourceScx: Drill = {
  mustShow:
    'broadcast attaches again and the numbers go on: listeners elsewhere miss and repeat nothing, ' +
    `none is closed, and no stall is longer than ${STALL_MS_MAX} ms`,
  needsLinks: false,
  run: async (scene) => {
    const source = (await scene.members()).find(({ isSource }) => isSource);
    if (source === undefined) throw new Error('there is no source');
    const others = scene.listeners.filter(({ site }) => site !== source.site);
    for (const listener of others) listener.mark();
    process.kill(source.scx.pid, 'SIGKILL');
    const attachedMs = await attachedAgain(scene, source.scx.id);
    await pause(WATCH_MS);
    await scene.settled();
    const losses = lossesOf(others);
    tell(`the source's SCX dies: ${told(losses)}`);
    return {
      seen: `attached again after ${attachedMs.toFixed()} ms; ${told(losses)}`,
      held: verdict(isWhole(losses), losses.stallMs <= STALL_MS_MAX),
    };
  },
};
