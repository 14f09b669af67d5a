/**
 * What listeners notice when machines, front ends and SCXs of a Swarm fail: three real engines on this
 * machine (bed.ts), and players that check every frame and connect again at any front end. Each drill
 * is a row: what must hold, what was seen, and whether it held.
 */
import { EXIT, UserError } from '../../../src/lib/user-error.js';
import type { Row } from '../benchmark.js';
import { type Finding, tell } from '../drills/drill.js';
import { brokenImage, certificate, deathInDeploy, upgrade } from './deploy-drills.js';
import { directory } from './directory-drills.js';
import { encoder } from './encoder-drills.js';
import { askedAtOnce, frontEndsDie, leaderDies } from './front-end-drills.js';
import { clockIsOff, drainMachine, fullDisk } from './machine-drills.js';
import { openSwarmScene, type SwarmScene } from './scene.js';
import { cutMachine, killTask } from './scx-drills.js';
import { fallback, tuneIn } from './session-drills.js';
import type { SwarmDrill } from './swarm-drill.js';

const DRILLS: Readonly<Record<string, SwarmDrill>> = {
  'kill-task': killTask,
  'cut-machine': cutMachine,
  'front-ends': frontEndsDie,
  'at-once': askedAtOnce,
  leader: leaderDies,
  'broken-image': brokenImage,
  upgrade,
  certificate,
  drain: drainMachine,
  'full-disk': fullDisk,
  clock: clockIsOff,
  'tune-in': tuneIn,
  fallback,
  encoder,
  directory,
  'death-in-deploy': deathInDeploy,
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
