/**
 * Clusters with their listeners for a long time, while one fault after the other is injected. What
 * must hold: no listener whose SCX is alive misses or repeats a frame or is closed, and no process
 * grows.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createRng, type Rng } from '../../../src/lib/rng.js';
import { until } from '../../../test/e2e/support/processes.js';
import type { Noticed } from '../players/player.js';
import { type ClusterSet, openClusterSet } from './cluster-set.js';
import { injectFault, SITES } from './faults.js';
import { createListenerPool, type ListenerPool } from './listener-pool.js';
import { createResourceLog, type Growth } from './resource-log.js';

export interface SoakOptions {
  /** Counted from when all listeners have come. */
  readonly minutes: number;
  /** Over all clusters. */
  readonly listeners: number;
  /** How long a listener stays on average, s. */
  readonly stayS: number;
  /** From one fault to the next on average, s. */
  readonly troubleS: number;
  readonly seed: number;
  /** Receives a line for each event. */
  readonly tell: (what: string) => void;
}

export interface SoakOutcome {
  readonly heard: Noticed;
  readonly faults: number;
  readonly growth: readonly Growth[];
}

const NEWCOMERS_PER_SECOND = 100;
/** Until there is a whole burst for the first listeners, ms. */
const FILL_MS = 6000;
const SECOND_MS = 1000;
/** Interval between two looks at the processes, ms. */
const LOOK_MS = 5000;
/** The caches and buffers of a process are filled after this share of the soak. */
const WARM_UP_SHARE = 0.25;
/** After the last fault, ms: its effects are heard by then. */
const CALM_MS = 8000;

interface Scene {
  readonly clusterSet: ClusterSet;
  readonly pool: ListenerPool;
  readonly rng: Rng;
  readonly options: SoakOptions;
  readonly isOver: () => boolean;
}

async function gather(pool: ListenerPool, options: SoakOptions): Promise<void> {
  await pause(FILL_MS);
  while (pool.size < options.listeners) {
    pool.add(pool.size % SITES);
    await pause(SECOND_MS / NEWCOMERS_PER_SECOND);
  }
  await until('sound', () => pool.totals().frames > 0);
}

/** Replaces listeners at the rate that gives their average stay. */
async function churn({ pool, rng, options, isOver }: Scene): Promise<void> {
  const own = rng.fork('churn');
  while (!isOver()) {
    await pause(SECOND_MS);
    const due = options.listeners / options.stayS;
    pool.churn(Math.floor(due + own.unit()));
  }
}

/** Returns the number of faults. */
async function injectFaults({ clusterSet, pool, rng, options, isOver }: Scene): Promise<number> {
  const own = rng.fork('trouble');
  let faults = 0;
  for (;;) {
    await pause(options.troubleS * SECOND_MS * (0.5 + own.unit()));
    if (isOver()) return faults;
    await injectFault({ clusterSet, pool, rng: own, tell: options.tell });
    faults++;
  }
}

const faultsOf = ({ missed, repeated, foreign, closed }: Noticed): number =>
  missed + repeated + foreign + closed;

const toldOf = ({ missed, repeated, foreign, closed }: Noticed): string =>
  `${missed} frames missed, ${repeated} repeated, ${foreign} bytes foreign, ${closed} sockets closed`;

/** Reports at once when a listener has missed something. */
async function watch({ pool, options, isOver }: Scene): Promise<void> {
  let known = 0;
  while (!isOver()) {
    await pause(SECOND_MS);
    const heard = pool.totals();
    const faults = faultsOf(heard);
    if (faults > known) options.tell(`so far: ${toldOf(heard)}`);
    known = faults;
  }
}

async function look({ clusterSet, options, isOver }: Scene): Promise<readonly Growth[]> {
  const log = createResourceLog(options.minutes * 60_000 * WARM_UP_SHARE);
  while (!isOver()) {
    await pause(LOOK_MS);
    log.note(await clusterSet.members());
  }
  return log.growth();
}

async function play(clusterSet: ClusterSet, options: SoakOptions): Promise<SoakOutcome> {
  const rng = createRng(options.seed);
  const pool = createListenerPool(clusterSet.urls, rng.fork('pool'));
  try {
    await gather(pool, options);
    const endAt = performance.now() + options.minutes * 60_000;
    const isOver = (): boolean => performance.now() >= endAt;
    const isCalm = (): boolean => performance.now() >= endAt - CALM_MS;
    const scene = { clusterSet, pool, rng, options, isOver };
    const injecting = injectFaults({ ...scene, isOver: isCalm });
    const [faults, growth] = await Promise.all([
      injecting,
      look(scene),
      churn(scene),
      watch(scene),
    ]);
    return { heard: pool.totals(), faults, growth };
  } finally {
    pool.stop();
  }
}

/** Resolves when the given minutes are over. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const clusterSet = await openClusterSet(SITES);
  try {
    return await play(clusterSet, options);
  } finally {
    await clusterSet.close();
  }
}
