/**
 * The clocks of the machines are set back an hour, or forward. A session is timed by monotonic
 * clocks, which nobody sets, so nothing happens, and processes that start afterwards join as
 * before.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  broadcastNumbers,
  heardMore,
  isInOrder,
  missingOf,
  stopPlayers,
  tuneIn,
} from '../support/player.js';
import { until } from '../support/processes.js';
import { type Cluster, createStage, type Stage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/clock';
const HOUR_MS = 3_600_000;
/** What was missed must be in the burst, on a busy machine, too. */
const BURST = ['--burst', '9'];
/** With what a player had before, longer than a burst: a newcomer begins later than it did, ms. */
const LONGER_MS = 7000;

let stage: Stage;
let directory = '';
let clock = '';

/** How far the clock of a server is from ours, ms. */
async function offsetOf(url: string): Promise<number> {
  const { headers } = await fetch(new URL('/status', url));
  return Date.parse(headers.get('date') ?? '') - Date.now();
}
const setClock = (offsetMs: number): void => writeFileSync(clock, `${offsetMs}`);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'scattercast-clock-'));
  clock = join(directory, 'clock');
  setClock(0);
  const preload = new URL('settable-clock.mjs', import.meta.url).href;
  stage = createStage({ SETTABLE_CLOCK: clock, NODE_OPTIONS: `--import=${preload}` });
});
afterEach(async () => {
  stopPlayers();
  await stage.close();
  rmSync(directory, { recursive: true });
});

test.for([
  ['back', -HOUR_MS],
  ['forward', HOUR_MS],
] as const)('A clock that is set %s an hour interrupts nothing', async ([, offsetMs]) => {
  // Confined processes would not read what sets their clocks.
  const clusters = await stage.clusters(3, { extra: [...BURST, '--unconfined'] });
  const [home, away, third] = clusters as [Cluster, Cluster, Cluster];
  const announcement = await stage.announce(home, NAME);
  await broadcastNumbers(stage, home, announcement);
  const [near, far] = await Promise.all([tuneIn(home, announcement), tuneIn(away, announcement)]);
  setClock(offsetMs);
  await Promise.all([near, far].map((player) => heardMore(player, LONGER_MS)));
  const [scx] = await away.scxs();
  expect(Math.abs((await offsetOf(scx?.httpUrl ?? '')) - offsetMs)).toBeLessThan(HOUR_MS / 2);
  for (const player of [near, far]) expect(player.visits()).toHaveLength(1);
  const newcomer = await tuneIn(third, announcement);
  expect(newcomer.visits()[0]?.numbers[0]).toBeGreaterThan(near.visits()[0]?.numbers[0] ?? 0);
  process.kill(scx?.pid ?? -1, 'SIGKILL');
  await until('the player to hear again', () => far.visits().length === 2);
  await Promise.all([near, far, newcomer].map((player) => heardMore(player, 2000)));
  for (const player of [near, far, newcomer]) {
    expect(missingOf(player)).toEqual([]);
    expect(isInOrder(player)).toBe(true);
  }
});
