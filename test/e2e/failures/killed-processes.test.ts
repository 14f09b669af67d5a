/**
 * Processes of a cluster are killed, and come back. The broadcast's frames are numbered, so that a
 * player can tell which ones it has missed. SCATTERCAST_MEASURE=1 prints how
 * long things took.
 */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FRAME_MS } from '../../../scripts/bench/players/numbered-audio.js';
import {
  broadcastNumbers,
  heardMore,
  isInOrder,
  missingOf,
  type Player,
  stopPlayers,
  tuneIn,
} from '../support/player.js';
import { until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl, type Stage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/operations';
/** pino's number for what is an error. */
const ERROR = 50;
/** Without any front end, ms. */
const WITHOUT_MS = 6000;
/** What was missed must be in the burst, on a busy machine, too. */
const BURST = { extra: ['--burst', '9'] };

let stage: Stage;
beforeEach(() => {
  stage = createStage();
});
afterEach(async () => {
  stopPlayers();
  await stage.close();
});

function measured(what: string, value: unknown): void {
  if (process.env.SCATTERCAST_MEASURE !== '1') return;
  process.stdout.write(`${what} | ${JSON.stringify(value)}\n`);
}

/** Errors in the logs of a cluster and its SCXs. */
function errorsOf({ dataDir, process }: Cluster): readonly string[] {
  const files = readdirSync(join(dataDir, 'logs')).map((name) => join(dataDir, 'logs', name));
  const texts = [process.stderr(), ...files.map((file) => readFileSync(file, 'utf8'))];
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  return lines.filter((line) => (JSON.parse(line) as { level: number }).level >= ERROR);
}

/** Of the SCXs: a restarted one has others. */
async function idsOf(clusters: readonly Cluster[]): Promise<readonly string[]> {
  const scxs = await Promise.all(clusters.map((cluster) => cluster.scxs()));
  return scxs.flat().map(({ id, pid }) => `${id} ${pid}`);
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
  const [home, away] = (await stage.clusters(2, BURST)) as [Cluster, Cluster];
  const announcement = await stage.announce(home, NAME);
  await broadcastNumbers(stage, home, announcement);
  const [near, far] = await Promise.all([home, away].map((each) => tuneIn(each, announcement)));
  const killedAt = await killScx(away);
  await expectReturn(far as Player, killedAt, 'kill -9 of an SCX');
  expect(near?.visits()).toHaveLength(1);
  expect(missingOf(near as Player)).toEqual([]);
  expect([home, away].flatMap(errorsOf)).toEqual([]);
});

/** A player that connects once more when its stream breaks off, at once, and never again: VLC. */
async function impatientPlayer(url: URL) {
  const socket = connect(Number(url.port), url.hostname);
  const broken = once(socket, 'close');
  socket.on('error', () => undefined); // a reset is how its SCX's death looks
  socket.write(`GET ${url.pathname} HTTP/1.0\r\nHost: ${url.host}\r\n\r\n`);
  let received = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes]);
  });
  const plays = (): boolean => received.includes('\r\n\r\n') && received.length > 4096;
  await Promise.race([until('audio', plays), broken.then(() => undefined)]);
  expect(received.toString('latin1').split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
  expect(plays()).toBe(true);
  return { broken, close: () => socket.destroy() };
}

test('An SCX that is killed three times in a row refuses no player that connects again at once', async () => {
  const [home, away] = (await stage.clusters(2, BURST)) as [Cluster, Cluster];
  const announcement = await stage.announce(home, NAME);
  await broadcastNumbers(stage, home, announcement);
  const tuned = await fetch(listenUrl(away, announcement), { redirect: 'manual' });
  const url = new URL(tuned.headers.get('location') ?? '');
  for (let kills = 0; kills < 3; kills++) {
    const player = await impatientPlayer(url);
    const [scx] = await until('the SCX', async () => {
      const scxs = await away.scxs();
      return scxs.length === 1 ? scxs : undefined;
    });
    process.kill(scx?.pid ?? -1, 'SIGKILL');
    await player.broken;
  }
  const last = await impatientPlayer(url);
  last.close();
  expect([home, away].flatMap(errorsOf)).toEqual([]);
});

test('So it is when its front end is not the one that launched it', async () => {
  const [home, away] = (await stage.clusters(2, BURST)) as [Cluster, Cluster];
  const announcement = await stage.announce(home, NAME);
  await broadcastNumbers(stage, home, announcement);
  const player = await tuneIn(away, announcement);
  away.process.child.kill('SIGKILL');
  await away.process.exited;
  await away.again();
  await until('the lease', async () => (await away.scxs()).length === 1);
  const killedAt = await killScx(away);
  await expectReturn(player, killedAt, 'kill -9 of an SCX after its front end');
});

test('kill -9 of all front ends at once: no stream notices, and all is there again after it', async () => {
  const clusters = await stage.clusters(3);
  const [home, second, third] = clusters as [Cluster, Cluster, Cluster];
  const announcement = await stage.announce(home, NAME);
  await broadcastNumbers(stage, second, announcement);
  const players = await Promise.all(clusters.map((each) => tuneIn(each, announcement)));
  const document = await (await fetch(announcement)).text();
  const before = await idsOf(clusters);
  for (const { process } of clusters) process.child.kill('SIGKILL');
  await Promise.all(clusters.map(({ process }) => process.exited));
  await Promise.all(players.map((player) => heardMore(player, WITHOUT_MS)));
  await Promise.all(clusters.map((cluster) => cluster.again()));
  await until('the leases', async () => (await idsOf(clusters)).length === before.length);
  expect(await idsOf(clusters)).toEqual(before);
  expect(await (await fetch(announcement)).text()).toBe(document);
  const newcomer = await tuneIn(third, announcement);
  for (const player of [...players, newcomer]) {
    expect(player.visits()).toHaveLength(1);
    expect(isInOrder(player)).toBe(true);
    expect(player.foreignBytes()).toBe(0);
  }
  expect(clusters.flatMap(errorsOf)).toEqual([]);
});
