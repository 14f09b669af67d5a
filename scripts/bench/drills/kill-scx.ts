/** `kill -9` of an SCX that has children, again and again: none of its children's listeners may notice. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Drill,
  isWhole,
  type Losses,
  lossesOf,
  NOBODY,
  tell,
  together,
  told,
  verdict,
} from './drill.js';
import { quantile } from './quantile.js';
import { hasChildren, type Scene } from './scene.js';

/** Until the status of the clusters tells that it is dead, at least, ms. */
const WATCH_MS = 3000;
const STALL_MS_P50 = 300;
const STALL_MS_P99 = 1000;

/** What the others hear until it is back and all is well again. */
async function killOne(scene: Scene): Promise<Losses | undefined> {
  const victim = scene.rng.pick((await scene.members()).filter(hasChildren));
  if (victim === undefined) return undefined;
  const others = scene.ears.filter(({ place }) => place !== victim.place);
  for (const ear of others) ear.mark();
  process.kill(victim.scx.pid, 'SIGKILL');
  await pause(WATCH_MS);
  await scene.settled();
  const losses = lossesOf(others);
  tell(`kill -9 of an SCX with ${victim.children.length} children: ${told(losses)}`);
  return losses;
}

export const killScx: Drill = {
  mustShow:
    'listeners of other SCXs miss and repeat nothing, none is closed; ' +
    `the longest stall of each kill: p50 <= ${STALL_MS_P50} ms, p99 <= ${STALL_MS_P99} ms`,
  needsLinks: false,
  run: async (scene, { times }) => {
    const all: Losses[] = [];
    for (let n = 0; n < times; n++) {
      const losses = await killOne(scene);
      if (losses === undefined) return NOBODY;
      all.push(losses);
    }
    const stalls = all.map(({ stallMs }) => stallMs);
    const [p50, p99] = [quantile(stalls, 0.5), quantile(stalls, 0.99)];
    const before = quantile(
      all.map(({ unrestMs }) => unrestMs),
      0.5,
    );
    const losses = together(all);
    return {
      seen:
        `${times} kills: ${told(losses)}; ` +
        `p50 ${p50.toFixed()} ms (before: ${before.toFixed()} ms), p99 ${p99.toFixed()} ms`,
      held: verdict(isWhole(losses), p50 <= STALL_MS_P50 && p99 <= STALL_MS_P99),
    };
  },
};
