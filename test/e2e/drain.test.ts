/** Clusters are restarted one after the other while they are listened to: nobody hears it. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIcySplitter } from '../../src/client/icy-splitter.js';
import { align, framesOfFile, type Listening, listen } from './audio.js';
import { CLIP, type Cluster, createStage, isAlive, type Stage, until } from './stage.js';

const NAME = 'scattercast://radio.example/changes';
const METAINT = 16_000;

let stage: Stage;
let announcement = '';
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

const listenUrl = (cluster: Cluster): string =>
  `${cluster.url}/listen?announcement=${encodeURIComponent(announcement)}`;

const drain = async (cluster: Cluster, ...extra: string[]): Promise<string> => {
  const where = [
    '--port',
    String(cluster.port),
    '--listen',
    '127.0.0.1',
    '--data',
    cluster.dataDir,
  ];
  const drained = stage.run(['cluster', '--drain', ...where, ...extra]);
  expect({ ...(await drained.exited), said: drained.stderr() }).toMatchObject({
    code: 0,
    said: '',
  });
  return drained.stdout();
};

/** The audio of a stream with titles, and the titles. */
function audioOf(bytes: Uint8Array): { readonly audio: Buffer; readonly titles: string[] } {
  const parts = createIcySplitter(METAINT)(bytes);
  const audio = parts.filter((part) => typeof part !== 'string');
  return {
    audio: Buffer.concat(audio),
    titles: parts.filter((part) => typeof part === 'string'),
  };
}

const expectWhole = (bytes: Uint8Array, framesMin: number): void => {
  const found = align(bytes, framesOfFile(CLIP));
  expect(found).toMatchObject({ breakAt: undefined });
  expect(found.frames).toBeGreaterThan(framesMin);
};

test('A rolling drain of all clusters costs no listener a frame or its connection', async () => {
  const clusters = await Promise.all([stage.cluster(), stage.cluster(), stage.cluster()]);
  const [home, studio] = clusters as [Cluster, Cluster, Cluster];
  announcement = await stage.announce(home, NAME);
  await stage.broadcast(studio, announcement, '--loop', CLIP);
  const plain: Listening[] = [];
  const titled: Listening[] = [];
  for (const cluster of clusters) {
    for (let count = 0; count < 3; count++) plain.push(listen(listenUrl(cluster)));
    titled.push(listen(listenUrl(cluster), { 'icy-metadata': '1' }));
  }
  await Promise.all([...plain, ...titled].map((listener) => listener.firstByteMs));
  const startedAt = performance.now();
  await pause(2000);
  for (const cluster of clusters) {
    const [before] = await cluster.scxs();
    const newcomers = [1, 2, 3].map(async (delay) => {
      await pause(delay * 300);
      const listener = listen(listenUrl(cluster));
      await listener.firstByteMs;
      plain.push(listener);
    });
    const said = await drain(cluster);
    expect(said).toMatch(new RegExp(`${NAME}: process \\d+ has taken over from ${before?.pid}\n`));
    await Promise.all(newcomers);
    await until('the old process to be gone', () => !isAlive(before?.pid ?? 0), 15_000);
    const after = await until('one SCX with all listeners', async () => {
      const scxs = await cluster.scxs();
      return scxs.length === 1 && scxs[0]?.listeners === 7 ? scxs[0] : undefined;
    });
    expect(after.pid).not.toBe(before?.pid);
    expect(after.httpUrl).toBe(before?.httpUrl);
  }
  await pause(3000);
  const listenedMs = performance.now() - startedAt;
  for (const listener of [...plain, ...titled]) {
    expect(listener.isClosed()).toBe(false);
    listener.stop();
  }
  const long = (listenedMs / 26.12) * 0.9;
  for (const [index, listener] of plain.entries())
    expectWhole(listener.bytes(), index < 9 ? long : 50);
  for (const listener of titled) {
    const { audio, titles } = audioOf(listener.bytes());
    expectWhole(audio, long);
    expect(titles.every((title) => title === titles[0])).toBe(true);
  }
});
