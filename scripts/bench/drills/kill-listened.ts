/**
 * `kill -9` of an SCX that has listeners. Their connections end with it, but a player that connects
 * again to the same address is served at once, beginning with the seconds that it has missed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Player, play, stopPlayers } from '../../../test/e2e/support/player.js';
import { until } from '../../../test/e2e/support/processes.js';
import { quantile } from '../machine/quantile.js';
import { LOOP_FRAMES } from '../players/numbered-audio.js';
import { type Drill, NOBODY, tell, verdict } from './drill.js';
import { type Phases, phasesOf, tellPhases } from './kill-phases.js';
import type { Member, Scene } from './scene.js';

const BACK_MS_MAX = 1000;
const BACK_WITHIN_MS = 20_000;
/** What it hears before and after, ms. */
const LISTEN_MS = 2000;

interface Outcome {
  readonly backMs: number;
  /** Frames between the last one before the kill and the first one after it. */
  readonly missed: number;
  /** Undefined: they are not in the logs. */
  readonly phases: Phases | undefined;
}

/** Frames between two connections; none if the second began before the first ended. */
function missedBetween(player: Player): number {
  const [before, after] = player.visits();
  const step = (after?.numbers[0] ?? Number.NaN) - (before?.numbers.at(-1) ?? Number.NaN);
  const missed = (step - 1 + LOOP_FRAMES) % LOOP_FRAMES;
  return missed < LOOP_FRAMES / 2 ? missed : 0;
}

async function killOne(scene: Scene, { scx, site }: Member): Promise<Outcome> {
  const cluster = scene.clusters[site];
  const player = play(scx.httpUrl);
  await until('the player to hear', () => player.visits().length === 1);
  await pause(LISTEN_MS);
  const killedAt = performance.now();
  process.kill(scx.pid, 'SIGKILL');
  const back = await until('it to hear again', () => player.visits()[1], BACK_WITHIN_MS);
  await pause(LISTEN_MS);
  const [from, to] = [killedAt, back.firstAt].map((at) => performance.timeOrigin + at);
  const phases = scene.isTraced && cluster ? phasesOf(cluster, from ?? 0, to ?? 0) : undefined;
  const outcome = { backMs: back.firstAt - killedAt, missed: missedBetween(player), phases };
  stopPlayers();
  tell(`kill -9: back after ${outcome.backMs.toFixed()} ms, ${outcome.missed} frames missed`);
  if (phases !== undefined) tell(`  ${tellPhases([phases])}`);
  return outcome;
}

const victimsOf = async (scene: Scene): Promise<readonly Member[]> =>
  (await scene.members()).filter(({ isSource }) => !isSource);

export const killListened: Drill = {
  mustShow:
    `players hear again on the same port within ${BACK_MS_MAX} ms (median), ` +
    'with the seconds that they missed',
  needsLinks: false,
  run: async (scene, { times }) => {
    const outcomes: Outcome[] = [];
    for (const victim of (await victimsOf(scene)).slice(0, times)) {
      outcomes.push(await killOne(scene, victim));
      await scene.settled();
    }
    if (outcomes.length === 0) return NOBODY;
    const backMs = outcomes.map((outcome) => outcome.backMs);
    const missed = outcomes.reduce((sum, outcome) => sum + outcome.missed, 0);
    const [median, slowest] = [quantile(backMs, 0.5), Math.max(...backMs)];
    const phases = outcomes.flatMap(({ phases: own }) => (own === undefined ? [] : [own]));
    const inPhases = phases.length === 0 ? '' : `; ${tellPhases(phases)}`;
    return {
      seen:
        `${outcomes.length} kills: back after ${median.toFixed()} ms (median), ` +
        `${slowest.toFixed()} ms (slowest), ${missed} frames missed${inPhases}`,
      held: verdict(missed === 0, median <= BACK_MS_MAX),
    };
  },
};
