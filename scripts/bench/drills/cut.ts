/**
 * The network is cut in two, with a rendezvous point in each half, and heals. No connection is
 * closed: packets just do not arrive. The half with the source plays on; the other is silent until
 * the cut ends, and then live again, on the same sockets.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { type Drill, isWhole, lossesOf, tell, told, verdict } from './drill.js';
import type { FrameListener } from './frame-listener.js';
import type { Scene } from './scene.js';

const PLAYED_ON_MS = 1000;
const RESUMED_MS_MAX = 5000;
/** A listener is live when it is at most this far behind the other half. */
const LIVE_FRAMES = 40;
/** Until the status of the clusters is up to date after the cut, ms. */
const WATCH_MS = 3000;
const HEALED_WITHIN_MS = 60_000;

const lastOf = (listeners: readonly FrameListener[]): number =>
  Math.max(...listeners.map((listener) => listener.heard().last ?? 0));

/** All links between the halves. */
function between(scene: Scene, loss: number): void {
  const half = Math.ceil(scene.clusters.length / 2);
  for (let one = 0; one < half; one++) {
    for (let other = half; other < scene.clusters.length; other++) {
      const delayMs = scene.delayMs(one, other);
      scene.network.change?.(one + 1, other + 1, { delayMs, jitterMs: 0, loss });
    }
  }
}

/** Time until all listeners of the silent half are live, ms. */
async function liveAgain(
  near: readonly FrameListener[],
  far: readonly FrameListener[],
): Promise<number> {
  const healedAt = performance.now();
  const isLive = (listener: FrameListener): boolean =>
    lastOf(near) - (listener.heard().last ?? 0) < LIVE_FRAMES;
  await until('all to be live', () => far.every(isLive), HEALED_WITHIN_MS).catch(() => undefined);
  return performance.now() - healedAt;
}

export const cutInTwo: Drill = {
  mustShow:
    'the half with the source plays on without a gap; ' +
    `the other is live within ${RESUMED_MS_MAX} ms after the cut, on the same sockets; one mesh again`,
  needsLinks: true,
  run: async (scene, { seconds }) => {
    const half = Math.ceil(scene.clusters.length / 2);
    const near = scene.listeners.filter(({ site }) => site < half);
    const far = scene.listeners.filter(({ site }) => site >= half);
    for (const listener of scene.listeners) listener.mark();
    between(scene, 1);
    await pause(seconds * 1000);
    between(scene, 0);
    const resumedMs = await liveAgain(near, far);
    await pause(WATCH_MS);
    const members = await scene.settled();
    const [ofNear, ofFar] = [lossesOf(near), lossesOf(far)];
    tell(`cut for ${seconds} s: ${told(ofNear)}; the far half: ${told(ofFar)}`);
    const isRight = isWhole(ofNear) && ofFar.closed + ofFar.repeated + ofFar.foreign === 0;
    return {
      seen:
        `near: ${told(ofNear)}; far: live after ${resumedMs.toFixed()} ms, ${told(ofFar)}; ` +
        `${members.length} SCXs in one tree`,
      held: verdict(isRight, ofNear.stallMs <= PLAYED_ON_MS && resumedMs <= RESUMED_MS_MAX),
    };
  },
};
