/**
 * The disk of a data directory is full, or can only be read. Streams go on, newcomers are let in,
 * what is published is served; what cannot be done is reported clearly; and everything works again
 * when the disk does. The cluster looks at its disk every 15 s, so the tests mostly wait, and run
 * at the same time.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { metric } from '../support/metric.js';
import {
  broadcastNumbers,
  heardMore,
  isInOrder,
  missingOf,
  type Player,
  tuneIn,
} from '../support/player.js';
import { until } from '../support/processes.js';
import { mountDisk, type SmallDisk } from '../support/small-disk.js';
import { type Cluster, createStage, type Stage } from '../support/stage.js';

const PATH = 'radio.example/full';
const OTHER_NAME = 'scattercast://radio.example/other';
/** Longer than the cluster takes to notice that its disk has changed, ms. */
const NOTICED_WITHIN_MS = 60_000;

const CONCURRENT = { concurrent: true };
const isRoot = process.getuid?.() === 0;

interface Scene {
  readonly stage: Stage;
  readonly disk: SmallDisk;
  /** Its data directory is on the disk. */
  readonly cluster: Cluster;
  readonly player: Player;
  readonly announcement: string;
}

/** Of the tests that run at the same time. */
const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(closing.map((close) => close()));
});

/** A stage with a disk of its own. */
function openStage(size: string): { readonly stage: Stage; readonly disk: SmallDisk } {
  const stage = createStage();
  const disk = mountDisk(stage.directory, size);
  closing.push(async () => {
    await stage.close().catch(() => undefined); // a directory that is mounted cannot be removed
    disk.close();
    rmSync(stage.directory, { recursive: true, force: true });
  });
  return { stage, disk };
}

/** A broadcast at one cluster, and a player at another, whose data directory is on the disk. */
async function open(): Promise<Scene> {
  const { stage, disk } = openStage('4m');
  const [home, cluster] = await Promise.all([
    stage.cluster(),
    stage.cluster({ dataDir: disk.path }),
  ]);
  const first = await stage.announce(home, `scattercast://${PATH}`);
  const meet = ['--rendezvous', `${home.url}/rendezvous/${PATH}`];
  const announcement = await stage.announce(cluster, `scattercast://${PATH}`, ...meet);
  await broadcastNumbers(stage, home, first);
  const player = await tuneIn(cluster, announcement);
  closing.push(async () => player.stop());
  return { stage, disk, cluster, player, announcement };
}

const announceOther = ({ stage, cluster }: Scene) =>
  stage.run([
    ...['announce', '--cluster', cluster.url, '--data', cluster.dataDir],
    ...['--name', OTHER_NAME],
  ]);

/** The front end says what is wrong, publishes nothing, and serves what was published. */
async function expectTold(scene: Scene, why: RegExp): Promise<void> {
  const { cluster, announcement } = scene;
  const refused = announceOther(scene);
  expect(await refused.exited).not.toMatchObject({ code: 0 });
  expect(refused.stderr()).toMatch(why);
  expect(await (await fetch(announcement)).text()).toContain('</SCATTERCAST>');
  await cluster.process.line(/data directory cannot be written.*make room/, NOTICED_WITHIN_MS);
  expect(await metric(cluster.url, 'data_writable')).toBe(0);
}

/** The player has noticed nothing. */
function expectWhole({ player }: Scene): void {
  expect(player.visits()).toHaveLength(1);
  expect(isInOrder(player)).toBe(true);
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
  newcomer.stop();
}

/** It has room again: all is written that comes from now on, and things are published. */
async function expectWell(scene: Scene): Promise<void> {
  const { cluster, disk } = scene;
  await cluster.process.line(/data directory can be written again/, NOTICED_WITHIN_MS);
  const published = announceOther(scene);
  expect(await published.exited, published.stderr()).toMatchObject({ code: 0 });
  const [scx] = await cluster.scxs();
  await until('the access log to go on', async () => {
    await fetch(new URL('/status?again', scx?.httpUrl)).then((answer) => answer.text());
    return readFileSync(join(disk.path, 'access.log'), 'utf8').includes('/status?again');
  });
}

test.skipIf(!isRoot)(
  'A full disk: streams and newcomers are served, and the message says what to do',
  CONCURRENT,
  async () => {
    const scene = await open();
    scene.disk.fill();
    const [scx] = await scene.cluster.scxs();
    await expectTold(scene, /disk is full/);
    await until('lines that are lost', async () => {
      return (await metric(scx?.httpUrl ?? '', 'scx_access_lines_lost_total')) > 0;
    });
    expectWhole(scene);
    await expectServing(scene);
    scene.disk.empty();
    await expectWell(scene);
  },
);

test.skipIf(!isRoot)('A data directory that can only be read: the same', CONCURRENT, async () => {
  const scene = await open();
  scene.disk.makeReadOnly();
  await expectTold(scene, /cannot write to its data directory \(EROFS\)/);
  expectWhole(scene);
  await expectServing(scene);
  scene.disk.makeWritable();
  await expectWell(scene);
});

test.skipIf(!isRoot)('A cluster that is started on a full disk says so', CONCURRENT, async () => {
  const { stage, disk } = openStage('64k');
  writeFileSync(join(disk.path, 'front-end.lock'), '');
  disk.fill();
  const started = stage.run(['cluster', '--port', '0', '--data', disk.path]);
  expect(await started.exited).toMatchObject({ code: expect.any(Number) });
  expect(started.stderr()).toMatch(/cannot be used for data \(ENOSPC\): make room on its disk/);
});
