/** Playlists, and the stream through the front end, with the players that need them. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { align, framesOfFile, listen } from '../support/audio.js';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { ffmpegErrors, has, mpg123Errors, mpg123ListErrors } from '../support/players.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const stage = createStage();
const SESSION = '/listen/radio.example/proxied';
let cluster: Cluster;

const listenersAre = (count: number): Promise<boolean> =>
  until(`${count} listeners`, async () => {
    const scxs = await cluster.scxs();
    return scxs.length > 0 && scxs.reduce((sum, scx) => sum + scx.listeners, 0) === count;
  });

beforeAll(async () => {
  cluster = await stage.cluster();
  const announcement = await stage.announce(cluster, 'scattercast://radio.example/proxied');
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
});

afterAll(() => stage.close());

describe('A playlist', () => {
  test.skipIf(!has('mpg123'))('is played by mpg123, from the web and from a file', async () => {
    const m3u = `${cluster.url}${SESSION}.m3u`;
    expect(await mpg123ListErrors(m3u, 150)).toBe('');
    expect(await mpg123ListErrors(`${cluster.url}${SESSION}.pls`, 150)).toBe('');
    const file = join(stage.directory, 'proxied.m3u');
    writeFileSync(file, await (await fetch(`${m3u}?proxy=1`)).text());
    expect(await mpg123ListErrors(file, 150)).toBe('');
  });
});

describe('The stream through the front end', () => {
  const url = (): string => `${cluster.url}${SESSION}.mp3?proxy=1`;

  test('is one listener, whose going ends it at the SCX', async () => {
    await listenersAre(0);
    const listener = listen(url());
    await listener.firstByteMs;
    await listenersAre(1);
    await listener.heard(5);
    expect(align(listener.bytes(), framesOfFile(CLIP))).toMatchObject({ breakAt: undefined });
    listener.stop();
    await listenersAre(0);
  });

  test.skipIf(!has('ffmpeg'))('is played by ffmpeg', async () => {
    expect(await ffmpegErrors(url(), 4)).toBe('');
  });

  test.skipIf(!has('mpg123'))('is played by mpg123', async () => {
    expect(await mpg123Errors(url(), 150)).toBe('');
  });

  test.skipIf(!existsSync(CHROMIUM))('is played by Chromium, from the playlist', async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
    try {
      const page = await browser.newPage();
      await page.goto(cluster.url);
      const m3u = await (await fetch(`${cluster.url}${SESSION}.m3u?proxy=1`)).text();
      const entry = m3u.split('\n').find((line) => line.startsWith('http'));
      const audio = page.locator('audio');
      await audio.evaluate((element, source) => {
        const player = element as unknown as { src: string; play(): Promise<void> };
        player.src = source;
        return player.play();
      }, entry ?? '');
      const position = (): Promise<number> =>
        audio.evaluate((element) => (element as unknown as { currentTime: number }).currentTime);
      await until('three seconds of sound', async () => (await position()) > 3);
      await listenersAre(1);
    } finally {
      await browser.close();
    }
    await listenersAre(0);
  });

  test('ends when its SCX is killed, and the next one is there for the player', async () => {
    const listener = listen(url());
    await listener.firstByteMs;
    await listenersAre(1);
    const [scx] = await cluster.scxs();
    process.kill(scx?.pid ?? 0, 'SIGKILL');
    await until('the stream to end', () => listener.isClosed());
    const again = listen(url());
    await again.firstByteMs;
    const [next] = await cluster.scxs();
    expect(next?.id).not.toBe(scx?.id);
    again.stop();
  });
});
