/**
 * A player that connects again to the same address whenever its stream ends, as good players do. It
 * keeps the number of each frame of a numbered broadcast, connection by connection.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  FRAME_MS,
  numberedAudio,
  numberOf,
} from '../../../scripts/bench/players/numbered-audio.js';
import { createFramer, type FramerEvent } from '../../../src/mp3/frames/framer.js';
import { type Running, until } from './processes.js';
import { type Cluster, listenUrl, type Stage } from './stage.js';

const AGAIN_MS = 20;
/** Audio that a player has got before it counts as tuned in, ms. */
const TUNED_IN_MS = 3000;

/** What came over one connection. */
interface Visit {
  readonly numbers: readonly number[];
  /** When the first frame came, and how many were with it. */
  readonly firstAt: number;
  readonly burst: number;
}

export interface Player {
  /** The connections over which a frame came. */
  visits(): readonly Visit[];
  /** The last frame's number; undefined before the first. */
  last(): number | undefined;
  /** Bytes that are no frame of the broadcast. */
  foreignBytes(): number;
  stop(): void;
}

/** All players that have not been stopped; each test has a few. */
const playing = new Set<AbortController>();

/** Ends all players. */
export function stopPlayers(): void {
  for (const controller of playing) controller.abort();
  playing.clear();
}

/** Frames that never came, by their numbers, in spite of all connections. */
export function missingOf(player: Player): readonly number[] {
  const numbers = new Set(player.visits().flatMap((visit) => visit.numbers));
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return all.filter((number) => !numbers.has(number));
}

/** Whether each connection brought its frames one after the other, each once. */
export const isInOrder = (player: Player): boolean =>
  player.visits().every(({ numbers }) => numbers.every((n, i) => n === (numbers[0] ?? 0) + i));

/** Listens from now on. */
export function play(url: string): Player {
  const controller = new AbortController();
  const { signal } = controller;
  playing.add(controller);
  const visits: { numbers: number[]; firstAt: number; burst: number }[] = [];
  let foreignBytes = 0;

  const listen = async (): Promise<void> => {
    const framer = createFramer();
    const numbers: number[] = [];
    const take = (event: FramerEvent): void => {
      if (event.kind === 'junk') foreignBytes += event.bytes;
      if (event.kind !== 'frame') return;
      const number = numberOf(event.bytes);
      if (number === undefined) foreignBytes += event.bytes.length;
      else numbers.push(number);
    };
    const response = await fetch(url, { signal });
    if (!response.ok) return void (await response.body?.cancel());
    for await (const chunk of response.body ?? []) {
      const isFirst = numbers.length === 0;
      framer.push(chunk).forEach(take);
      if (isFirst && numbers.length > 0)
        visits.push({ numbers, firstAt: performance.now(), burst: numbers.length });
    }
  };

  const listenOn = async (): Promise<void> => {
    while (!signal.aborted) {
      await listen().catch(() => undefined);
      await pause(AGAIN_MS);
    }
  };
  void listenOn();

  return {
    visits: () => visits,
    last: () => visits.at(-1)?.numbers.at(-1),
    foreignBytes: () => foreignBytes,
    stop: () => {
      controller.abort();
      playing.delete(controller);
    },
  };
}

/** Puts a numbered broadcast on the air; its file is long enough for every test. */
export function broadcastNumbers(
  stage: Stage,
  cluster: Cluster,
  announcement: string,
): Promise<Running> {
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, numberedAudio());
  return stage.broadcast(cluster, announcement, file);
}

/** Waits until that much more audio has come. */
export async function heardMore(player: Player, ms: number): Promise<void> {
  const before = player.last();
  await until(`${ms} ms more`, () => {
    const last = player.last();
    const first = before ?? player.visits()[0]?.numbers[0] ?? 0;
    return last !== undefined && (last - first) * FRAME_MS >= ms;
  });
}

/** A player that asks the cluster each time, and may hear nothing yet. */
export const askFor = (cluster: Cluster, announcement: string): Player =>
  play(listenUrl(cluster, announcement));

/**
 * A player at the cluster's SCX, to which it connects again; resolves when it has heard some audio.
 */
export async function tuneIn(cluster: Cluster, announcement: string): Promise<Player> {
  const { headers } = await fetch(listenUrl(cluster, announcement), { redirect: 'manual' });
  const player = play(headers.get('location') ?? '');
  await heardMore(player, TUNED_IN_MS);
  return player;
}
