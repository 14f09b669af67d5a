/** Drills on the SCX of a Swarm: its task is killed, or its machine is cut off. */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { lossesOf, tell, told, verdict } from '../drills/drill.js';
import { quantile } from '../machine/quantile.js';
import { type SwarmScene, scxContainer } from './scene.js';
import {
  allClosed,
  containersOf,
  HEARS_AGAIN_MS,
  markAll,
  missedElsewhere,
  ms,
  type SwarmDrill,
  seenBy,
  silences,
  theScx,
  WITHIN_MS,
} from './swarm-drill.js';

/** The second SCX in a row that dies younger than that is replaced later (supervisor-config.ts). */
const OF_AGE_MS = 31_000;

async function isOfAge(scene: SwarmScene): Promise<void> {
  const { startedAt } = await theScx(scene);
  await pause(Math.max(0, Date.parse(startedAt) + OF_AGE_MS - Date.now()));
}

export const killTask: SwarmDrill = {
  mustShow: `an SCX task is killed: its listeners hear again within ${ms(HEARS_AGAIN_MS)} (p95), at any front end, and every frame once; nothing is missed elsewhere`,
  run: async (scene, times) => {
    const silent: number[] = [];
    let isNone = true;
    for (let time = 0; time < times; time++) {
      await scene.settled();
      if (time > 0) await isOfAge(scene);
      const scx = await theScx(scene);
      const machine = scene.machineOf(scx);
      const container = scxContainer(machine, scx);
      markAll(scene);
      machine.docker('kill', container);
      await allClosed(scene.listeners);
      const since = performance.now();
      silent.push(...(await silences(scene.listeners, since)));
      const { missing, repeated, foreign } = lossesOf(scene.listeners);
      isNone &&= missedElsewhere(scene).isNone && missing + repeated + foreign === 0;
      tell(`a task is killed: ${silent.slice(-scene.listeners.length).map(ms).join(', ')}`);
    }
    const p95 = quantile(silent, 0.95);
    return {
      seen: `median ${ms(quantile(silent, 0.5))}, p95 ${ms(p95)}, ${times} kills; ${told(lossesOf(scene.listeners))}; ${missedElsewhere(scene).text}`,
      held: verdict(isNone, p95 <= HEARS_AGAIN_MS),
    };
  },
};

/** A player gives up a connection on which nothing comes. Guess: real ones wait for 5 to 30 s. */
const PATIENCE_MS = 6000;
const REPLACED_MS = 8000;

export const cutMachine: SwarmDrill = {
  mustShow:
    `a machine is cut off: listeners that connect again after ${ms(PATIENCE_MS)} hear within ` +
    `${ms(HEARS_AGAIN_MS)}; an SCX elsewhere within ${ms(REPLACED_MS)}; back again, there is one ` +
    'SCX, one rendezvous, one container, and no listener is counted twice',
  run: async (scene, times) => {
    const heard: number[] = [];
    const replaced: number[] = [];
    let isOne = true;
    let isNone = true;
    for (let time = 0; time < times; time++) {
      await scene.settled();
      const old = await theScx(scene);
      const machine = scene.machineOf(old);
      const others = scene.bed.machines.flatMap((one, index) => (one === machine ? [] : [index]));
      scene.asked = others;
      markAll(scene);
      machine.cut();
      const cutAt = performance.now();
      const isElsewhere = async () => {
        const found = await scene.scxs();
        return found.some(({ id, state }) => id !== old.id && state === 'running');
      };
      const replacing = until('an SCX elsewhere', isElsewhere, WITHIN_MS).then(() =>
        performance.now(),
      );
      await pause(PATIENCE_MS);
      const since = performance.now();
      for (const listener of scene.listeners) listener.again();
      heard.push(...(await silences(scene.listeners, since)));
      replaced.push((await replacing) - cutAt);
      const again = heard.slice(-scene.listeners.length).map(ms).join(', ');
      tell(
        `a machine is cut off: elsewhere after ${ms(replaced.at(-1) ?? 0)}; heard after ${again}`,
      );
      isNone &&= missedElsewhere(scene).isNone;
      await pause(10_000);
      machine.mend();
      scene.asked = scene.bed.machines.map((_, index) => index);
      await scene.settled();
      await until('the old container to end', () => containersOf(scene, old) === 0, WITHIN_MS);
      const views = await seenBy(scene);
      const [scx] = await scene.scxs();
      const isRight =
        new Set(views).size === 1 &&
        views.every((view) => view.endsWith(' rendezvous')) &&
        scx !== undefined &&
        containersOf(scene, scx) === 1 &&
        scx.listeners === scene.listeners.length;
      if (!isRight)
        tell(
          `after the cut: ${views.join('; ')}; ${scx?.listeners} listeners; ${scx && containersOf(scene, scx)} containers`,
        );
      isOne &&= isRight;
    }
    const p95 = quantile(heard, 0.95);
    const slowest = Math.max(...replaced);
    return {
      seen: `hear again p95 ${ms(p95)}; an SCX elsewhere after ${replaced.map(ms).join(', ')}; ${isOne ? 'one of each' : 'NOT one of each'}; ${isNone ? 'nothing missed elsewhere' : 'frames missed elsewhere'}`,
      held: verdict(isOne && isNone, p95 <= HEARS_AGAIN_MS && slowest <= REPLACED_MS),
    };
  },
};
