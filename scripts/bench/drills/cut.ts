/**
 * The network is cut in two, with a rendezvous point in each half, and heals. Nobody is told: packets
 * just do not arrive. The half that the source is in plays on; the other is silent until the cut ends, and
 * then live again, on the same sockets.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { type Drill, isWhole, lossesOf, tell, told, verdict } from './drill.js';
import type { Ear } from './ear.js';
import type { Scene } from './scene.js';

const PLAYED_ON_MS = 1000;
const RESUMED_MS_MAX = 5000;
/** Who is not behind the other half by more is live. */
const LIVE_FRAMES = 40;
/** Until the status of the clusters tells how it is after the cut, at least, ms. */
const WATCH_MS = 3000;
const HEALED_WITHIN_MS = 60_000;

const lastOf = (ears: readonly Ear[]): number =>
  Math.max(...ears.map((ear) => ear.heard().last ?? 0));

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

/** How long it takes until all of the silent half hear what is broadcast now, ms. */
async function liveAgain(near: readonly Ear[], far: readonly Ear[]): Promise<number> {
  const healedAt = performance.now();
  const isLive = (ear: Ear): boolean => lastOf(near) - (ear.heard().last ?? 0) < LIVE_FRAMES;
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
    const near = scene.ears.filter(({ place }) => place < half);
    const far = scene.ears.filter(({ place }) => place >= half);
    for (const ear of scene.ears) ear.mark();
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
