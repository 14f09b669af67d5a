/** The first promise: an MP3 pushed at one cluster is heard, whole, at others. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterStatus } from '../../../src/api/cluster-status.js';
import { align, framesOfFile, listen } from '../support/audio.js';
import { ffmpegErrors, has, mpg123Errors } from '../support/players.js';
import { CLIP, type Running, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl } from '../support/stage.js';

const stage = createStage();
/** The song is shorter than what is listened to: its end and its beginning are among that. */
const SONG_FRAMES = 300;
const LISTENED_S = 10;
const NAME = 'scattercast://radio.example/night';
let clusters: readonly Cluster[] = [];
let announcement = '';
let broadcast: Running;

const at = (index: number): Cluster => clusters[index] as Cluster;
const urlAt = (index: number): string => listenUrl(at(index), announcement);
const song = join(stage.directory, 'song.mp3');

beforeAll(async () => {
  clusters = await stage.clusters(5);
  writeFileSync(song, Buffer.concat(framesOfFile(CLIP).slice(0, SONG_FRAMES)));
  announcement = await stage.announce(at(0), NAME, '--title', 'Night radio');
  broadcast = await stage.broadcast(at(1), announcement, '--loop', song);
});

afterAll(() => stage.close());

describe('Five clusters: announced at the first, broadcast at the second', () => {
  test('Listeners at the other three get a contiguous run of the source frames', async () => {
    const listeners = [2, 3, 4].map((index) => listen(urlAt(index)));
    await Promise.all(listeners.map((listener) => listener.firstByteMs));
    await Promise.all(listeners.map((listener) => listener.heard(LISTENED_S)));
    const source = framesOfFile(song);
    for (const [index, listener] of listeners.entries()) {
      listener.stop();
      const bytes = listener.bytes();
      writeFileSync(join(stage.directory, `heard-${index}.mp3`), bytes);
      const found = align(bytes, source);
      expect(found).toMatchObject({ breakAt: undefined });
      expect(found.frames).toBeGreaterThan(SONG_FRAMES);
    }
  });

  test.skipIf(!has('ffmpeg'))('ffmpeg decodes what was heard without one error', async () => {
    for (const index of [0, 1, 2]) {
      const heard = join(stage.directory, `heard-${index}.mp3`);
      expect(await ffmpegErrors(heard)).toBe('');
    }
  });

  test.skipIf(!has('mpg123'))('mpg123 decodes what was heard without one error', async () => {
    for (const index of [0, 1, 2]) {
      expect(await mpg123Errors(join(stage.directory, `heard-${index}.mp3`))).toBe('');
    }
  });

  test.skipIf(!has('mpg123'))('mpg123 plays the short address of a known session', async () => {
    expect(await mpg123Errors(`${at(0).url}/listen/radio.example/night.mp3`, 150)).toBe('');
  });

  test.skipIf(!has('ffmpeg'))('ffmpeg plays the announcement address of any cluster', async () => {
    expect(await ffmpegErrors(urlAt(4), 4)).toBe('');
  });

  test('A redirect is one hop that every player understands', async () => {
    const response = await fetch(urlAt(2), { redirect: 'manual' });
    expect(response.status).toBe(302);
    const location = response.headers.get('location') ?? '';
    expect(location).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/night\.mp3$/);
    expect(response.headers.get('cache-control')).toContain('no-store');
    expect(response.headers.get('content-length')).toBe('0');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const head = await fetch(location, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-type')).toBe('audio/mpeg');
    expect(head.headers.get('transfer-encoding')).toBeNull();
  });

  test('Status tells of each SCX: its neighbours, parents and what it received', async () => {
    const { sessions } = await at(2).status();
    const [session] = sessions as [ClusterStatus['sessions'][number]];
    expect(session).toMatchObject({ session: NAME, onAir: true });
    const [scx] = session.scxs as [ClusterStatus['sessions'][number]['scxs'][number]];
    expect(scx.neighbours.length).toBeGreaterThan(0);
    const [source] = scx.sources as [(typeof scx.sources)[number]];
    expect(source.path.length).toBeGreaterThan(1);
    const audio = source.flows.find((flow) => flow.channel === 1);
    expect(audio).toMatchObject({ missed: 0 });
    expect(audio?.delivered).toBeGreaterThan(100);
    expect(audio?.parent).toMatch(/^[0-9a-f]{32}$/);
  });

  test('The broadcaster is told how many listen, over all clusters', async () => {
    const listeners = [2, 3].map((index) => listen(urlAt(index)));
    await Promise.all(listeners.map((listener) => listener.firstByteMs));
    const audience = await until('the source SCX to count both listeners', async () => {
      const sources = (await at(1).scxs()).flatMap((scx) => scx.sources);
      return (sources[0] as { audience?: number } | undefined)?.audience === 2;
    });
    expect(audience).toBe(true);
    for (const listener of listeners) listener.stop();
  });

  test('The broadcast ends politely: the session goes off the air, the player is kept', async () => {
    const listener = listen(urlAt(3));
    await listener.firstByteMs;
    broadcast.child.kill('SIGINT');
    expect(await broadcast.exited).toEqual({ code: 0, signal: null });
    await until('the session to go off the air', async () => {
      const { sessions } = await at(3).status();
      return sessions.every((session) => !session.onAir);
    });
    expect(listener.isClosed()).toBe(false);
    listener.stop();
  });
});
