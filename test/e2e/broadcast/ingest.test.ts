/** Real encoders, as stations use them, which send to a cluster. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { curl, ezstream, ffmpeg, type Target } from '../support/encoders.js';
import { has } from '../support/players.js';
import { CLIP, type Running, start, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

/** Of what an encoder sends in real time, s. */
const HEARD_S = 4;
const SONG_BYTES = 60_000;
const stage = createStage();
let cluster: Cluster;
let announcement = '';
let session = '';
let password = '';
let count = 0;
let running: Running[] = [];

beforeAll(async () => {
  const mount = ['--mount', '/house=radio.example/show2'];
  cluster = await stage.cluster({ extra: [...mount, '--linger', '0'] });
});

/** Each test has a session of its own: nothing is left in it of what another one broadcast. */
beforeEach(async () => {
  session = `radio.example/show${++count}`;
  announcement = await stage.publish(cluster, session);
  password = stage.secretsOf(announcement).password;
});

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.map(({ exited }) => exited));
  running = [];
  await stage.withdraw(cluster, announcement);
});

afterAll(() => stage.close());

const target = (mount = `/${session}`, port = cluster.port): Target => ({ port, mount, password });
const launch = (one: Running): Running => {
  running.push(one);
  return one;
};

const statusOf = async () =>
  (await cluster.status()).sessions.find((each) => each.session === `scattercast://${session}`);
const isOnAir = async (): Promise<boolean> => (await statusOf())?.onAir === true;

/** A listener gets the clip's frames without a hole. */
async function expectHeard(): Promise<void> {
  await until('the session to be on the air', isOnAir);
  const listener = listen(`${cluster.url}/listen/${session}.mp3`);
  await listener.heard(HEARD_S);
  listener.stop();
  expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
}

describe.skipIf(!has('ffmpeg'))('ffmpeg', () => {
  test('feeds a session with PUT, frame by frame', async () => {
    launch(ffmpeg(target()));
    await expectHeard();
  });

  test('feeds a session at a mount that the operator has mapped to it', async () => {
    expect(session).toBe('radio.example/show2');
    launch(ffmpeg(target('/house')));
    await expectHeard();
    const stats = await (await fetch(`${cluster.url}/status-json.xsl?mount=/house`)).text();
    const { listenurl } = JSON.parse(stats).icestats.source;
    expect(listenurl).toBe(`${cluster.url}/house`);
    const listener = listen(listenurl);
    await listener.heard(1);
    listener.stop();
  });

  test('feeds a session with SOURCE, at the name that listeners know', async () => {
    launch(ffmpeg(target(`/${session}.mp3`), '-legacy_icecast', '1'));
    await expectHeard();
  });

  test('feeds an SCX without its front end', async () => {
    const { httpUrl } = (await until('its SCX', async () => (await statusOf())?.scxs[0])) ?? {};
    launch(ffmpeg(target(undefined, Number(new URL(httpUrl ?? '').port))));
    await expectHeard();
  });

  test('gets an error when its password is wrong', async () => {
    const run = launch(ffmpeg({ ...target(), password: 'wrong' }, '-loglevel', 'warning'));
    expect((await run.exited).code).not.toBe(0);
    expect(run.stderr()).toMatch(/HTTP error 401 The source password is wrong/);
  });
});

describe.skipIf(!has('ezstream'))('ezstream', () => {
  test('feeds a session, after its probe, and names the station', async () => {
    launch(ezstream(target(), stage.directory));
    await expectHeard();
    const scx = (await statusOf())?.scxs[0];
    const head = await fetch(scx?.httpUrl ?? '', { method: 'HEAD' });
    expect(head.headers.get('icy-name')).toBe('From ezstream');
    expect(head.headers.get('icy-genre')).toBe('Jazz');
    expect(cluster.process.stderr()).not.toContain(password);
  });
});

describe.skipIf(!has('curl') || !has('ffmpeg'))('curl', () => {
  test.each([
    ['chunked, with Expect', ['-H', 'Expect: 100-continue']],
    ['chunked, without Expect', ['-H', 'Expect:']],
    ['raw, by HTTP/1.0', ['-0', '-H', 'Transfer-Encoding:', '-H', 'Expect:']],
  ])('feeds a session with PUT, %s', async (_how, more) => {
    launch(curl(target(), ...more));
    await expectHeard();
  });

  test('may send a whole file, is slowed to its pace, and gets 200 at the end', async () => {
    const song = join(stage.directory, 'song.mp3');
    writeFileSync(song, readFileSync(CLIP).subarray(0, SONG_BYTES));
    const who = ['-u', `source:${password}`, '-T', song];
    const run = launch(start('curl', ['-sS', '-i', ...who, `${cluster.url}/${session}`]));
    expect((await run.exited).code).toBe(0);
    expect(run.stdout()).toMatch(/HTTP\/1\.1 200 OK/);
  });

  test.each([
    ['by its first bytes', [], /415[\s\S]*This is Ogg, not MP3/],
    ['by its type', ['-H', 'Content-Type: audio/aac'], /415[\s\S]*audio\/aac/],
  ])(
    'is answered in a sentence when its file is no MP3, recognised %s',
    async (_how, more, answer) => {
      const file = join(stage.directory, 'song.ogg');
      writeFileSync(file, Buffer.concat([Buffer.from('OggS'), Buffer.alloc(SONG_BYTES)]));
      const who = ['-u', `source:${password}`, '-T', file];
      const run = launch(
        start('curl', ['-sS', '-i', ...who, ...more, `${cluster.url}/${session}`]),
      );
      await run.exited;
      expect(run.stdout()).toMatch(answer);
    },
  );
});
