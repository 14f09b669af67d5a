/**
 * What listeners notice when SCXs, hosts and links fail. Clusters of real processes run each on a
 * host of their own (a network namespace, where the machine allows it) and carry one broadcast,
 * whose every frame is checked at every listener. Each drill is a row: what must hold, what was
 * seen, and whether it held.
 */
import { EXIT, UserError } from '../../src/lib/user-error.js';
import { checkNeeds } from '../packaging/drill/needs.js';
import { type Benchmark, type Flags, numberOf, type Row, wordsOf } from './benchmark.js';
import { badLink } from './drills/bad-link.js';
import { cutInTwo } from './drills/cut.js';
import { drainAll } from './drills/drain.js';
import type { Drill, Measure } from './drills/drill.js';
import { frontEnds } from './drills/front-ends.js';
import { hangScx } from './drills/hang-scx.js';
import { killListened } from './drills/kill-listened.js';
import { killScx } from './drills/kill-scx.js';
import { intoNamespace, runWithin } from './drills/network.js';
import { rendezvous } from './drills/rendezvous.js';
import { openScene, type Scene } from './drills/scene.js';
import { sourceScx } from './drills/source-scx.js';
import { intoBed } from './swarm/bed.js';
import { playOnSwarm, swarmDrillNames } from './swarm/swarm-drills.js';

const DRILLS: Readonly<Record<string, Drill>> = {
  'kill-scx': killScx,
  'hang-scx': hangScx,
  cut: cutInTwo,
  'source-scx': sourceScx,
  'bad-link': badLink,
  drain: drainAll,
  'kill-listened': killListened,
  'front-ends': frontEnds,
  rendezvous,
};

/** A repetition on a Swarm takes half a minute, or more. */
const SWARM_TIMES_MAX = 25;

async function play(name: string, drill: Drill, scene: Scene, measure: Measure): Promise<Row> {
  const row = { drill: name, 'must show': drill.mustShow };
  if (drill.needsLinks && scene.network.change === undefined) {
    return { ...row, seen: 'there are no network namespaces here', held: 'not tried' };
  }
  await scene.settled();
  return { ...row, ...(await drill.run(scene, measure)) };
}

function drillsOf(given: Flags): readonly (readonly [string, Drill])[] {
  const names = given.only === 'all' ? Object.keys(DRILLS) : wordsOf(given, 'only');
  return names.map((name) => {
    const drill = DRILLS[name];
    if (drill !== undefined) return [name, drill];
    const known = Object.keys(DRILLS).join(', ');
    throw new UserError(EXIT.usage, `no drill is called "${name}"; there are: ${known}`);
  });
}

export const flags: Benchmark['flags'] = {
  platform: {
    standard: 'process',
    help: 'process, or swarm: three Docker engines on this machine; needs root and docker.io',
  },
  only: { standard: 'all', help: 'names of drills, separated by commas' },
  times: { standard: '50', help: 'repetitions of each drill, at most' },
  seconds: { standard: '60', help: 'for which the network is cut' },
  machines: { standard: '3', help: 'of the Swarm' },
  clusters: { standard: '10', help: 'clusters, each on a host of its own' },
  listeners: { standard: '1', help: 'at each cluster' },
  seed: { standard: '1', help: 'of the distances and of the victims' },
  phases: { standard: false, help: 'where the time goes in kill-listened, from the logs' },
};

async function runOnSwarm(given: Flags): Promise<Row[]> {
  const prefix = intoBed();
  checkNeeds('dockerd', 'docker', 'ip', 'nsenter', 'unshare');
  if (prefix !== undefined) return runWithin(prefix);
  const names = given.only === 'all' ? swarmDrillNames : wordsOf(given, 'only');
  const times = Math.min(numberOf(given, 'times'), SWARM_TIMES_MAX);
  return playOnSwarm(names, { times, machines: numberOf(given, 'machines') });
}

export const run: Benchmark['run'] = async (given) => {
  if (given.platform === 'swarm') return runOnSwarm(given);
  const drills = drillsOf(given);
  const prefix = intoNamespace();
  if (prefix !== undefined) return runWithin(prefix);
  const [clusters, listeners] = [numberOf(given, 'clusters'), numberOf(given, 'listeners')];
  const isTraced = given.phases === true;
  const scene = await openScene({
    ...{ clusters, listeners, seed: numberOf(given, 'seed'), isTraced },
  });
  const measure = { times: numberOf(given, 'times'), seconds: numberOf(given, 'seconds') };
  const rows: Row[] = [];
  try {
    for (const [name, drill] of drills) {
      rows.push(await play(name, drill, scene, measure));
    }
  } finally {
    await scene.close();
  }
  return rows;
};
