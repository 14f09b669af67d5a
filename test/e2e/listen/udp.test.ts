/** A session that is announced with --udp: from cluster to cluster its sound travels in datagrams. */
import { afterEach, expect, test } from 'vitest';
import {
  broadcastNumbers,
  heardMore,
  isInOrder,
  missingOf,
  stopPlayers,
  tuneIn,
} from '../support/player.js';
import { createStage, until } from '../support/stage.js';

const NAME = 'scattercast://radio.example/datagrams';
/** Heard by datagrams, ms. */
const HEARD_MS = 5000;

const stage = createStage();
afterEach(async () => {
  stopPlayers();
  await stage.close();
});

/** One of an SCX's counters. */
async function counterOf(httpUrl: string, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', httpUrl))).text();
  return Number(new RegExp(`^\\w*${name}\\w*{.*} (\\d+)$`, 'm').exec(text)?.[1]);
}

test('Sound announced with --udp travels in datagrams, and every frame of it is heard', async () => {
  const [near, far] = await Promise.all([stage.cluster(), stage.cluster()]);
  const announcement = await stage.announce(near, NAME, '--udp');
  await broadcastNumbers(stage, near, announcement);
  const player = await tuneIn(far, announcement);
  const [scx] = await far.scxs();
  const datagrams = (): Promise<number> => counterOf(scx?.httpUrl ?? '', 'overlay_datagrams_in');
  const before = await until('datagrams', async () => (await datagrams()) || undefined);
  await heardMore(player, HEARD_MS);
  expect((await datagrams()) - before).toBeGreaterThan(HEARD_MS / 26.12 / 4);
  expect(missingOf(player)).toEqual([]);
  expect(isInOrder(player)).toBe(true);
});
