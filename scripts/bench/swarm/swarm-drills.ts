/**
 * What listeners notice when machines, front ends and SCXs of a Swarm fail: three real engines on this
 * machine (bed.ts), and players that check every frame and connect again at any front end. Each drill
 * is a row: what must hold, what was seen, and whether it held.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ScxStatus } from '../../../src/api/scx-status.js';
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import { until } from '../../../test/e2e/support/processes.js';
import type { Row } from '../benchmark.js';
import { type Finding, isWhole, lossesOf, tell, told, verdict } from '../drills/drill.js';
import { quantile } from '../machine/quantile.js';
import { clockIsOff, drainMachine, fullDisk } from './machine-drills.js';
import {
  BROKEN_IMAGE,
  NEXT_IMAGE,
  openSwarmScene,
  type SwarmScene,
  scxContainer,
} from './scene.js';
import { fallback, tuneIn } from './session-drills.js';
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

/** The second SCX in a row that dies younger than that is replaced later (supervisor-config.ts). */
const OF_AGE_MS = 31_000;

async function isOfAge(scene: SwarmScene): Promise<void> {
  const { startedAt } = await theScx(scene);
  await pause(Math.max(0, Date.parse(startedAt) + OF_AGE_MS - Date.now()));
}

const killTask: SwarmDrill = {
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

/** All containers of a service, on all machines that answer. */
function containersOf({ bed }: SwarmScene, { service }: ScxStatus): number {
  const filter = ['--filter', `label=com.docker.swarm.service.id=${service}`];
  const ids = bed.machines.flatMap((machine) =>
    (machine.tries('ps', '--quiet', ...filter) ?? '').split('\n').filter((id) => id !== ''),
  );
  return ids.length;
}

/** The ids of the session's SCXs, and of those that are rendezvous, as each front end sees them. */
async function seenBy(scene: SwarmScene): Promise<string[]> {
  const all = await Promise.all(scene.bed.machines.map((_, machine) => scene.scxsAt(machine)));
  return all.map((scxs) =>
    scxs.map(({ id, rendezvous }) => `${id}${rendezvous ? ' rendezvous' : ''}`).join(', '),
  );
}

const cutMachine: SwarmDrill = {
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

const frontEndsDie: SwarmDrill = {
  mustShow:
    'a front end dies, all die at once: no stream notices; announcement and webhook are at each ' +
    'that comes back; it finds its SCX',
  run: async (scene) => {
    await scene.settled();
    const before = await seenBy(scene);
    markAll(scene);
    const one = await killFrontEnds(scene, [1]);
    await pause(3000);
    const all = await killFrontEnds(scene, [0, 1, 2]);
    await pause(5000);
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    await scene.settled();
    const isSame = (await seenBy(scene)).join() === before.join();
    const kept = await Promise.all(
      scene.bed.machines.map(async (_, machine) => {
        const status = await scene.statusAt(machine);
        return (
          status?.sessions.some(({ kept: isKept }) => isKept) === true && scene.hasWebhook(machine)
        );
      }),
    );
    const isKept = kept.every(Boolean);
    return {
      seen: `${told(losses)}; ${isKept ? 'all is there at each' : 'NOT all is there'}; ${isSame ? 'the same SCX' : 'ANOTHER SCX'}; one answers again after ${ms(one)}, all after ${ms(all)}`,
      held: verdict(isWhole(losses) && isKept && isSame, true),
    };
  },
};

const askedAtOnce: SwarmDrill = {
  mustShow: `all front ends are asked for a session at the same instant: one SCX; cold tune-in p95 ${ms(HEARS_AGAIN_MS)}`,
  run: async (scene, times) => {
    const cold: number[] = [];
    let most = 0;
    for (let time = 0; time < times; time++) {
      const { announcement, path } = await scene.announceOutside();
      const query = new URLSearchParams({ announcement });
      const urls = scene.bed.machines.map(
        (_, machine) => `${scene.frontEnd(machine)}/listen?${query}`,
      );
      const asking = urls.map((url) => scene.isAsked(url));
      const since = performance.now();
      await Promise.all(asking);
      cold.push(performance.now() - since);
      await pause(1500);
      const views = await Promise.all(scene.bed.machines.map((_, at) => scene.scxsAt(at, path)));
      most = Math.max(most, new Set(views.flat().map(({ id }) => id)).size);
    }
    const p95 = quantile(cold, 0.95);
    return {
      seen: `${most} SCX at most, ${times} times; all three are answered after ${ms(quantile(cold, 0.5))} in the median, p95 ${ms(p95)}`,
      held: verdict(most === 1, p95 <= HEARS_AGAIN_MS),
    };
  },
};

const leaderDies: SwarmDrill = {
  mustShow: "the Swarm's leader dies during a launch: the listener waits, and is led to an SCX",
  run: async (scene) => {
    await scene.settled();
    const leader = scene.bed.machines.findIndex(
      (machine) =>
        machine.tries('node', 'inspect', 'self', '--format', '{{.ManagerStatus.Leader}}') ===
        'true',
    );
    const dying = scene.bed.machines[leader];
    const asked = (leader + 1) % scene.bed.machines.length;
    const { announcement } = await scene.announceOutside();
    const query = new URLSearchParams({ announcement });
    scene.asked = scene.bed.machines.flatMap((_, index) => (index === leader ? [] : [index]));
    try {
      await dying?.kill();
      const since = performance.now();
      await scene.isAsked(`${scene.frontEnd(asked)}/listen?${query}`);
      const waitedMs = performance.now() - since;
      return { seen: `it is led to an SCX after ${ms(waitedMs)}`, held: 'yes' };
    } finally {
      await dying?.start();
      scene.asked = scene.bed.machines.map((_, index) => index);
      await scene.settled();
    }
  },
};

const brokenImage: SwarmDrill = {
  mustShow: 'an image that does not start is rolled back; no stream notices; the log says so',
  run: async (scene) => {
    await scene.settled();
    markAll(scene);
    scene.deploy(BROKEN_IMAGE);
    const [first] = scene.bed.machines;
    const state = () =>
      first?.tries('service', 'inspect', 'bed_front-end', '--format', '{{.UpdateStatus.State}}');
    await until('the rollback', () => state() === 'rollback_completed', 120_000);
    await scene.settled();
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    const isSaid = scene.bed.machines.some((machine) =>
      scene.logOf(machine).includes('was rolled back'),
    );
    return {
      seen: `rolled back; ${told(losses)}; the log ${isSaid ? 'says so' : 'does NOT say so'}`,
      held: verdict(isWhole(losses) && isSaid, true),
    };
  },
};

const upgrade: SwarmDrill = {
  mustShow:
    'the stack is deployed with the next image: no stream notices; new listeners are led to an SCX of ' +
    'that image, and the old one ends when its listeners have gone',
  run: async (scene) => {
    await scene.settled();
    const old = await theScx(scene);
    markAll(scene);
    scene.deploy(NEXT_IMAGE);
    const isNew = async (): Promise<boolean> => {
      const scxs = await scene.scxs();
      return scxs.some((one) => one.state === 'running' && scene.imageOf(one) === NEXT_IMAGE);
    };
    await until('an SCX of the new image', isNew, 180_000);
    await pause(3000);
    const losses = lossesOf([...scene.listeners, scene.elsewhere]);
    const stayed = containersOf(scene, old) === 1;
    for (const listener of scene.listeners) listener.again();
    await until('the old SCX to end', () => containersOf(scene, old) === 0, WITHIN_MS);
    await scene.settled();
    const isOne = scene.imageOf(await theScx(scene)) === NEXT_IMAGE;
    return {
      seen: `${told(losses)}; the old SCX ${stayed ? 'stayed with its listeners' : 'LEFT before'}, and ended; ${isOne ? 'one SCX of the new image' : 'the OLD SCX'}`,
      held: verdict(isWhole(losses) && stayed && isOne, true),
    };
  },
};

const DRILLS: Readonly<Record<string, SwarmDrill>> = {
  'kill-task': killTask,
  'cut-machine': cutMachine,
  'front-ends': frontEndsDie,
  'at-once': askedAtOnce,
  leader: leaderDies,
  'broken-image': brokenImage,
  upgrade,
  drain: drainMachine,
  'full-disk': fullDisk,
  clock: clockIsOff,
  'tune-in': tuneIn,
  fallback,
};

/** The names of all drills, in the order in which they are played. */
export const swarmDrillNames: readonly string[] = Object.keys(DRILLS);

/** At the Swarm. */
const LISTENERS = 4;

async function play(scene: SwarmScene, name: string, times: number): Promise<Row> {
  const drill = DRILLS[name];
  if (drill === undefined) {
    const known = swarmDrillNames.join(', ');
    throw new UserError(EXIT.usage, `no drill is called "${name}"; there are: ${known}`);
  }
  const { seen, held } = await drill
    .run(scene, times)
    .catch(({ message }: Error): Finding => ({ seen: message, held: 'NO' }));
  tell(`${name}: ${held}: ${seen}`);
  return { drill: name, 'must show': drill.mustShow, seen, held };
}

export interface SwarmMeasure {
  /** Repetitions of each drill, where that makes sense. */
  readonly times: number;
  readonly machines: number;
}

/** Plays drills. */
export async function playOnSwarm(
  names: readonly string[],
  { times, machines }: SwarmMeasure,
): Promise<Row[]> {
  const scene = await openSwarmScene(machines, LISTENERS);
  const rows: Row[] = [];
  try {
    for (const name of names) rows.push(await play(scene, name, times));
  } finally {
    await scene.close();
  }
  return rows;
}
