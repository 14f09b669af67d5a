/** `kill -9` of an SCX that has children, repeatedly: no listener of its children may notice. */
import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from '../machine/quantile.js';
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
import { hasChildren, pickVictim, type Scene } from './scene.js';

/** Until the status of the clusters shows that it is dead, ms. */
const WATCH_MS = 3000;
const STALL_MS_P50 = 300;
const STALL_MS_P99 = 1000;

interface Outcome {
  readonly losses: Losses;
  /** Stall at the source's SCX, which was not touched: the machine is the reason for it, ms. */
  readonly controlMs: number;
}

/** What the other listeners notice until the scene has settled again. */
async function killOne(scene: Scene): Promise<Outcome | undefined> {
  const victim = await pickVictim(scene, hasChildren);
  if (victim === undefined) return undefined;
  const members = await scene.members();
  const source = members.find(({ isSource }) => isSource)?.site;
  const others = scene.listeners.filter(({ site }) => site !== victim.site);
  for (const listener of others) listener.mark();
  process.kill(victim.scx.pid, 'SIGKILL');
  await pause(WATCH_MS);
  await scene.settled();
  const losses = lossesOf(others);
  const controlMs = lossesOf(others.filter(({ site }) => site === source)).stallMs;
  const control = `at the source's SCX ${controlMs.toFixed()} ms`;
  tell(`kill -9 of an SCX with ${victim.children.length} children: ${told(losses)}, ${control}`);
  return { losses, controlMs };
}

const spread = (values: readonly number[]): string =>
  `p50 ${quantile(values, 0.5).toFixed()} ms, p99 ${quantile(values, 0.99).toFixed()} ms`;

export const killScx: Drill = {
  mustShow:
    'listeners of other SCXs miss and repeat nothing, none is closed; ' +
    `the longest stall of each kill: p50 <= ${STALL_MS_P50} ms, p99 <= ${STALL_MS_P99} ms`,
  needsLinks: false,
  run: async (scene, { times }) => {
    const all: Outcome[] = [];
    for (let n = 0; n < times; n++) {
      const outcome = await killOne(scene);
      if (outcome === undefined) return NOBODY;
      all.push(outcome);
    }
    const losses = together(all.map((outcome) => outcome.losses));
    const stalls = all.map((outcome) => outcome.losses.stallMs);
    const controls = all.map(({ controlMs }) => controlMs);
    const isInTime =
      quantile(stalls, 0.5) <= STALL_MS_P50 && quantile(stalls, 0.99) <= STALL_MS_P99;
    return {
      seen:
        `${times} kills: ${told(losses)}, ${spread(stalls)} ` +
        `(at the source's SCX ${spread(controls)})`,
      held: verdict(isWhole(losses), isInTime),
    };
  },
};
