/** Moving over from an Icecast server, step by step: pulled from one, and pushed to one. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { type Icecast, PASSWORD, startIcecast } from '../support/icecast.js';
import { has } from '../support/players.js';
import {
  CLIP,
  type Cluster,
  createStage,
  type Running,
  type Stage,
  until,
} from '../support/stage.js';

const NAME = 'scattercast://radio.example/live';
const MOUNT = '/live.mp3';
const HEARD_BYTES = 200_000;

const installed = has('icecast2') && has('ffmpeg');
let stage: Stage;
let icecast: Icecast;
let cluster: Cluster;
let announcement = '';

beforeEach(async () => {
  if (!installed) return;
  stage = createStage();
  [icecast, cluster] = await Promise.all([startIcecast(), stage.cluster()]);
  announcement = await stage.announce(cluster, NAME, '--title', 'Live');
});
afterEach(async () => {
  if (!installed) return;
  await stage.close();
  await icecast.close();
});

const listenUrl = (): string =>
  `${cluster.url}/listen?announcement=${encodeURIComponent(announcement)}`;

const sessionTitle = async (): Promise<string | null | undefined> =>
  (await cluster.scxs()).map((scx) => (scx as unknown as { title: string | null }).title)[0];

const relay = (env: NodeJS.ProcessEnv, ...more: string[]): Running => {
  const target = ['--cluster', cluster.url, '--announcement', announcement];
  return stage.run(['relay', ...target, ...more], { env });
};

const mountUrl = (password = PASSWORD): string =>
  `icecast://source:${password}@127.0.0.1:${icecast.port}${MOUNT}`;

describe.skipIf(!installed)('A stream that is pulled from Icecast', () => {
  test('is heard frame by frame, with its titles', async () => {
    await icecast.feed(MOUNT);
    await stage.broadcast(cluster, announcement, '--from', icecast.url(MOUNT));
    const listener = listen(listenUrl());
    await icecast.setTitle(MOUNT, "Sigur Rós - it';s");
    await until('the title', async () => (await sessionTitle()) === "Sigur Rós - it';s");
    await until('some audio', () => listener.bytes().length > HEARD_BYTES);
    listener.stop();
    expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
  });

  test('is on the air again when Icecast is, and no listener was closed', async () => {
    await icecast.feed(MOUNT);
    const broadcast = await stage.broadcast(cluster, announcement, '--from', icecast.url(MOUNT));
    const listener = listen(listenUrl());
    await listener.firstByteMs;
    await icecast.kill();
    await broadcast.line(/warning: http\S+ has ended; connecting again/);
    await broadcast.line(/warning: nothing to play has come from http\S+ for 2 s/);
    await icecast.restart();
    await icecast.feed(MOUNT);
    await broadcast.line(/warning: http\S+ is back after/);
    const before = listener.bytes().length;
    await until('more audio', () => listener.bytes().length > before + HEARD_BYTES / 2);
    expect(listener.isClosed()).toBe(false);
    listener.stop();
  });

  test('is refused in one line when nothing is on the air there', async () => {
    const target = ['--cluster', cluster.url, '--announcement', announcement];
    const run = stage.run(['broadcast', ...target, '--from', icecast.url('/none.mp3')]);
    expect(await run.exited).toMatchObject({ code: 5 });
    expect(run.stderr()).toMatch(/^scattercast: http\S+none\.mp3: nothing is on the air there\n$/);
  });
});

describe.skipIf(!installed)('A session that is relayed to Icecast', () => {
  test('is heard there frame by frame, under its name', async () => {
    await stage.broadcast(cluster, announcement, '--loop', CLIP);
    const relaying = relay({ SCATTERCAST_TO: mountUrl() });
    await relaying.line(/relaying to 127\.0\.0\.1:\d+\/live\.mp3/);
    const listener = listen(icecast.url(MOUNT));
    await until('some audio', () => listener.bytes().length > HEARD_BYTES);
    listener.stop();
    expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
    const [mount] = await icecast.mounts();
    expect(mount).toMatchObject({ bitrate: 128, server_name: 'Live' });
    expect(mount?.title).toBeTruthy();
    relaying.child.kill('SIGINT');
    expect(await relaying.exited).toMatchObject({ code: 0 });
    await until('the mount to be gone', async () => (await icecast.mounts()).length === 0);
  });

  test('is there again when Icecast is, and goes on when its own SCX was killed', async () => {
    await stage.broadcast(cluster, announcement, '--loop', CLIP);
    const relaying = relay({ SCATTERCAST_TO: mountUrl() });
    await until('the mount', async () => (await icecast.mounts()).length === 1);
    await icecast.kill();
    await relaying.line(/warning: the connection to 127\.0\.0\.1\S+ is lost .*connecting again/);
    await icecast.restart();
    await until('the mount again', async () => (await icecast.mounts()).length === 1);
    const listener = listen(icecast.url(MOUNT));
    await listener.firstByteMs;
    const [scx] = await cluster.scxs();
    process.kill(scx?.pid ?? -1, 'SIGKILL');
    await relaying.line(/warning: http\S+ has ended; connecting again/);
    const before = listener.bytes().length;
    await until('more audio', () => listener.bytes().length > before + HEARD_BYTES / 2);
    listener.stop();
    expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
  });

  test('shows its password nowhere', async () => {
    await stage.broadcast(cluster, announcement, '--loop', CLIP);
    const secret = 'not-the-password';
    const refused = relay({}, '--to', mountUrl(secret));
    expect(await refused.exited).toMatchObject({ code: 5 });
    expect(refused.stderr()).toMatch(/says no: user or password is wrong/);
    const relaying = relay({}, '--to', mountUrl());
    await relaying.line(/relaying to/);
    await pause(200);
    expect(readFileSync(`/proc/${relaying.pid}/cmdline`, 'utf8')).not.toContain(PASSWORD);
    const said = [refused, relaying].map((each) => each.stdout() + each.stderr()).join();
    expect(said).not.toContain(secret);
    expect(said).not.toContain(PASSWORD);
  });
});
