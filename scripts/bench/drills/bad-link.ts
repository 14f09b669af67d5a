/**
 * The link between an SCX and its parent turns bad: it loses every fifth packet, and the others
 * come up to 200 ms late. No connection closes and no peer is silent, so the SCX can tell only by
 * frames that are late that another parent would be better.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
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
import { type Member, pickVictim, type Scene } from './scene.js';

const BAD = { jitterMs: 200, loss: 0.2 };
/** Links that are made bad, one after the other, at most. */
const LINKS_MAX = 10;
const MOVED_MS_MAX = 5000;
const MOVED_WITHIN_MS = 10_000;
/** How long it is watched after it has moved, ms. */
const WATCH_MS = 8000;

/** Whether it is fed by an SCX that is not its only neighbour. */
const hasChoice = ({ scx, parent }: Member): boolean =>
  parent !== null && scx.neighbours.length > 1;

/** Time until another parent feeds it, ms; undefined: it took too long. */
async function moved(scene: Scene, { scx, parent }: Member): Promise<number | undefined> {
  const since = performance.now();
  const hasMoved = async (): Promise<boolean> => {
    const now = (await scene.members()).find((member) => member.scx.id === scx.id);
    return now !== undefined && now.parent !== null && now.parent !== parent;
  };
  const found = until('it to move', hasMoved, MOVED_WITHIN_MS).catch(() => undefined);
  return (await found) === undefined ? undefined : performance.now() - since;
}

interface Outcome {
  readonly movedMs: number | undefined;
  readonly losses: Losses;
}

async function spoilOne(scene: Scene): Promise<Outcome | undefined> {
  const victim = await pickVictim(scene, hasChoice);
  const members = await scene.members();
  const parent = members.find(({ scx }) => scx.id === victim?.parent);
  if (victim === undefined || parent === undefined) return undefined;
  const [one, other] = [victim.site, parent.site];
  const delayMs = scene.delayMs(one, other);
  for (const listener of scene.listeners) listener.mark();
  scene.network.change?.(one + 1, other + 1, { delayMs, ...BAD });
  const movedMs = await moved(scene, victim);
  await pause(WATCH_MS);
  scene.network.change?.(one + 1, other + 1, { delayMs, jitterMs: 0, loss: 0 });
  await scene.settled();
  const losses = lossesOf(scene.listeners);
  tell(`a bad link: moved after ${movedMs?.toFixed() ?? '?'} ms; ${told(losses)}`);
  return { movedMs, losses };
}

export const badLink: Drill = {
  mustShow:
    `its SCX has another parent within ${MOVED_MS_MAX} ms; ` +
    'no listener misses or repeats a frame, none is closed',
  needsLinks: true,
  run: async (scene, { times }) => {
    const outcomes: Outcome[] = [];
    for (let n = 0; n < Math.min(times, LINKS_MAX); n++) {
      const outcome = await spoilOne(scene);
      if (outcome === undefined) return NOBODY;
      outcomes.push(outcome);
    }
    const moves = outcomes.map(({ movedMs }) => movedMs ?? Number.POSITIVE_INFINITY);
    const losses = together(outcomes.map((outcome) => outcome.losses));
    const [median, slowest] = [quantile(moves, 0.5), Math.max(...moves)];
    return {
      seen:
        `${moves.length} links: moved after ${median.toFixed()} ms (median), ` +
        `${slowest.toFixed()} ms (slowest); ${told(losses)}`,
      held: verdict(isWhole(losses), slowest <= MOVED_MS_MAX),
    };
  },
};
