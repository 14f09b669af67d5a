/** The first promise: an MP3 pushed at one cluster is heard, whole, at others. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { ffmpegErrors, has, mpg123Errors } from '../support/players.js';
import {
  CLIP,
  type Cluster,
  createStage,
  type Running,
  type StatusView,
  until,
} from '../support/stage.js';

const stage = createStage();
const LISTENED_MS = 22_000;
const NAME = 'scattercast://radio.example/night';
let clusters: readonly Cluster[] = [];
let announcement = '';
let broadcast: Running;

const at = (index: number): Cluster => clusters[index] as Cluster;
const listenUrl = (cluster: Cluster): string =>
  `${cluster.url}/listen?announcement=${encodeURIComponent(announcement)}`;

beforeAll(async () => {
  clusters = await Promise.all([1, 2, 3, 4, 5].map(() => stage.cluster()));
  announcement = await stage.announce(at(0), NAME, '--title', 'Night radio');
  broadcast = await stage.broadcast(at(1), announcement, '--loop', CLIP);
}, 60_000);

afterAll(() => stage.close());

describe('Five clusters: announced at the first, broadcast at the second', () => {
  test('Listeners at the other three get a contiguous run of the source frames', async () => {
    const listeners = [2, 3, 4].map((index) => listen(listenUrl(at(index))));
    await Promise.all(listeners.map((listener) => listener.firstByteMs));
    await pause(LISTENED_MS);
    const source = framesOfFile(CLIP);
    for (const [index, listener] of listeners.entries()) {
      listener.stop();
      const bytes = listener.bytes();
      writeFileSync(join(stage.directory, `heard-${index}.mp3`), bytes);
      const found = align(bytes, source);
      expect(found).toMatchObject({ breakAt: undefined });
      // At least what was played meanwhile: nothing is held back.
      expect(found.frames).toBeGreaterThan((LISTENED_MS / 26.12) * 0.95);
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
    expect(await ffmpegErrors(listenUrl(at(4)), 4)).toBe('');
  });

  test('A redirect is one hop that every player understands', async () => {
    const response = await fetch(listenUrl(at(2)), { redirect: 'manual' });
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
    const [session] = sessions as [StatusView['sessions'][number]];
    expect(session).toMatchObject({ session: NAME, onAir: true });
    const [scx] = session.scxs as [StatusView['sessions'][number]['scxs'][number]];
    expect(scx.neighbours.length).toBeGreaterThan(0);
    const [source] = scx.sources as [(typeof scx.sources)[number]];
    expect(source.path.length).toBeGreaterThan(1);
    const audio = source.flows.find((flow) => flow.channel === 1);
    expect(audio).toMatchObject({ missed: 0 });
    expect(audio?.delivered).toBeGreaterThan(100);
    expect(audio?.parent).toMatch(/^[0-9a-f]{16}$/);
  });

  test('The broadcaster is told how many listen, over all clusters', async () => {
    const listeners = [2, 3].map((index) => listen(listenUrl(at(index))));
    await Promise.all(listeners.map((listener) => listener.firstByteMs));
    const audience = await until('the source SCX to count both listeners', async () => {
      const sources = (await at(1).scxs()).flatMap((scx) => scx.sources);
      return (sources[0] as { audience?: number } | undefined)?.audience === 2;
    });
    expect(audience).toBe(true);
    for (const listener of listeners) listener.stop();
  });

  test('The broadcast ends politely: the session goes off the air, the player is kept', async () => {
    const listener = listen(listenUrl(at(3)));
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
