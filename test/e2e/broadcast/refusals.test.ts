/**
 * What an encoder is told when it is refused, beside what a real Icecast says to the same request,
 * and what real encoders show their users of it.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { nameInId } from '../../../src/session/session-id.js';
import { listen } from '../support/audio.js';
import { ezstream, ffmpeg, type Replayed, replay, type Target } from '../support/encoders.js';
import { type Icecast, PASSWORD, startIcecast } from '../support/icecast.js';
import { has } from '../support/players.js';
import { type Running, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const installed = has('icecast2') && has('ffmpeg') && has('ezstream');
const stage = createStage();
let icecast: Icecast;
let cluster: Cluster;
let mount = '';
let password = '';
let count = 0;
let running: Running[] = [];
const replayed: Replayed[] = [];

beforeAll(async () => {
  if (!installed) return;
  [icecast, cluster] = await Promise.all([startIcecast(), stage.cluster()]);
});

/** Each test has a session of its own. */
beforeEach(async () => {
  if (!installed) return;
  mount = `/radio.example/show${++count}`;
  const announcement = await stage.publish(cluster, mount.slice(1));
  password = stage.secretsOf(announcement).password;
});

afterEach(async () => {
  for (const each of replayed.splice(0)) each.end();
  for (const { child } of running) child.kill('SIGKILL');
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

/** What a server says to a request: status, reason and body, until it closes. */
async function answerOf(to: Target, method: string, secret?: string) {
  const auth = secret && `Authorization: Basic ${btoa(`source:${secret}`)}\r\n`;
  const protocol = method === 'PUT' ? 'HTTP/1.1' : 'HTTP/1.0';
  const type = 'Content-Type: audio/mpeg';
  const client = replay(
    to.port,
    `${method} ${to.mount} ${protocol}\r\nHost: x\r\nUser-Agent: x\r\n${type}\r\n${auth ?? ''}\r\n`,
  );
  replayed.push(client);
  await until('the answer', () => client.isClosed());
  const [, status, reason, fields, body] =
    /^HTTP\/1\.[01] (\d+) (.*)\r\n([\s\S]*?)\r\n\r\n([\s\S]*)$/.exec(client.said()) ?? [];
  return { status, reason, body, asks: /^WWW-Authenticate: Basic /m.test(fields ?? '') };
}

const ours = (): Target => ({ port: cluster.port, mount, password });
const theirs = (): Target => ({ port: icecast.port, mount, password: PASSWORD });
const scx = async () =>
  (await cluster.scxs()).find(({ session }) => nameInId(session) === `scattercast:/${mount}`);
const isOnAir = async () => typeof (await scx())?.playing === 'string';

describe.skipIf(!installed)('A refusal', () => {
  test.each(['SOURCE', 'PUT'])('of a login by %s has the status of Icecast', async (method) => {
    for (const secret of [undefined, 'wrong']) {
      const [here, there] = await Promise.all(
        [ours(), theirs()].map((to) => answerOf(to, method, secret)),
      );
      expect(here).toMatchObject({ status: '401', asks: true });
      expect(there).toMatchObject({ status: '401', asks: true });
    }
  });

  test.each(['SOURCE', 'PUT'])(
    'of a mount in use by %s has the status and the words of Icecast',
    async (method) => {
      for (const to of [ours(), theirs()]) launch(ffmpeg(to));
      await until('both to be on the air', async () => {
        const there = await icecast.mounts();
        return (await isOnAir()) && there.some(({ listenurl }) => listenurl.endsWith(mount));
      });
      const here = await answerOf(ours(), method, password);
      const there = await answerOf(theirs(), method, PASSWORD);
      expect(there).toMatchObject({ status: '403', body: 'Mountpoint in use' });
      expect(here).toMatchObject({ status: '403', reason: 'Mountpoint in use' });
      expect(here.body).toMatch(/^Mountpoint in use\. Another priority is a mount like /);
    },
  );
});

describe.skipIf(!installed)('Two copies of one encoder', () => {
  test('do not throw each other out: the first is heard, the second is told why', async () => {
    const first = launch(ffmpeg(ours()));
    await until('the session to be on the air', isOnAir);
    const listener = listen(`${cluster.url}/listen${mount}.mp3`);
    await listener.firstByteMs;
    const source = (await scx())?.sources[0]?.id;
    for (let times = 0; times < 2; times++) {
      const second = launch(ffmpeg(ours(), '-loglevel', 'warning'));
      expect((await second.exited).code).not.toBe(0);
      expect(second.stderr()).toContain('HTTP error 403 Mountpoint in use');
    }
    const third = launch(ezstream(ours(), stage.directory));
    await until('ezstream to be refused', () => third.stderr().includes('Login failed'));
    expect(first.child.exitCode).toBeNull();
    expect((await scx())?.sources.map(({ id }) => id)).toEqual([source]);
    expect(listener.isClosed()).toBe(false);
    listener.stop();
  });
});
