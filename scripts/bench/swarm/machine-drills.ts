/** Drills on machines of a Swarm that are drained, whose disk is full, or whose clock is off. */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { isWhole, lossesOf, tell, told, verdict } from '../drills/drill.js';
import { quantile } from '../machine/quantile.js';
import { skewClock } from './image.js';
import {
  frontEndContainer,
  NEXT_IMAGE,
  SCENE_IMAGE,
  type SwarmScene,
  scxContainer,
} from './scene.js';
import {
  allClosed,
  HEARS_AGAIN_MS,
  killFrontEnds,
  markAll,
  missedElsewhere,
  ms,
  type SwarmDrill,
  silences,
  theScx,
  WITHIN_MS,
} from './swarm-drill.js';

const allMachines = ({ bed }: SwarmScene): number[] => bed.machines.map((_, index) => index);

export const drainMachine: SwarmDrill = {
  mustShow:
    `the machine of the SCX is drained (docker node update): its listeners hear elsewhere within ` +
    `${ms(HEARS_AGAIN_MS)} (p95), nothing is missed elsewhere, status shows it; active again, all is well`,
  run: async (scene, times) => {
    const silent: number[] = [];
    let isRight = true;
    for (let time = 0; time < times; time++) {
      await scene.settled();
      const machine = scene.machineOf(await theScx(scene));
      scene.asked = allMachines(scene).filter((index) => scene.bed.machines[index] !== machine);
      const other = scene.asked[0] ?? 0;
      const update = (availability: string): void =>
        void scene.bed.machines[other]?.docker(
          ...['node', 'update', '--availability', availability, machine.address],
        );
      markAll(scene);
      update('drain');
      await allClosed(scene.listeners);
      silent.push(...(await silences(scene.listeners, performance.now())));
      const isShown = async (): Promise<boolean> => {
        const { machines = [] } = (await scene.statusAt(other))?.cluster ?? {};
        return machines.find(({ name }) => name === machine.address)?.active === false;
      };
      await until('status to show it', isShown, WITHIN_MS);
      isRight &&= missedElsewhere(scene).isNone;
      tell(`a machine is drained: ${silent.slice(-scene.listeners.length).map(ms).join(', ')}`);
      update('active');
      scene.asked = allMachines(scene);
      await scene.settled();
    }
    const p95 = quantile(silent, 0.95);
    return {
      seen: `median ${ms(quantile(silent, 0.5))}, p95 ${ms(p95)}, ${times} times; ${missedElsewhere(scene).text}`,
      held: verdict(isRight, p95 <= HEARS_AGAIN_MS),
    };
  },
};

/** Longer than a front end takes to notice that its disk has changed, ms. */
const NOTICED_MS = 20_000;

export const fullDisk: SwarmDrill = {
  mustShow:
    'the disk of a machine is full: no stream notices, its front end lets newcomers in and says so in ' +
    'its log; with room again, it has what was announced elsewhere meanwhile',
  run: async (scene) => {
    await scene.settled();
    const [machine] = scene.bed.machines;
    if (machine === undefined) throw new Error('there is no machine');
    markAll(scene);
    machine.fillDisk();
    const isSaid = (): boolean => scene.logOf(machine).includes('disk');
    await until('its log to say so', isSaid, WITHIN_MS);
    await scene.isAsked(`${scene.frontEnd(0)}/listen/drill.example/steady.mp3`);
    const path = 'drill.example/meanwhile';
    const at = ['--cluster', scene.frontEnd(1), '--name', `scattercast://${path}`];
    scene.command(1, 'announce', ...at);
    await pause(NOTICED_MS / 4);
    machine.emptyDisk();
    const hasIt = async (): Promise<boolean> => {
      const status = await scene.statusAt(0);
      return status?.sessions.some((one) => one.session.endsWith(path)) === true;
    };
    await until('what was announced meanwhile', hasIt, WITHIN_MS);
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    await scene.settled();
    return {
      seen: `${told(losses)}; its log says so; what was announced meanwhile is there`,
      held: verdict(isWhole(losses), true),
    };
  },
};

const HOUR_MS = 3_600_000;

/** Announces a session by the clock of a machine, and waits until all front ends have that. */
async function announceThere(scene: SwarmScene, machine: number): Promise<void> {
  const at = scene.frontEnd(machine);
  const name = 'drill.example/by-another-clock';
  scene.command(machine, 'announce', '--cluster', at, '--name', `scattercast://${name}`);
  const isAt = async (index: number): Promise<boolean> =>
    (await fetch(`${scene.frontEnd(index)}/announcements/${name}.xml`)).ok;
  const areThere = async (): Promise<boolean> =>
    (await Promise.all(allMachines(scene).map(isAt))).every(Boolean);
  await until('what is announced there', areThere, WITHIN_MS);
}

export const clockIsOff: SwarmDrill = {
  mustShow:
    `the clock of a machine is an hour ahead, and all that ran there is started again: all is well, and ` +
    `when the SCX is killed its listeners hear again within ${ms(HEARS_AGAIN_MS)}; what is announced there ` +
    'is at all front ends',
  run: async (scene) => {
    await scene.settled();
    const ahead = 2 % scene.bed.machines.length;
    const machine = scene.bed.machines[ahead];
    if (machine === undefined) throw new Error('there is no machine');
    skewClock(scene.bed, machine, [SCENE_IMAGE, NEXT_IMAGE], HOUR_MS);
    await killFrontEnds(scene, [ahead]);
    const ids = machine.docker('ps', '--quiet').split('\n');
    const front = frontEndContainer(machine);
    for (const id of ids) if (id !== front) machine.tries('kill', id);
    await until('the clock to be off', async () => {
      const { startedAt = '' } = (await scene.statusAt(ahead))?.cluster ?? {};
      return Date.parse(startedAt) - Date.now() > HOUR_MS / 2;
    });
    await scene.settled();
    markAll(scene);
    const scx = await theScx(scene);
    scene.machineOf(scx).docker('kill', scxContainer(scene.machineOf(scx), scx));
    await allClosed(scene.listeners);
    const silent = await silences(scene.listeners, performance.now());
    await scene.settled();
    await announceThere(scene, ahead);
    const { isNone, text } = missedElsewhere(scene);
    const slowest = Math.max(...silent);
    return {
      seen: `all is well, what is announced there is everywhere; hear again after ${ms(slowest)} at most; ${text}`,
      held: verdict(isNone, slowest <= HEARS_AGAIN_MS),
    };
  },
};
