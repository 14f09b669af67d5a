/**
 * What an operator's machine does to a cluster: processes are killed, and come back. The broadcast's
 * frames are numbered, so that a player can tell what it has not had. SCATTERCAST_MEASURE=1 prints how
 * long things took.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FRAME_MS, numberedAudio } from '../../scripts/bench/drills/numbered-audio.js';
import { isInOrder, missingOf, type Player, play } from './player.js';
import { type Cluster, createStage, type Stage, until } from './stage.js';

const NAME = 'scattercast://radio.example/operations';
/** pino's number for what is an error. */
const ERROR = 50;
/** What was missed must be in the burst, on a busy machine, too. */
const BURST = { extra: ['--burst', '9'] };

let stage: Stage;
let players: Player[] = [];
beforeEach(() => {
  stage = createStage();
  players = [];
});
afterEach(async () => {
  for (const player of players) player.stop();
  await stage.close();
});

function measured(what: string, value: unknown): void {
  if (process.env.SCATTERCAST_MEASURE !== '1') return;
  process.stdout.write(`${what} | ${JSON.stringify(value)}\n`);
}

async function goOnAir(cluster: Cluster, announcement: string): Promise<void> {
  const file = join(stage.directory, 'numbered.mp3');
  writeFileSync(file, numberedAudio());
  await stage.broadcast(cluster, announcement, '--loop', file);
}

/** A player at a cluster: it goes to the cluster's SCX, and comes back to that. */
async function tuneIn(cluster: Cluster, announcement: string): Promise<Player> {
  const url = `${cluster.url}/listen?announcement=${encodeURIComponent(announcement)}`;
  const { headers } = await fetch(url, { redirect: 'manual' });
  const player = play(headers.get('location') ?? '');
  players.push(player);
  await heardMore(player, 6000);
  return player;
}

/** So much more audio has come. */
async function heardMore(player: Player, ms: number): Promise<void> {
  const before = player.last();
  await until(`${ms} ms more`, () => {
    const last = player.last();
    const first = before ?? player.visits()[0]?.numbers[0] ?? 0;
    return last !== undefined && (last - first) * FRAME_MS >= ms;
  });
}

/** Errors in the logs of a cluster and its SCXs. */
function errorsOf({ dataDir, process }: Cluster): readonly string[] {
  const files = readdirSync(join(dataDir, 'logs')).map((name) => join(dataDir, 'logs', name));
  const texts = [process.stderr(), ...files.map((file) => readFileSync(file, 'utf8'))];
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  return lines.filter((line) => (JSON.parse(line) as { level: number }).level >= ERROR);
}

/** Kills the cluster's SCX; gives the next one, which has the same addresses. */
async function killScx(cluster: Cluster) {
  const [before] = await cluster.scxs();
  const killedAt = performance.now();
  process.kill(before?.pid ?? -1, 'SIGKILL');
  const after = await until('another SCX', async () =>
    (await cluster.scxs()).find(({ pid }) => pid !== before?.pid),
  );
  const { httpUrl, overlayAddress } = after;
  expect({ httpUrl, overlayAddress }).toEqual({
    httpUrl: before?.httpUrl,
    overlayAddress: before?.overlayAddress,
  });
  return killedAt;
}

/** Its player comes back, and is given what it missed meanwhile. */
async function expectReturn(player: Player, killedAt: number, what: string): Promise<void> {
  const count = player.visits().filter(({ firstAt }) => firstAt < killedAt).length;
  const visit = await until('the player to hear again', () => player.visits()[count]);
  measured(what, {
    backMs: Math.round(visit.firstAt - killedAt),
    burstMs: visit.burst * FRAME_MS,
  });
  await heardMore(player, 2000);
  expect(missingOf(player)).toEqual([]);
  expect(isInOrder(player)).toBe(true);
  expect(player.foreignBytes()).toBe(0);
}

test('An SCX that is killed is back for its players, with what they missed meanwhile', async () => {
  const [home, away] = await Promise.all([stage.cluster(BURST), stage.cluster(BURST)]);
  const announcement = await stage.announce(home, NAME);
  await goOnAir(home, announcement);
  const [near, far] = await Promise.all([home, away].map((each) => tuneIn(each, announcement)));
  const killedAt = await killScx(away);
  await expectReturn(far as Player, killedAt, 'kill -9 of an SCX');
  expect(near?.visits()).toHaveLength(1);
  expect(missingOf(near as Player)).toEqual([]);
  expect([home, away].flatMap(errorsOf)).toEqual([]);
});

test('So it is when its front end is not the one that launched it', async () => {
  const [home, away] = await Promise.all([stage.cluster(BURST), stage.cluster(BURST)]);
  const announcement = await stage.announce(home, NAME);
  await goOnAir(home, announcement);
  const player = await tuneIn(away, announcement);
  away.process.child.kill('SIGKILL');
  await away.process.exited;
  const successor = await stage.cluster({ ...BURST, port: away.port, dataDir: away.dataDir });
  await until('the lease', async () => (await successor.scxs()).length === 1);
  const killedAt = await killScx(successor);
  await expectReturn(player, killedAt, 'kill -9 of an SCX after its front end');
});
