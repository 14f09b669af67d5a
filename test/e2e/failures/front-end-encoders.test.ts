/**
 * Encoders that feed through a front end which ends: their connections stay, and listeners miss
 * nothing. The frames are numbered, so that a player can tell which ones it has missed.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { numberedAudio } from '../../../scripts/bench/players/numbered-audio.js';
import { type Replayed, replay } from '../support/encoders.js';
import { metric } from '../support/metric.js';
import {
  heardMore,
  isInOrder,
  missingOf,
  type Player,
  stopPlayers,
  tuneIn,
} from '../support/player.js';
import { freePorts } from '../support/ports.js';
import { until } from '../support/processes.js';
import { type Cluster, createStage, type Stage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/night';
const MOUNT = '/radio.example/night';
/** Without a front end, and after its return: longer than a frame is under way, ms. */
const HEARD_MS = 1500;

let stage: Stage;
const encoders: Replayed[] = [];
beforeEach(() => {
  stage = createStage();
});
afterEach(async () => {
  stopPlayers();
  for (const encoder of encoders.splice(0)) encoder.end();
  await stage.close();
});

/** `prepare`: what happens before the encoder comes. */
async function onAir(
  head: (password: string) => string,
  nextPort = 0,
  prepare: (cluster: Cluster) => Promise<unknown> = async () => undefined,
) {
  const cluster = await stage.cluster({ port: await freePorts(2) });
  const announcement = await stage.announce(cluster, NAME);
  const { password } = stage.secretsOf(announcement);
  await prepare(cluster);
  const encoder = replay(cluster.port + nextPort, head(password));
  encoders.push(encoder);
  encoder.play({ audio: numberedAudio() });
  await until('the air', async () => (await cluster.scxs()).some(({ playing }) => playing));
  return { cluster, encoder, player: await tuneIn(cluster, announcement) };
}

const sourceHead = (password: string): string =>
  `SOURCE ${MOUNT} HTTP/1.0\r\nAuthorization: Basic ${btoa(`source:${password}`)}\r\n` +
  'User-Agent: e2e/1\r\nContent-Type: audio/mpeg\r\n\r\n';

const putHead = (password: string): string =>
  `PUT ${MOUNT} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${btoa(`source:${password}`)}\r\n` +
  'Content-Type: audio/mpeg\r\nExpect: 100-continue\r\n\r\n';

async function restart(cluster: Cluster, signal: 'SIGKILL' | 'SIGUSR2', player: Player) {
  const before = await cluster.scxs();
  cluster.process.child.kill(signal);
  await cluster.process.exited;
  await heardMore(player, HEARD_MS);
  await cluster.again();
  const after = await until('the lease', async () => {
    const scxs = await cluster.scxs();
    return scxs.length === before.length && scxs;
  });
  expect(after.map(({ id, pid }) => ({ id, pid }))).toEqual(
    before.map(({ id, pid }) => ({ id, pid })),
  );
  await heardMore(player, HEARD_MS);
  expect(after.map(({ attachedSources }) => attachedSources)).toEqual([1]);
}

function expectWhole(player: Player, encoder: Replayed): void {
  expect(encoder.isClosed()).toBe(false);
  expect(player.visits()).toHaveLength(1);
  expect(missingOf(player)).toEqual([]);
  expect(isInOrder(player)).toBe(true);
  expect(player.foreignBytes()).toBe(0);
}

test.each(['SIGKILL', 'SIGUSR2'] as const)(
  'An encoder stays connected when its front end gets %s, and no frame is lost',
  async (signal) => {
    const { cluster, encoder, player } = await onAir(sourceHead);
    expect(await metric(cluster.url, 'encoders_total')).toBe(1);
    await restart(cluster, signal, player);
    expect(encoder.said()).toBe('HTTP/1.0 200 OK\r\n\r\n');
    expectWhole(player, encoder);
  },
);

test('So does one that sends with PUT, twice in a row', async () => {
  const { cluster, encoder, player } = await onAir(putHead);
  await restart(cluster, 'SIGKILL', player);
  await restart(cluster, 'SIGKILL', player);
  expect(encoder.said()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
  expectWhole(player, encoder);
});

test("So does one that speaks SHOUTcast's protocol", async () => {
  const head = (password: string): string => `${password}\r\nicy-name: Night\r\n\r\n`;
  const { cluster, encoder, player } = await onAir(head, 1);
  await restart(cluster, 'SIGKILL', player);
  expect(encoder.said()).toBe('OK2\r\nicy-caps:11\r\n\r\n');
  expectWhole(player, encoder);
});

/** The SCX is started once its session is announced, and known once it has renewed its lease. */
const theScx = (cluster: Cluster): Promise<unknown> =>
  until('the SCX', async () => (await cluster.scxs()).length === 1);

/** The front end finds its SCX, which is no child of its own then. */
async function restartIdle(cluster: Cluster): Promise<void> {
  await theScx(cluster);
  cluster.process.child.kill('SIGKILL');
  await cluster.process.exited;
  await cluster.again();
  await until('its lease', async () => (await cluster.scxs()).length === 1);
}

/** The SCX hands over to a successor, which is no child of the front end either. */
async function drain(cluster: Cluster): Promise<void> {
  await theScx(cluster);
  const where = ['--port', `${cluster.port}`, '--data', cluster.dataDir, '--listen', '127.0.0.1'];
  const drained = stage.run(['cluster', '--drain', ...where]);
  expect((await drained.exited).code).toBe(0);
  expect(drained.stdout()).toMatch(/has taken over from/);
}

/** How many encoders reached their SCX in each way. */
async function ways(cluster: Cluster): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${cluster.url}/metrics`)).text();
  const counts = metrics.matchAll(/^scattercast_encoders_total\{way="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...counts].map(([, way, count]) => [way, Number(count)]));
}

test.each([
  ['that an earlier front end started', restartIdle],
  ['that has taken over from another one', drain],
])('So does one at an SCX %s', async (_which, prepare) => {
  const { cluster, encoder, player } = await onAir(sourceHead, 0, prepare);
  expect(await ways(cluster)).toEqual({ carried: 1 });
  await restart(cluster, 'SIGKILL', player);
  await restart(cluster, 'SIGUSR2', player);
  expect(encoder.said()).toBe('HTTP/1.0 200 OK\r\n\r\n');
  expectWhole(player, encoder);
});

test("So does one of SHOUTcast's at such an SCX", async () => {
  const head = (password: string): string => `${password}\r\nicy-name: Night\r\n\r\n`;
  const { cluster, encoder, player } = await onAir(head, 1, restartIdle);
  expect(await ways(cluster)).toEqual({ carried: 1 });
  await restart(cluster, 'SIGKILL', player);
  expect(encoder.said()).toBe('OK2\r\nicy-caps:11\r\n\r\n');
  expectWhole(player, encoder);
});
