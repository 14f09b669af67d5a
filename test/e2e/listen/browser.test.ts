/** The page in a real browser: what is on, and sound after one click. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const stage = createStage();
let cluster: Cluster;
let browser: Browser | undefined;

describe.skipIf(!existsSync(CHROMIUM))('In Chromium', () => {
  beforeAll(async () => {
    cluster = await stage.cluster();
    const name = 'scattercast://radio.example/page';
    const title = 'Tea & <b>biscuits</b>';
    const announcement = await stage.announce(cluster, name, '--title', title);
    await stage.broadcast(cluster, announcement, '--loop', CLIP);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await stage.close();
  });

  test('The page lists the session, and its play button plays', async () => {
    const page = await (browser as Browser).newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(cluster.url);
    await page.getByText('Tea & <b>biscuits</b>').first().waitFor();
    await page
      .getByRole('button', { name: /play|listen/i })
      .first()
      .click();
    const audio = page.locator('audio');
    const position = (): Promise<number> =>
      audio.evaluate((element) => (element as unknown as { currentTime: number }).currentTime);
    await until('three seconds of sound', async () => (await position()) > 3);
    const counted = until('the browser to be counted', async () =>
      (await cluster.scxs()).some((scx) => scx.listeners === 1),
    );
    expect(await counted).toBe(true);
    expect(problems).toEqual([]);
  });
});
