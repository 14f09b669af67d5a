/**
 * What the side-by-side drill does to each server in turn. Listeners hear it at several sites; the
 * process that feeds those sites is killed and comes back; each listener reports what it noticed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../../../test/e2e/support/processes.js';
import { LOOP_FRAMES } from '../players/numbered-audio.js';
import { type Noticed, type Player, startPlayer } from '../players/player.js';

/** A broadcast of numbered audio. */
export interface Scene {
  /** The sites' streams; each has the same number of listeners. */
  readonly urls: readonly string[];
  /** Kills the process that feeds them, with kill -9. */
  strike(): Promise<void>;
  /** Brings it back, if that is an operator's task. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export interface DrillOptions {
  /** At each site. */
  readonly listeners: number;
  /** From the strike until it is mended, s. */
  readonly downS: number;
}

export interface Outcome {
  /** Of each listener, from the strike on. */
  readonly noticed: readonly Noticed[];
  /** The longest time that any listener was without a frame before the strike, ms. */
  readonly usualWaitMs: number;
  /**
   * From the strike until all listeners had heard audio from after it, ms; Infinity: not all did.
   */
  readonly backMs: number;
}

/** Before listeners connect, ms: there is a whole burst for them by then. */
const FILL_MS = 6000;
/** Before the strike, ms: the bursts are out, and the usual waits are measured. */
const SETTLE_MS = 8000;
const USUAL_MS = 5000;
/** After all listeners hear again, ms: a connection that is closed late is closed by then. */
const AFTER_MS = 5000;
/** More than Icecast's relays take as packaged, ms. */
const PATIENCE_MS = 200_000;
/** A frame this much newer than all that were heard at the strike was broadcast after it: 0.5 s. */
const AHEAD_FRAMES = 20;

const newestOf = (players: readonly Player[]): number => {
  const heard = players.flatMap(({ newest }) => newest ?? []);
  return heard.reduce((a, b) => (players.some((one) => one.newest === b && one.isPast(a)) ? b : a));
};

const markAll = (players: readonly Player[]): void => {
  for (const player of players) player.mark();
};

async function untilHeard(players: readonly Player[], number: number): Promise<number> {
  const from = performance.now();
  const isBack = (): boolean => players.every((player) => player.isPast(number));
  const back = until('everybody', isBack, PATIENCE_MS).then(
    () => performance.now() - from,
    () => Number.POSITIVE_INFINITY,
  );
  return back;
}

async function strikeAndWait(
  scene: Scene,
  players: readonly Player[],
  { downS }: DrillOptions,
): Promise<Outcome> {
  await pause(SETTLE_MS - USUAL_MS);
  markAll(players);
  await pause(USUAL_MS);
  const usualWaitMs = Math.max(...players.map((player) => player.noticed().waitMs));
  markAll(players);
  const number = (newestOf(players) + AHEAD_FRAMES) % LOOP_FRAMES;
  const back = untilHeard(players, number);
  await scene.strike();
  await pause(downS * 1000);
  await scene.mend();
  const backMs = await back;
  await pause(AFTER_MS);
  return { noticed: players.map((player) => player.noticed()), usualWaitMs, backMs };
}

/** Plays the drill; the scene stays open. */
export async function drill(scene: Scene, options: DrillOptions): Promise<Outcome> {
  await pause(FILL_MS);
  const sites = scene.urls.flatMap((url) => Array<string>(options.listeners).fill(url));
  const players = sites.map((url) => startPlayer(url));
  try {
    await until('sound', () => players.every(({ newest }) => newest !== undefined), 60_000);
    return await strikeAndWait(scene, players, options);
  } finally {
    for (const player of players) player.stop();
  }
}
