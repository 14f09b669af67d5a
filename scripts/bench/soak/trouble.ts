/**
 * What goes wrong during a soak, one thing after the other, drawn from a seed. Where it strikes is fixed, so that
 * there are processes of each kind that live from the beginning to the end, whose memory can be watched.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Rng } from '../../../src/lib/rng.js';
import type { Crowd } from './crowd.js';
import type { Town } from './town.js';

/** The first has the source, and is the rendezvous. */
const MORTAL_SCXS = [0, 4] as const;
const MORTAL_FRONT_ENDS = [1, 4] as const;
/** Its SCX hangs now and then. */
const SLEEPERS = [3] as const;
/** Clusters that all of this needs. */
export const PLACES = 5;

/** A front end is down, or an SCX hangs, so long, ms. */
const DOWN_MS = { least: 500, most: 4000 } as const;

export interface TroubleOptions {
  readonly town: Town;
  readonly crowd: Crowd;
  readonly rng: Rng;
  readonly tell: (what: string) => void;
}

type Strike = (options: TroubleOptions, place: number) => Promise<void>;

const durationMs = (rng: Rng): number =>
  DOWN_MS.least + rng.unit() * (DOWN_MS.most - DOWN_MS.least);

const killScx: Strike = async ({ town, crowd, tell }, place) => {
  const scx = await town.scx(place);
  if (scx === undefined) return;
  const listeners = crowd.scatter(scx.origin);
  process.kill(scx.pid, 'SIGKILL');
  tell(`kill -9 of SCX ${place}, which had ${listeners} listeners`);
};

const killFrontEnd: Strike = async ({ town, rng, tell }, place) => {
  const ms = durationMs(rng);
  tell(`kill -9 of front end ${place}, back in ${ms.toFixed()} ms`);
  await town.killFrontEnd(place);
  await pause(ms);
  await town.startFrontEnd(place);
};

const hangScx: Strike = async ({ town, rng, tell }, place) => {
  const ms = durationMs(rng);
  const scx = await town.scx(place);
  if (scx === undefined) return;
  tell(`SCX ${place} hangs for ${ms.toFixed()} ms`);
  process.kill(scx.pid, 'SIGSTOP');
  await pause(ms);
  process.kill(scx.pid, 'SIGCONT');
};

const KINDS: readonly (readonly [Strike, readonly number[]])[] = [
  [killScx, MORTAL_SCXS],
  [killFrontEnd, MORTAL_FRONT_ENDS],
  [hangScx, SLEEPERS],
];

/** Strikes once; resolves when whatever is for us to bring back is back. */
export async function strike(options: TroubleOptions): Promise<void> {
  const [kind, places] = options.rng.pick(KINDS) as (typeof KINDS)[number];
  await kind(options, options.rng.pick(places) as number);
}
