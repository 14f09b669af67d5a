/** The dashboard of the operator in a real browser, at a cluster with a broadcast and a listener. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { openPage, overflowOf, violations } from '../support/page.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const PATH = 'radio.example/desk';
/** What a station may be called, and a browser must not run. */
const TITLE = '<img src=x onerror=alert(1)> & "night"';

const stage = createStage();
let cluster: Cluster;
let browser: Browser;
let token: string;

const open = (hash: string, options?: BrowserContextOptions) =>
  openPage(browser, `${cluster.url}/dashboard${hash}`, options);

/** The row of a table that begins with this name. */
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name }).first();

describe.skipIf(!existsSync(CHROMIUM))('In Chromium', () => {
  beforeAll(async () => {
    cluster = await stage.cluster({ extra: ['--history', '64'] });
    const announcement = await stage.announce(cluster, `scattercast://${PATH}`, '--title', TITLE);
    await stage.broadcast(cluster, announcement, '--loop', CLIP);
    const stream = await fetch(`${cluster.url}/listen/${PATH}.mp3`);
    void stream.body?.pipeTo(new WritableStream()).catch(() => undefined);
    token = readFileSync(join(cluster.dataDir, 'admin-token'), 'utf8').trim();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await stage.close();
  });

  test('The dashboard is for those who have the token, and needs no mouse and no eyes', async () => {
    const { page, problems } = await open('');
    const field = page.getByLabel('Token of the operator');
    await field.fill('wrong');
    await field.press('Enter');
    await page.getByText('That is not the token of the operator.').waitFor();
    expect(await page.content()).not.toContain(PATH);
    expect(await violations(page)).toEqual([]);
    await field.fill(token);
    await field.press('Enter');
    await row(page, PATH).getByText('On the air').waitFor();
    expect(await row(page, PATH).textContent()).toContain(TITLE);
    await page.locator('.u-wrap').waitFor(); // the chart
    expect(await violations(page)).toEqual([]);
    await page.getByText('The same as a table').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('columnheader', { name: PATH }).waitFor();
    await page.getByRole('radio', { name: 'Hour' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('radio', { name: 'Day', checked: true }).waitFor();
    expect(problems).toEqual([]);
    const dark = await open(`#token=${token}`, {
      colorScheme: 'dark',
      viewport: { width: 360, height: 640 },
    });
    await row(dark.page, PATH).waitFor();
    expect(dark.page.url()).not.toContain(token);
    await dark.page.locator('.u-wrap').waitFor();
    expect(await violations(dark.page)).toEqual([]);
    expect(await overflowOf(dark.page)).toBe(0);
    expect(dark.problems).toEqual([]);
    const without = await open('', { javaScriptEnabled: false });
    await without.page.locator('noscript a').waitFor();
  });

  test('Listening is downloaded as CSV', async () => {
    const { page, problems } = await open(`#token=${token}`);
    await row(page, PATH).waitFor();
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download' }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toMatch(/^listening-\d{4}-\d\d-\d\d-to-.*\.csv$/);
    const text = readFileSync(await download.path(), 'utf8');
    expect(text).toMatch(new RegExp(`^session,from,to,.*\\r\\n${PATH},\\S+,1,\\d`));
    expect(problems).toEqual([]);
  });

  test('The death of an SCX is shown with what to do, and stays in the history over a restart', async () => {
    const { page, problems } = await open(`#token=${token}`);
    await row(page, PATH).waitFor();
    const [scx] = await cluster.scxs();
    process.kill(scx?.pid ?? -1, 'SIGKILL');
    await page.getByText(`${PATH}: its SCX has failed in the last hour`).waitFor();
    await page.getByText('look at the memory of the machine').waitFor();
    cluster.process.child.kill('SIGUSR2');
    await cluster.process.exited;
    await page.getByText('The cluster does not answer. Trying again.').waitFor();
    await cluster.again();
    await until('the page to be there again', async () => page.locator('#notice').isHidden());
    await page.locator('.log').getByText('ended by SIGKILL').first().waitFor();
    expect(problems).toEqual([]);
  });
});
