/**
 * A player that connects again, to where it was, whenever its stream ends; as good ones do. It keeps
 * the number of each frame of a numbered broadcast and when it came, connection by connection.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { numberOf } from '../../scripts/bench/drills/numbered-audio.js';
import { createFramer, type FramerEvent } from '../../src/mp3/framer.js';

const AGAIN_MS = 20;

/** What came over one connection. */
interface Visit {
  readonly numbers: readonly number[];
  /** When the first byte came, and how many frames were with it. */
  readonly firstAt: number;
  readonly burst: number;
}

export interface Player {
  /** The connections over which anything came. */
  visits(): readonly Visit[];
  /** The last frame's number; undefined before the first. */
  last(): number | undefined;
  /** Bytes that are no frame of the broadcast. */
  foreignBytes(): number;
  stop(): void;
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
      if (isFirst) visits.push({ numbers, firstAt: performance.now(), burst: numbers.length });
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
    stop: () => controller.abort(),
  };
}
