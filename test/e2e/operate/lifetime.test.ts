/**
 * When processes run: SCXs live for their clients, and outlive front ends and rendezvous points.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { CLIP, isAlive, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl, type Stage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/day';
let stage: Stage;

beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

test('Only clusters with a client or a rendezvous run an SCX, each for its linger', async () => {
  const linger = { extra: ['--linger', '1'] };
  const [home, idle, visited] = (await stage.clusters(3, linger)) as [Cluster, Cluster, Cluster];
  const announcement = await stage.announce(home, NAME);
  await stage.broadcast(home, announcement, '--loop', CLIP);
  const listener = listen(listenUrl(visited, announcement));
  await listener.firstByteMs;
  expect(await idle.scxs()).toHaveLength(0);
  const scx = await until('the listener to be counted', async () =>
    (await visited.scxs()).find((each) => each.listeners === 1),
  );
  expect(scx.rendezvous).toBe(false);
  listener.stop();
  // Sooner than after the usual linger, half a minute.
  await until('the SCX without clients to end', () => !isAlive(scx.pid), 25_000);
  await until('the cluster to forget it', async () => (await visited.scxs()).length === 0);
  expect(await home.scxs()).toMatchObject([{ rendezvous: true }]);
});

test('kill -9 of a front end interrupts no stream, and its successor finds the SCXs', async () => {
  const cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const listener = listen(listenUrl(cluster, announcement));
  await listener.firstByteMs;
  const [before] = await cluster.scxs();
  cluster.process.child.kill('SIGKILL');
  await cluster.process.exited;
  await listener.heardMore(2);
  const successor = await stage.cluster({ port: cluster.port, dataDir: cluster.dataDir });
  const again = listen(listenUrl(successor, announcement));
  await again.firstByteMs;
  expect(await successor.scxs()).toMatchObject([{ id: before?.id, pid: before?.pid }]);
  expect(listener.isClosed()).toBe(false);
  for (const each of [listener, again]) {
    each.stop();
    expect(align(each.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
  }
});

test('§3.4: a session with no rendezvous alive plays on for those in it', async () => {
  const [home, second, third] = (await stage.clusters(3)) as [Cluster, Cluster, Cluster];
  const announcement = await stage.announce(home, NAME);
  await stage.broadcast(second, announcement, '--loop', CLIP);
  const listener = listen(listenUrl(third, announcement));
  await listener.firstByteMs;
  await until('the mesh to have an edge between the two', async () => {
    const [scx] = await third.scxs();
    return (scx?.neighbours.length ?? 0) >= 2;
  });
  const rendezvous = await home.scxs();
  home.process.child.kill('SIGKILL');
  for (const scx of rendezvous) process.kill(scx.pid, 'SIGKILL');
  await until('its death to be noticed', async () => {
    const [scx] = await third.scxs();
    return scx?.neighbours.length === 1;
  });
  await listener.heardMore(4);
  listener.stop();
  expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
});

test('An SCX that is killed while it has listeners is back, and so is its stream', async () => {
  const [cluster, other] = (await stage.clusters(2)) as [Cluster, Cluster];
  const announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const first = listen(listenUrl(other, announcement));
  await first.firstByteMs;
  const scx = await until('the listener to be counted', async () =>
    (await other.scxs()).find((each) => each.listeners === 1),
  );
  process.kill(scx.pid, 'SIGKILL');
  await until('the player to notice', () => first.isClosed());
  // Until the front end has noticed the death, it sends players to the dead SCX's address.
  const again = await until('the stream again', async () => {
    const listener = listen(listenUrl(other, announcement));
    await listener.firstByteMs;
    return listener;
  });
  const [successor] = await other.scxs();
  expect(successor?.httpUrl).toBe(scx.httpUrl);
  again.stop();
});

test('Ctrl-C at a cluster ends its SCXs', async () => {
  const cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, NAME);
  const broadcast = await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const pids = (await cluster.scxs()).map((scx) => scx.pid);
  expect(pids).toHaveLength(1);
  cluster.process.child.kill('SIGINT');
  expect(await cluster.process.exited).toMatchObject({ code: 0 });
  expect(pids.filter(isAlive)).toEqual([]);
  broadcast.child.kill('SIGINT');
});
