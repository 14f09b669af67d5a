/**
 * The faults of a soak, one after the other, drawn from a seed. Which processes they may hit is
 * fixed: so there are processes of each kind that live from the beginning to the end, and their
 * memory can be watched.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Rng } from '../../../src/lib/rng.js';
import type { ClusterSet } from './cluster-set.js';
import type { ListenerPool } from './listener-pool.js';

/** The first has the source, and is the rendezvous. */
const MORTAL_SCXS = [0, 4] as const;
const MORTAL_FRONT_ENDS = [1, 4] as const;
/** Its SCX hangs now and then. */
const SLEEPERS = [3] as const;
/** The number of clusters that these indexes need. */
export const SITES = 5;

/** How long a front end is down, or an SCX hangs, ms. */
const DOWN_MS = { least: 500, most: 4000 } as const;

export interface FaultOptions {
  readonly clusterSet: ClusterSet;
  readonly pool: ListenerPool;
  readonly rng: Rng;
  readonly tell: (what: string) => void;
}

type Fault = (options: FaultOptions, site: number) => Promise<void>;

const durationMs = (rng: Rng): number =>
  DOWN_MS.least + rng.unit() * (DOWN_MS.most - DOWN_MS.least);

const killScx: Fault = async ({ clusterSet, pool, tell }, site) => {
  const scx = await clusterSet.scx(site);
  if (scx === undefined) return;
  const listeners = pool.scatter(scx.origin);
  process.kill(scx.pid, 'SIGKILL');
  tell(`kill -9 of SCX ${site}, which had ${listeners} listeners`);
};

const killFrontEnd: Fault = async ({ clusterSet, rng, tell }, site) => {
  const ms = durationMs(rng);
  tell(`kill -9 of front end ${site}, back in ${ms.toFixed()} ms`);
  await clusterSet.killFrontEnd(site);
  await pause(ms);
  await clusterSet.startFrontEnd(site);
};

const hangScx: Fault = async ({ clusterSet, rng, tell }, site) => {
  const ms = durationMs(rng);
  const scx = await clusterSet.scx(site);
  if (scx === undefined) return;
  tell(`SCX ${site} hangs for ${ms.toFixed()} ms`);
  process.kill(scx.pid, 'SIGSTOP');
  await pause(ms);
  process.kill(scx.pid, 'SIGCONT');
};

const KINDS: readonly (readonly [Fault, readonly number[]])[] = [
  [killScx, MORTAL_SCXS],
  [killFrontEnd, MORTAL_FRONT_ENDS],
  [hangScx, SLEEPERS],
];

/**
 * Injects one fault; resolves when the front end or the SCX is back that only we can bring back.
 */
export async function injectFault(options: FaultOptions): Promise<void> {
  const [kind, sites] = options.rng.pick(KINDS) as (typeof KINDS)[number];
  await kind(options, options.rng.pick(sites) as number);
}
