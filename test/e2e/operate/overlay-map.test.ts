/** The map of an overlay in a real browser, live and from a recording. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { openPage, overflowOf, violations } from '../support/page.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage, killCluster } from '../support/stage.js';

const PATH = 'radio.example/map';

const stage = createStage();
let clusters: readonly Cluster[];
let browser: Browser;
let token: string;

const open = (path: string, options?: BrowserContextOptions) =>
  openPage(browser, `${clusters[0]?.url}${path}`, options);

const summaryOf = async (page: Page): Promise<string> =>
  (await page.locator('#summary').textContent()) ?? '';

const untilShown = (page: Page, what: RegExp): Promise<unknown> =>
  until(`${what} on the map`, async () => what.test(await summaryOf(page)));

describe.skipIf(!existsSync(CHROMIUM))('In Chromium', () => {
  beforeAll(async () => {
    clusters = await stage.clusters(3);
    const [first, ...others] = clusters as [Cluster, Cluster, Cluster];
    const announcement = await stage.announce(first, `scattercast://${PATH}`);
    await stage.broadcast(first, announcement, '--loop', CLIP);
    for (const { url } of others) {
      const query = new URLSearchParams({ announcement });
      const stream = await fetch(`${url}/listen?${query}`);
      void stream.body?.pipeTo(new WritableStream()).catch(() => undefined);
    }
    token = readFileSync(join(first.dataDir, 'admin-token'), 'utf8').trim();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await stage.close();
  });

  test('The map is for those who have the token, and needs no mouse and no eyes', async () => {
    const { page, problems } = await open(`/overlay/${PATH}`);
    const field = page.getByLabel('Token of the operator');
    await field.fill('wrong');
    await field.press('Enter');
    await page.getByText('That is not the token of the operator.').waitFor();
    expect(await violations(page)).toEqual([]);
    await field.fill(token);
    await field.press('Enter');
    await untilShown(page, /^3 SCXs · 3 edges · 2 listeners$/);
    await page.reload();
    await untilShown(page, /^3 SCXs/); // the token is kept for the tab
    expect(page.url()).not.toContain(token);
    await page.getByText('All SCXs as a table').focus();
    await page.keyboard.press('Enter');
    await page.locator('#rows button').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('#details').getByText('127.0.0.1:').waitFor();
    expect(await page.locator('#details').textContent()).toContain('Listeners here');
    expect(await violations(page)).toEqual([]);
    await page.locator('#map').focus();
    for (const key of ['ArrowLeft', '+', '-', '0', 'Escape']) await page.keyboard.press(key);
    await page.locator('#details').waitFor({ state: 'hidden' });
    expect(problems).toEqual([]);
    const dark = await open(`/overlay/${PATH}#token=${token}`, {
      colorScheme: 'dark',
      viewport: { width: 360, height: 640 },
    });
    await untilShown(dark.page, /^3 SCXs/);
    expect(dark.page.url()).not.toContain(token);
    expect(await violations(dark.page)).toEqual([]);
    expect(await overflowOf(dark.page)).toBe(0);
    const without = await open('/overlay', { javaScriptEnabled: false });
    await without.page.locator('noscript a').waitFor();
  });

  test('A kill is seen on the live map, and again in its recording', async () => {
    const file = join(stage.directory, 'overlay.jsonl');
    const [first, , third] = clusters as [Cluster, Cluster, Cluster];
    const recording = stage.run([
      ...['status', '--cluster', first.url, '--data', first.dataDir, '--record', file],
    ]);
    await recording.line(/recording radio\.example\/map to/);
    await until('three SCXs in the recording', async () => {
      const ids = existsSync(file)
        ? readFileSync(file, 'utf8').match(/"kind":"scx","at":\d+,"id":"\w+"/g)
        : [];
      return new Set((ids ?? []).map((text) => text.slice(-33))).size === 3;
    });
    const { page, problems } = await open(`/overlay/${PATH}#token=${token}`);
    await untilShown(page, /^3 SCXs · 3 edges/);
    await killCluster(third);
    await untilShown(page, /^2 SCXs · 1 edge · 1 listener$/);
    await until('the kill in the recording', async () =>
      readFileSync(file, 'utf8').includes('"kind":"gone"'),
    );
    recording.child.kill('SIGINT');
    await recording.exited;

    await page.getByLabel('Open a recording').setInputFiles(file);
    await page.getByRole('heading', { name: 'overlay.jsonl' }).waitFor();
    await untilShown(page, /^3 SCXs/);
    await page.getByLabel('Speed').selectOption('100');
    await untilShown(page, /^2 SCXs/);
    await page.getByLabel('Position').press('Home');
    await page.getByRole('button', { name: /Play|Pause/ }).click();
    expect(problems).toEqual([]);
  });

  test('A file that is no recording is said to be none', async () => {
    const { page, problems } = await open('/overlay');
    await page.getByLabel('Open a recording').setInputFiles(CLIP);
    await page.getByText('That is no recording').waitFor();
    expect(problems).toEqual([]);
  });
});
