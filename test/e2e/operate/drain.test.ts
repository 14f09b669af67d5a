/** Clusters are drained and restarted while listeners are connected: none misses a frame. */
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseStreamTitle } from '../../../src/icecast/stream-title.js';
import { align, framesOfFile, type Listening, listen } from '../support/audio.js';
import { makeCertificate } from '../support/certificate.js';
import { ffmpeg } from '../support/encoders.js';
import { clock, hear, silentFile } from '../support/heard.js';
import { has } from '../support/players.js';
import { CLIP, isAlive, ROOT, start, until } from '../support/processes.js';
import { type Cluster, createStage, listenUrl, type Stage } from '../support/stage.js';

const NAME = 'scattercast://radio.example/changes';
const METAINT = 16_000;
/** In the two seconds for which all listen after the last change. */
const FRAMES_MIN = 70;

let stage: Stage;
let announcement = '';
beforeEach(() => {
  stage = createStage();
});
afterEach(() => stage.close());

const urlAt = (cluster: Cluster): string => listenUrl(cluster, announcement);

const drain = async (cluster: Cluster, ...extra: string[]): Promise<string> => {
  const drained = stage.run([...cluster.arguments, '--drain', ...extra]);
  expect({ ...(await drained.exited), said: drained.stderr() }).toMatchObject({
    code: 0,
    said: '',
  });
  return drained.stdout();
};

/** The audio of a stream with titles, and the titles; a block that was cut off is left out. */
function audioOf(bytes: Uint8Array): { readonly audio: Buffer; readonly titles: string[] } {
  const audio: Uint8Array[] = [];
  const titles: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    audio.push(bytes.subarray(at, at + METAINT));
    const block = at + METAINT + 1;
    at = block + 16 * (bytes[block - 1] ?? 0);
    const title = at <= bytes.length ? parseStreamTitle(bytes.subarray(block, at)) : undefined;
    if (title !== undefined) titles.push(title);
  }
  return { audio: Buffer.concat(audio), titles };
}

const expectWhole = (bytes: Uint8Array, framesMin: number): void => {
  const found = align(bytes, framesOfFile(CLIP));
  expect(found).toMatchObject({ breakAt: undefined });
  expect(found.frames).toBeGreaterThan(framesMin);
};

test('A rolling drain of all clusters costs no listener a frame or its connection', async () => {
  const clusters = await stage.clusters(3);
  const [home, studio] = clusters as [Cluster, Cluster, Cluster];
  announcement = await stage.announce(home, NAME);
  await stage.broadcast(studio, announcement, '--loop', CLIP);
  const plain: Listening[] = [];
  const titled: Listening[] = [];
  for (const cluster of clusters) {
    for (let count = 0; count < 3; count++) plain.push(listen(urlAt(cluster)));
    titled.push(listen(urlAt(cluster), { 'icy-metadata': '1' }));
  }
  await Promise.all([...plain, ...titled].map((listener) => listener.firstByteMs));
  for (const cluster of clusters) {
    const [before] = await cluster.scxs();
    const newcomers = [1, 2, 3].map(async (delay) => {
      await pause(delay * 300);
      const listener = listen(urlAt(cluster));
      await listener.firstByteMs;
      plain.push(listener);
    });
    const said = await drain(cluster);
    expect(said).toMatch(new RegExp(`${NAME}: process \\d+ has taken over from ${before?.pid}\n`));
    await Promise.all(newcomers);
    await until('the old process to be gone', () => !isAlive(before?.pid ?? 0));
    const after = await until('one SCX with all listeners', async () => {
      const scxs = await cluster.scxs();
      return scxs.length === 1 && scxs[0]?.listeners === 7 ? scxs[0] : undefined;
    });
    expect(after.pid).not.toBe(before?.pid);
    expect(after.httpUrl).toBe(before?.httpUrl);
  }
  await Promise.all([...plain, ...titled].map((listener) => listener.heardMore(2)));
  for (const listener of [...plain, ...titled]) {
    expect(listener.isClosed()).toBe(false);
    listener.stop();
  }
  for (const listener of plain) expectWhole(listener.bytes(), FRAMES_MIN);
  for (const listener of titled) {
    const { audio, titles } = audioOf(listener.bytes());
    expectWhole(audio, FRAMES_MIN);
    expect(titles.every((title) => title === titles[0])).toBe(true);
  }
});

/** A listener over https. */
async function listenSecurely(url: string) {
  const asking = request(url.replace('http:', 'https:'), { rejectUnauthorized: false }).end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let isClosed = false;
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  return {
    bytes: () => Buffer.concat(chunks),
    isClosed: () => isClosed,
    stop: () => response.destroy(),
  };
}

test('Listeners over https stay at the old process, and newcomers are served by the new one', async () => {
  const { cert, key } = makeCertificate(stage.directory, 'a');
  const cluster = await stage.cluster({ extra: ['--tls-cert', cert, '--tls-key', key] });
  announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const plain = listen(urlAt(cluster));
  await plain.firstByteMs;
  const [before] = await cluster.scxs();
  const [leaves, stays] = [
    await listenSecurely(before?.httpUrl ?? ''),
    await listenSecurely(before?.httpUrl ?? ''),
  ];
  await until('audio', () => stays.bytes().length > 48_000);
  await drain(cluster, '--drain-timeout', '60');
  const newcomer = await listenSecurely(before?.httpUrl ?? '');
  const then = stays.bytes().length;
  await until('more audio at all', () => stays.bytes().length > then + 48_000);
  await until('audio for the newcomer', () => newcomer.bytes().length > 48_000);
  expect(isAlive(before?.pid ?? 0)).toBe(true);
  expect([plain, leaves, stays, newcomer].map((one) => one.isClosed())).not.toContain(true);
  for (const listener of [leaves, stays]) listener.stop();
  await until('the old process to end after the last of them', () => !isAlive(before?.pid ?? 0));
  for (const listener of [plain, newcomer]) listener.stop();
  for (const { bytes } of [plain, leaves, stays, newcomer]) expectWhole(bytes(), 100);
});

test('Without a broadcaster, the fallback goes on at the new process', async () => {
  const cluster = await stage.cluster();
  const file = join(stage.directory, 'fallback.mp3');
  writeFileSync(file, silentFile(64));
  announcement = await stage.announce(cluster, NAME, '--fallback', file);
  const scxs = await until('the fallback', async () => {
    const { sessions } = await cluster.status();
    return sessions[0]?.onAir === true && sessions[0].scxs;
  });
  const listener = hear(urlAt(cluster));
  await until('sound', () => listener.now() === 64);
  await drain(cluster);
  await until('the old process to be gone', () => !isAlive(scxs[0]?.pid ?? 0));
  const since = clock();
  await until('sound from the new one', () => listener.longestGapMs(since) < clock() - since);
  expect(listener.isClosed).toBe(false);
  expect(listener.junkBytes).toBe(0);
  listener.stop();
});

test.skipIf(!has('ffmpeg'))(
  'An encoder stays at the old process, and all listeners hear it from there',
  async () => {
    const cluster = await stage.cluster();
    announcement = await stage.announce(cluster, NAME);
    const { password } = stage.secretsOf(announcement);
    const encoder = ffmpeg({ port: cluster.port, mount: '/radio.example/changes', password });
    try {
      await until('the session to be on the air', async () => {
        const { sessions } = await cluster.status();
        return sessions[0]?.onAir;
      });
      const listener = listen(urlAt(cluster));
      await listener.firstByteMs;
      const [before] = await cluster.scxs();
      await drain(cluster, '--drain-timeout', '60');
      await listener.heardMore(3);
      expect(isAlive(before?.pid ?? 0)).toBe(true);
      expect([encoder.child.exitCode, listener.isClosed()]).toEqual([null, false]);
      listener.stop();
      expectWhole(listener.bytes(), 100);
      encoder.child.kill('SIGKILL');
      await until('the old process to end after it', () => !isAlive(before?.pid ?? 0));
    } finally {
      encoder.child.kill('SIGKILL');
      await encoder.exited;
    }
  },
);

test('An SCX that is drained again and again keeps its port, and needs one more', async () => {
  const ports = ['--scx-ports', '18100-18103'];
  const cluster = await stage.cluster({ extra: ports });
  announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const listener = listen(urlAt(cluster));
  await listener.firstByteMs;
  const addresses: (string | undefined)[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const [scx] = await until('one SCX with the source', async () => {
      const scxs = await cluster.scxs();
      return scxs.length === 1 && scxs[0]?.attachedSources === 1 ? scxs : undefined;
    });
    addresses.push(`${scx?.httpUrl} ${scx?.overlayAddress}`.replaceAll('127.0.0.1:', ''));
    await drain(cluster);
  }
  expect(addresses).toEqual(
    [18101, 18103, 18101].map((port) => `http://18100/changes.mp3 ${port}`),
  );
  expect(listener.isClosed()).toBe(false);
  await listener.heardMore(3);
  listener.stop();
  expectWhole(listener.bytes(), 200);
});

/** The same program, installed elsewhere under another version. */
function installElsewhere(version: string): string {
  const copy = join(stage.directory, 'new');
  for (const folder of ['dist', 'web'])
    cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as object;
  writeFileSync(join(copy, 'package.json'), JSON.stringify({ ...about, version }));
  return join(copy, 'dist/cli/main.js');
}

test('A cluster is restarted with a new version, and its listeners move to the new SCX', async () => {
  const cluster = await stage.cluster();
  announcement = await stage.announce(cluster, NAME);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const listener = listen(urlAt(cluster));
  await listener.firstByteMs;
  const [before] = await cluster.scxs();
  cluster.process.child.kill('SIGUSR2');
  expect(await cluster.process.exited).toEqual({ code: 0, signal: null });
  expect(isAlive(before?.pid ?? 0)).toBe(true);
  const main = installElsewhere('99.0.0');
  const next = start(process.execPath, [main, ...cluster.arguments]);
  try {
    await next.line(/the cluster is ready/);
    await until('the old SCX to be gone', () => !isAlive(before?.pid ?? 0));
    const [after] = await until('the new SCX with all clients', async () => {
      const scxs = await cluster.scxs();
      return scxs[0]?.listeners === 1 && scxs[0].attachedSources === 1 ? scxs : undefined;
    });
    expect(readFileSync(`/proc/${after?.pid}/cmdline`, 'utf8')).toContain(main);
    await listener.heardMore(3);
    expect(listener.isClosed()).toBe(false);
    listener.stop();
    expectWhole(listener.bytes(), 200);
  } finally {
    next.child.kill('SIGTERM');
    await next.exited;
  }
});

/** What the cluster's SCXs have logged; a successor logs where the SCX before it logs. */
const logsOf = ({ dataDir }: Cluster): string => {
  const folder = join(dataDir, 'logs');
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return files.join('');
};

const timesIn = (text: string, what: string): number => text.split(what).length - 1;

const STARTED = 'A successor has been started.';

test.each([
  ['has just been started', STARTED, 1],
  ['has the port', 'SCX is up.', 2],
])('A cluster that ends while a successor %s leaves no process behind', async (_, said, times) => {
  const cluster = await stage.cluster();
  announcement = await stage.announce(cluster, NAME);
  await until('the SCX', async () => (await cluster.scxs()).length === 1);
  const drained = stage.run([...cluster.arguments, '--drain']);
  await until('the order', () => logsOf(cluster).includes(STARTED));
  // The front end learns nothing of the successor before it is told to end itself.
  cluster.process.child.kill('SIGSTOP');
  await until(said, () => timesIn(logsOf(cluster), said) === times);
  cluster.process.child.kill('SIGTERM');
  cluster.process.child.kill('SIGCONT');
  expect(await cluster.process.exited).toEqual({ code: 0, signal: null });
  await drained.exited;
  const lines = logsOf(cluster).split('\n');
  const { pid } = JSON.parse(lines.find((line) => line.includes(STARTED)) ?? '{}');
  await until('the end of the successor', () => !isAlive(pid));
});
