/**
 * A rolling restart: all clusters, one after the other, replace their SCXs by new processes
 * (`cluster --drain`) while they have listeners. No listener of any cluster notices.
 */
import { isAlive, until } from '../../../test/e2e/support/processes.js';
import type { Cluster } from '../../../test/e2e/support/stage.js';
import { type Drill, isWhole, lossesOf, tell, told, verdict } from './drill.js';
import type { Scene } from './scene.js';

/** Shorter than what players have buffered, ms. */
const STALL_MS_MAX = 4000;
const GONE_WITHIN_MS = 15_000;

/** Resolves with how long it took until the old processes were gone, ms. */
async function drain({ stage }: Scene, cluster: Cluster): Promise<number> {
  const before = (await cluster.scxs()).map(({ pid }) => pid);
  const startedAt = performance.now();
  const draining = stage.run([...cluster.arguments, '--drain'], { host: cluster.host });
  const { code } = await draining.exited;
  if (code !== 0) throw new Error(`a drain failed: ${draining.stdout()}${draining.stderr()}`);
  await until('the old SCX to be gone', () => !before.some(isAlive), GONE_WITHIN_MS);
  return performance.now() - startedAt;
}

export const drainAll: Drill = {
  mustShow:
    'all clusters replace their SCXs one after the other (cluster --drain): listeners miss and repeat ' +
    `nothing, none is closed, and no stall is longer than ${STALL_MS_MAX} ms`,
  needsLinks: false,
  run: async (scene) => {
    for (const listener of scene.listeners) listener.mark();
    let longestMs = 0;
    for (const cluster of scene.clusters) {
      longestMs = Math.max(longestMs, await drain(scene, cluster));
    }
    const losses = lossesOf(scene.listeners);
    await scene.settled();
    const after = lossesOf(scene.listeners);
    tell(`all clusters are drained: ${told(losses)}`);
    const seen = `${scene.clusters.length} drained, ${longestMs.toFixed()} ms at most; ${told(after)}`;
    return { seen, held: verdict(isWhole(after), after.stallMs <= STALL_MS_MAX) };
  },
};
