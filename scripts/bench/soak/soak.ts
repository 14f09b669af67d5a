/**
 * A town of clusters with its listeners for a long time, while one thing after the other goes wrong. What must
 * hold: nobody whose SCX is alive misses or repeats a frame or is closed, and no process grows.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createRng, type Rng } from '../../../src/lib/rng.js';
import { until } from '../../../test/e2e/support/processes.js';
import type { Noticed } from '../players/player.js';
import { type Crowd, createCrowd } from './crowd.js';
import { createLedger, type Growth } from './ledger.js';
import { openTown, type Town } from './town.js';
import { PLACES, strike } from './trouble.js';

export interface SoakOptions {
  /** From when all listeners have come. */
  readonly minutes: number;
  /** Over all clusters. */
  readonly listeners: number;
  /** How long a listener stays on average, s. */
  readonly stayS: number;
  /** From one thing that goes wrong to the next on average, s. */
  readonly troubleS: number;
  readonly seed: number;
  /** Hears what happens while it goes on. */
  readonly tell: (what: string) => void;
}

export interface SoakOutcome {
  readonly heard: Noticed;
  readonly strikes: number;
  readonly growth: readonly Growth[];
}

const NEWCOMERS_PER_SECOND = 100;
/** There is a burst for the first ones, ms. */
const FILL_MS = 6000;
const SECOND_MS = 1000;
/** Processes are looked at so often, ms. */
const LOOK_MS = 5000;
/** The caches and buffers of a process are filled after this share of the soak. */
const WARM_UP_SHARE = 0.25;
/** After the last strike, ms: what it did is heard. */
const CALM_MS = 8000;

interface Scene {
  readonly town: Town;
  readonly crowd: Crowd;
  readonly rng: Rng;
  readonly options: SoakOptions;
  readonly isOver: () => boolean;
}

async function gather(crowd: Crowd, options: SoakOptions): Promise<void> {
  await pause(FILL_MS);
  while (crowd.size < options.listeners) {
    crowd.add(crowd.size % PLACES);
    await pause(SECOND_MS / NEWCOMERS_PER_SECOND);
  }
  await until('sound', () => crowd.totals().frames > 0);
}

/** As many leave on average as the time that they stay says. */
async function churn({ crowd, rng, options, isOver }: Scene): Promise<void> {
  const own = rng.fork('churn');
  while (!isOver()) {
    await pause(SECOND_MS);
    const due = options.listeners / options.stayS;
    crowd.churn(Math.floor(due + own.unit()));
  }
}

/** Returns how often it struck. */
async function makeTrouble({ town, crowd, rng, options, isOver }: Scene): Promise<number> {
  const own = rng.fork('trouble');
  let strikes = 0;
  for (;;) {
    await pause(options.troubleS * SECOND_MS * (0.5 + own.unit()));
    if (isOver()) return strikes;
    await strike({ town, crowd, rng: own, tell: options.tell });
    strikes++;
  }
}

const faultsOf = ({ missed, repeated, foreign, closed }: Noticed): number =>
  missed + repeated + foreign + closed;

const toldOf = ({ missed, repeated, foreign, closed }: Noticed): string =>
  `${missed} frames missed, ${repeated} repeated, ${foreign} bytes foreign, ${closed} sockets closed`;

/** Tells at once when something is heard that must not be. */
async function watch({ crowd, options, isOver }: Scene): Promise<void> {
  let known = 0;
  while (!isOver()) {
    await pause(SECOND_MS);
    const heard = crowd.totals();
    const faults = faultsOf(heard);
    if (faults > known) options.tell(`so far: ${toldOf(heard)}`);
    known = faults;
  }
}

async function look({ town, options, isOver }: Scene): Promise<readonly Growth[]> {
  const ledger = createLedger(options.minutes * 60_000 * WARM_UP_SHARE);
  while (!isOver()) {
    await pause(LOOK_MS);
    ledger.note(await town.members());
  }
  return ledger.growth();
}

async function play(town: Town, options: SoakOptions): Promise<SoakOutcome> {
  const rng = createRng(options.seed);
  const crowd = createCrowd(town.urls, rng.fork('crowd'));
  try {
    await gather(crowd, options);
    const endAt = performance.now() + options.minutes * 60_000;
    const isOver = (): boolean => performance.now() >= endAt;
    const isCalm = (): boolean => performance.now() >= endAt - CALM_MS;
    const scene = { town, crowd, rng, options, isOver };
    const trouble = makeTrouble({ ...scene, isOver: isCalm });
    const [strikes, growth] = await Promise.all([trouble, look(scene), churn(scene), watch(scene)]);
    return { heard: crowd.totals(), strikes, growth };
  } finally {
    crowd.stop();
  }
}

/** Resolves so many minutes after all listeners have come. */
export async function soak(options: SoakOptions): Promise<SoakOutcome> {
  const town = await openTown(PLACES);
  try {
    return await play(town, options);
  } finally {
    await town.close();
  }
}
