/**
 * Earlier sound: what a cluster keeps on its disk is heard later, from an instant on, and downloaded in
 * files. The recording survives its SCX; a disk that is full ends it, and no stream.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFramer } from '../../../src/mp3/frames/framer.js';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { metric } from '../support/metric.js';
import { openPage, violations } from '../support/page.js';
import { has } from '../support/players.js';
import { CLIP, start, until } from '../support/processes.js';
import { mountDisk, type SmallDisk } from '../support/small-disk.js';
import { type Cluster, createStage } from '../support/stage.js';

const PATH = 'radio.example/kept';
const isRoot = process.getuid?.() === 0;

const stage = createStage();
let disk: SmallDisk | undefined;
let cluster: Cluster;

interface Told {
  readonly from: string;
  readonly to: string;
  readonly hours: readonly { readonly url: string; readonly bytes: number }[];
  readonly titles: readonly { readonly at: string; readonly title: string }[];
}

beforeAll(async () => {
  disk = isRoot ? mountDisk(stage.directory, '16m') : undefined;
  const dataDir = join(disk?.path ?? stage.directory, 'data');
  cluster = await stage.cluster({ dataDir, extra: ['--keep-max', '4h'] });
  const announcement = await stage.announce(cluster, `scattercast://${PATH}`, '--keep', '2h');
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
}, 60_000);

afterAll(async () => {
  await stage.close().catch(() => undefined); // a directory that is mounted cannot be removed
  disk?.close();
  rmSync(stage.directory, { recursive: true, force: true });
});

const told = async (): Promise<Told | undefined> => {
  const response = await fetch(`${cluster.url}/recordings/${PATH}`);
  return response.ok ? ((await response.json()) as Told) : undefined;
};

const recordedMs = async (): Promise<number> => {
  const { from, to } = (await told()) ?? { from: 0, to: 0 };
  return new Date(to).getTime() - new Date(from).getTime();
};

/** All hours, one behind the other: the test may run across the end of one. */
async function recorded(): Promise<Buffer> {
  const hours = ((await told())?.hours ?? []).map(async ({ url }) =>
    Buffer.from(await (await fetch(url)).arrayBuffer()),
  );
  return Buffer.concat(await Promise.all(hours));
}

/** Counts the frames of an MP3. */
function framesIn(bytes: Uint8Array): number {
  const framer = createFramer();
  const events = [...framer.push(bytes), ...framer.end()];
  return events.filter(({ kind }) => kind === 'frame').length;
}

const hasSound = (audio: unknown): boolean => (audio as { currentTime: number }).currentTime > 1;

/** Listens until there is so much sound, bytes. */
async function hear(query: string, least: number): Promise<Uint8Array> {
  const ending = new AbortController();
  const response = await fetch(`${cluster.url}/listen/${PATH}.mp3?${query}`, ending);
  expect(response.status).toBe(200);
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) >= least) break;
  }
  ending.abort();
  return Buffer.concat(chunks);
}

test('What was played is heard again, from an instant on, and the listener is one', async () => {
  await until('eight seconds on the disk', async () => (await recordedMs()) > 8000);
  const { from } = (await told()) as Told;
  const ahead = await hear('ago=4h', 90_000);
  const whole = await recorded();
  // The first frames may be silenced.
  expect(whole.includes(Buffer.from(ahead).subarray(10_000, 80_000))).toBe(true);
  const later = new Date(new Date(from).getTime() + 4000).toISOString();
  const second = Buffer.from(await hear(`at=${encodeURIComponent(later)}`, 30_000));
  expect(whole.indexOf(second.subarray(10_000, 30_000))).toBeGreaterThan(40_000);
  const statusOf = async (query: string): Promise<number> =>
    (await fetch(`${cluster.url}/listen/${PATH}.mp3?${query}`)).status;
  expect(await statusOf('at=yesterday')).toBe(400);
});

test.skipIf(!has('ffmpeg'))('ffmpeg hears it by HLS, from its beginning on', async () => {
  await until('eight seconds on the disk', async () => (await recordedMs()) > 8000);
  const file = join(stage.directory, 'heard.mp3');
  const url = `${cluster.url}/listen/${PATH}.m3u8?ago=4h`;
  const args = ['-hide_banner', '-nostdin', '-v', 'warning', '-i', url, '-t', '6'];
  const player = start('ffmpeg', [...args, '-c', 'copy', '-f', 'mp3', file]);
  expect((await player.exited).code).toBe(0);
  const heard = readFileSync(file);
  expect(heard.length).toBeGreaterThan(90_000);
  expect((await recorded()).indexOf(heard.subarray(10_000, 90_000))).toBeGreaterThan(0);
  expect((await recorded()).indexOf(heard.subarray(10_000, 90_000))).toBeLessThan(10_000);
});

test.skipIf(!existsSync(CHROMIUM))('The page plays what was on before, and returns', async () => {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
  try {
    const { page, problems } = await openPage(browser, `${cluster.url}/${PATH}`);
    const slider = page.getByLabel('Listen from');
    await slider.waitFor();
    await slider.press('Home');
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    const source = () => page.locator('audio').getAttribute('src');
    expect(await source()).toMatch(/\.mp3\?ago=\d+s$/);
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/, \d+ (s|min) ago$/);
    await until('sound', () => page.locator('audio').evaluate(hasSound));
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Back to live' }).click();
    expect(await source()).toMatch(/\.mp3$/);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(problems).toEqual([]);
  } finally {
    await browser.close();
  }
});

test('Hours are files, whole or in parts, with what was played', async () => {
  await until('a title', async () => ((await told())?.titles.length ?? 0) > 0);
  const { hours, titles } = (await told()) as Told;
  expect(titles[0]?.title).toContain('Scattercast demo');
  const url = `${hours.at(-1)?.url}`;
  const whole = await fetch(url);
  expect(whole.headers.get('content-type')).toBe('audio/mpeg');
  const bytes = new Uint8Array(await whole.arrayBuffer());
  expect(bytes.length).toBe(Number(whole.headers.get('content-length')));
  expect(framesIn(bytes)).toBeGreaterThan(100);
  const part = await fetch(url, { headers: { Range: 'bytes=1000-1999' } });
  expect([part.status, part.headers.get('content-range')?.startsWith('bytes 1000-1999/')]).toEqual([
    ...[206, true],
  ]);
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1000, 2000))).toBe(true);
  const past = await fetch(url, { headers: { Range: 'bytes=999999999999-' } });
  expect(past.status).toBe(416);
  for (const file of [
    '..%2f..%2fsecret',
    '2026-11-30T16Z.index',
    '2026-13-99T99Z.mp3',
    '%00.mp3',
  ]) {
    expect([file, (await fetch(`${cluster.url}/recordings/${PATH}/${file}`)).status]).toEqual([
      ...[file, 404],
    ]);
  }
});

test('A recording goes on when its SCX has died, and a listener of it when the SCX is replaced', async () => {
  const listening = hear('ago=4h', 16_000 * 14);
  await until('the listener', async () => (await cluster.status()).cluster.listeners === 1);
  const [scx] = await cluster.scxs();
  const drained = stage.run([
    'cluster',
    '--drain',
    '--data',
    cluster.dataDir,
    '--port',
    `${cluster.port}`,
  ]);
  expect((await drained.exited).code).toBe(0);
  const heard = Buffer.from(await listening);
  expect((await recorded()).includes(heard.subarray(10_000, 16_000 * 13))).toBe(true);
  const next = await until('the successor alone', async () => {
    const scxs = await cluster.scxs();
    return scxs.length === 1 && scxs[0]?.pid !== scx?.pid && scxs[0];
  });
  process.kill(next.pid, 'SIGKILL');
  const before = await recordedMs();
  await until('the recording to go on', async () => (await recordedMs()) > before + 3000);
});

test.skipIf(!isRoot)(
  'A full disk ends the recording and no stream, until there is room',
  async () => {
    const isRecording = () => cluster.scxs().then(([scx]) => scx?.recording?.state === 'recording');
    await until('the recording', isRecording);
    disk?.fill();
    await until('it to stop', async () => !(await isRecording()), 120_000);
    expect(framesIn(await hear('', 16_000 * 5))).toBeGreaterThan(100);
    const scx = (await cluster.scxs())[0];
    expect(await metric(`${new URL(`${scx?.httpUrl}`).origin}`, 'scx_recording')).toBe(0);
    expect(framesIn(await hear('ago=4h', 16_000 * 5))).toBeGreaterThan(100);
    disk?.empty();
    await until('it to go on', isRecording, 120_000);
  },
);

test('What is withdrawn, or not to be kept any more, is gone', async () => {
  await stage.announce(cluster, `scattercast://${PATH}`, '--keep', '0');
  await until('nothing', async () => (await told()) === undefined);
  const url = `${cluster.url}/listen/${PATH}.mp3?ago=10m`;
  await until('the SCX to know', async () => {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status === 404;
  });
});
