/**
 * Migration from an Icecast server, step by step: a stream is pulled from one, and relayed to one.
 */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nameInId } from '../../../src/session/session-id.js';
import { align, framesOfFile, listen } from '../support/audio.js';
import { type Icecast, PASSWORD, startIcecast } from '../support/icecast.js';
import { has } from '../support/players.js';
import { CLIP, type Running, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl } from '../support/stage.js';

/** Of what comes after a server's burst of four seconds, s. */
const HEARD_S = 6;
const MORE_S = 3;

const installed = has('icecast2') && has('ffmpeg');
const stage = createStage();
let icecast: Icecast;
let cluster: Cluster;
let announcement = '';
let session = '';
let mount = '';
let count = 0;
let running: Running[] = [];

beforeAll(async () => {
  if (!installed) return;
  [icecast, cluster] = await Promise.all([startIcecast(), stage.cluster()]);
});

/** Each test has a session and a mount of its own. */
beforeEach(async () => {
  if (!installed) return;
  const name = `live${++count}`;
  mount = `/${name}.mp3`;
  session = `scattercast://radio.example/${name}`;
  announcement = await stage.announce(cluster, session, '--title', 'Live');
});

afterEach(async () => {
  for (const { child } of running) child.kill('SIGINT');
  await Promise.all(running.map(({ exited }) => exited));
  running = [];
});

afterAll(async () => {
  await stage.close();
  if (installed) await icecast.close();
});

const launch = (one: Running): Running => {
  running.push(one);
  return one;
};
const broadcast = async (...what: string[]): Promise<Running> =>
  launch(await stage.broadcast(cluster, announcement, ...what));
const listenHere = () => listen(listenUrl(cluster, announcement));

const scx = async () => (await cluster.scxs()).find((one) => nameInId(one.session) === session);

const relay = (env: NodeJS.ProcessEnv, ...more: string[]): Running => {
  const target = ['--cluster', cluster.url, '--announcement', announcement];
  return launch(stage.run(['relay', ...target, ...more], { env }));
};

/** The mount of this test at Icecast. */
const mountThere = async () =>
  (await icecast.mounts()).find(({ listenurl }) => listenurl.endsWith(mount));

const mountUrl = (password = PASSWORD): string =>
  `icecast://source:${password}@127.0.0.1:${icecast.port}${mount}`;

describe.skipIf(!installed)('A stream that is pulled from Icecast', () => {
  test('is heard frame by frame, with its titles', async () => {
    launch(await icecast.feed(mount));
    await broadcast('--from', icecast.url(mount));
    const listener = listenHere();
    await icecast.setTitle(mount, "Sigur Rós - it';s");
    await until('the title', async () => (await scx())?.title === "Sigur Rós - it';s");
    await listener.heard(HEARD_S);
    listener.stop();
    expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
  });

  test('is on the air again when Icecast is, and no listener was closed', async () => {
    launch(await icecast.feed(mount));
    const pulling = await broadcast('--from', icecast.url(mount));
    const listener = listenHere();
    await listener.firstByteMs;
    await icecast.kill();
    await pulling.line(/warning: http\S+ has ended; connecting again/);
    await pulling.line(/warning: nothing to play has come from http\S+ for 2 s/);
    await icecast.restart();
    launch(await icecast.feed(mount));
    await pulling.line(/warning: http\S+ is back after/);
    await listener.heardMore(MORE_S);
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
    await broadcast('--loop', CLIP);
    const relaying = relay({ SCATTERCAST_TO: mountUrl() });
    await relaying.line(/relaying to 127\.0\.0\.1:\d+\/live\d+\.mp3/);
    const listener = listen(icecast.url(mount));
    await listener.heard(HEARD_S);
    listener.stop();
    expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
    const there = await until('its title', async () => {
      const found = await mountThere();
      return found?.title !== undefined && found;
    });
    expect(there).toMatchObject({ bitrate: 128, server_name: 'Live' });
    relaying.child.kill('SIGINT');
    expect(await relaying.exited).toMatchObject({ code: 0 });
    await until('the mount to be gone', async () => (await mountThere()) === undefined);
  });

  test('is there again when Icecast is, and goes on when its own SCX was killed', async () => {
    await broadcast('--loop', CLIP);
    const relaying = relay({ SCATTERCAST_TO: mountUrl() });
    await until('the mount', mountThere);
    await icecast.kill();
    await relaying.line(/warning: the connection to 127\.0\.0\.1\S+ is lost .*connecting again/);
    await icecast.restart();
    await until('the mount again', mountThere);
    const listener = listen(icecast.url(mount));
    await listener.firstByteMs;
    process.kill((await scx())?.pid ?? -1, 'SIGKILL');
    await relaying.line(/warning: http\S+ has ended; connecting again/);
    await listener.heardMore(MORE_S);
    listener.stop();
    expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
  });

  test('shows its password nowhere', async () => {
    await broadcast('--loop', CLIP);
    const secret = 'not-the-password';
    const refused = relay({}, '--to', mountUrl(secret));
    expect(await refused.exited).toMatchObject({ code: 5 });
    expect(refused.stderr()).toMatch(/refuses: user name or password is wrong/);
    const relaying = relay({}, '--to', mountUrl());
    await relaying.line(/relaying to/);
    const commandLine = (): string => readFileSync(`/proc/${relaying.pid}/cmdline`, 'utf8');
    await until(
      'the URL to be taken out of the command line',
      () => !commandLine().includes(PASSWORD),
    );
    const said = [refused, relaying].map((each) => each.stdout() + each.stderr()).join();
    expect(said).not.toContain(secret);
    expect(said).not.toContain(PASSWORD);
  });
});
