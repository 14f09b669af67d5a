/**
 * The disk of a data directory is full, or can only be read. Streams go on, newcomers are let in, what
 * is published is served; what cannot be done is said clearly; and all is well again when the disk is.
 * The disk is a small one of our own, which only root may have.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  broadcastNumbers,
  heardMore,
  isInOrder,
  missingOf,
  type Player,
  stopPlayers,
  tuneIn,
} from '../support/player.js';
import { type Cluster, createStage, type Stage, until } from '../support/stage.js';

const NAME = 'scattercast://radio.example/full';
const OTHER_NAME = 'scattercast://radio.example/other';
/** Longer than the cluster takes to notice what is wrong with its disk, ms. */
const NOTICED_WITHIN_MS = 40_000;

const isRoot = process.getuid?.() === 0;

let stage: Stage;
let disk = '';
const mounted: string[] = [];

/** A file system in memory. */
function mountDisk(size: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'none', disk]);
  mounted.push(disk);
}

/** The same files, but whoever opens one from now on can only read it. */
function mountReadOnly(): void {
  execFileSync('mount', ['--bind', disk, disk]);
  mounted.push(disk);
  execFileSync('mount', ['-o', 'remount,bind,ro', disk]);
}

function unmount(): void {
  const path = mounted.pop();
  if (path !== undefined) execFileSync('umount', ['--lazy', path]);
}

beforeEach(() => {
  stage = createStage();
  disk = join(stage.directory, 'disk');
  mkdirSync(disk);
});
afterEach(async () => {
  stopPlayers();
  await stage.close().catch(() => undefined); // a directory that is mounted cannot be removed
  while (mounted.length > 0) unmount();
  rmSync(stage.directory, { recursive: true, force: true });
});

/** Takes all the room, as small as pieces of it may be. */
function fill(): string {
  const ballast = join(disk, 'ballast');
  for (const bytes of [65_536, 4096, 1]) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(bytes));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' });
    }
  }
  return ballast;
}

const announceOther = ({ url }: Cluster) =>
  stage.run(['announce', '--cluster', url, '--name', OTHER_NAME]);

/** A counter or a gauge of the cluster's SCX, or of its front end. */
async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(text.match(new RegExp(`^scattercast_${name}(?:\\{.*\\})? (\\S+)$`, 'm'))?.[1]);
}

interface Scene {
  readonly cluster: Cluster;
  readonly player: Player;
  readonly announcement: string;
}

/** A broadcast at one cluster, and a player at another, whose data directory is on the disk. */
async function open(): Promise<Scene> {
  mountDisk('4m');
  const [home, cluster] = await Promise.all([stage.cluster(), stage.cluster({ dataDir: disk })]);
  const { password } = stage.secretsOf(await stage.announce(home, NAME));
  const meet = ['--rendezvous', `${home.url}/rendezvous/radio.example/full`];
  const announcement = await stage.announce(cluster, NAME, ...meet, '--password', password);
  await broadcastNumbers(stage, home, `${home.url}/announcements/radio.example/full.xml`);
  return { cluster, player: await tuneIn(cluster, announcement), announcement };
}

/** The front end says what is wrong, publishes nothing, and serves what was published. */
async function expectTold({ cluster, announcement }: Scene, why: RegExp): Promise<void> {
  const refused = announceOther(cluster);
  expect(await refused.exited).not.toMatchObject({ code: 0 });
  expect(refused.stderr()).toMatch(why);
  expect(await (await fetch(announcement)).text()).toContain('</SCATTERCAST>');
  await cluster.process.line(/data directory cannot be written.*make room/, NOTICED_WITHIN_MS);
  expect(await metric(cluster.url, 'data_writable')).toBe(0);
}

/** Its SCX is killed, and comes back without a disk to write to; then a newcomer is let in. */
async function expectServing({ cluster, player, announcement }: Scene): Promise<void> {
  const [before] = await cluster.scxs();
  const count = player.visits().length;
  process.kill(before?.pid ?? -1, 'SIGKILL');
  await until('the player to hear again', () => player.visits().length > count);
  await heardMore(player, 2000);
  const newcomer = await tuneIn(cluster, announcement);
  expect(newcomer.visits()).toHaveLength(1);
  expect(missingOf(newcomer)).toEqual([]);
}

/** It has room again: all is written that comes from now on, and things are published. */
async function expectWell({ cluster }: Scene): Promise<void> {
  await cluster.process.line(/data directory can be written again/, NOTICED_WITHIN_MS);
  const published = announceOther(cluster);
  expect(await published.exited, published.stderr()).toMatchObject({ code: 0 });
  const [scx] = await cluster.scxs();
  await until('the access log to go on', async () => {
    await fetch(new URL('/status?again', scx?.httpUrl)).then((answer) => answer.text());
    return readFileSync(join(disk, 'access.log'), 'utf8').includes('/status?again');
  });
}

test.skipIf(!isRoot)(
  'A full disk: streams and newcomers are served, and it is said what to do',
  async () => {
    const scene = await open();
    const ballast = fill();
    const [scx] = await scene.cluster.scxs();
    await expectTold(scene, /disk is full/);
    await until('lines that are lost', async () => {
      return (await metric(scx?.httpUrl ?? '', 'scx_access_lines_lost_total')) > 0;
    });
    expect(scene.player.visits()).toHaveLength(1);
    expect(isInOrder(scene.player)).toBe(true);
    await expectServing(scene);
    rmSync(ballast);
    await expectWell(scene);
  },
);

test.skipIf(!isRoot)('A data directory that can only be read: the same', async () => {
  const scene = await open();
  mountReadOnly();
  await expectTold(scene, /cannot write to its data directory \(EROFS\)/);
  expect(scene.player.visits()).toHaveLength(1);
  expect(isInOrder(scene.player)).toBe(true);
  await expectServing(scene);
  unmount();
  await expectWell(scene);
});

test.skipIf(!isRoot)('A cluster that is started on a full disk says so', async () => {
  mountDisk('64k');
  writeFileSync(join(disk, 'front-end.lock'), '');
  fill();
  const started = stage.run(['cluster', '--port', '0', '--data', disk]);
  expect(await started.exited).toMatchObject({ code: expect.any(Number) });
  expect(started.stderr()).toMatch(/cannot be used for data \(ENOSPC\): make room on its disk/);
});
