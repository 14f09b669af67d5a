/**
 * A session that is announced with --udp: from cluster to cluster its sound travels in datagrams.
 */
import { afterEach, expect, test } from 'vitest';
import { metric } from '../support/metric.js';
import {
  broadcastNumbers,
  heardMore,
  isInOrder,
  missingOf,
  stopPlayers,
  tuneIn,
} from '../support/player.js';
import { until } from '../support/processes.js';
import { createStage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/datagrams';
/** Heard by datagrams, ms. */
const HEARD_MS = 5000;

const stage = createStage();
afterEach(async () => {
  stopPlayers();
  await stage.close();
});

test('Sound announced with --udp travels in datagrams, and every frame of it is heard', async () => {
  const [near, far] = await Promise.all([stage.cluster(), stage.cluster()]);
  const announcement = await stage.announce(near, NAME, '--udp');
  await broadcastNumbers(stage, near, announcement);
  const player = await tuneIn(far, announcement);
  const [scx] = await far.scxs();
  const datagrams = (): Promise<number> =>
    metric(scx?.httpUrl ?? '', 'scx_overlay_datagrams_in_total');
  const before = await until('datagrams', async () => (await datagrams()) || undefined);
  await heardMore(player, HEARD_MS);
  expect((await datagrams()) - before).toBeGreaterThan(HEARD_MS / 26.12 / 4);
  expect(missingOf(player)).toEqual([]);
  expect(isInOrder(player)).toBe(true);
});
