/** The page in a real browser: what is on, and sound after one click. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const stage = createStage();
const servers: Server[] = [];
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
  });

  afterAll(async () => {
    await browser?.close();
    for (const server of servers) server.close();
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
    await until('three seconds of sound', async () => (await positionIn(page)) > 3);
    const counted = until('the browser to be counted', async () =>
      (await cluster.scxs()).some((scx) => scx.listeners === 1),
    );
    expect(await counted).toBe(true);
    expect(await page.title()).toContain('Tea & <b>biscuits</b>');
    expect(problems).toEqual([]);
  });

  test('The page lists and plays below a path prefix of a web server in front', async () => {
    const page = await (browser as Browser).newPage();
    await page.goto(`${await openPrefix(cluster.port)}/radio/`);
    await page.getByRole('button', { name: /play Tea/i }).click();
    const playlist = page.getByRole('link', { name: 'Playlist' }).first();
    expect(await playlist.getAttribute('href')).toBe('listen/radio.example/page.m3u');
    await until('sound', async () => (await positionIn(page)) > 1);
    expect(await page.locator('[data-origin]').first().textContent()).toMatch(/\/radio$/);
  });

  test('A session that is off the air is said to be, and plays when it is on the air', async () => {
    const page = await (browser as Browser).newPage();
    const title = `\u0645\u0648\u0633\u064a\u0642\u0649 (FM) ${'x'.repeat(180)}`;
    const name = 'scattercast://radio.example/later';
    const announcement = await stage.announce(cluster, name, '--title', title);
    await page.goto(cluster.url);
    await page.getByRole('button', { name: /Play .*FM/ }).click();
    const state = page.locator('#playing-state');
    await state.getByText('Off the air').waitFor();
    const heading = page.locator('.session.current h2');
    const isRightToLeft = (element: unknown): boolean =>
      (element as { matches(selector: string): boolean }).matches(':dir(rtl)');
    expect(await heading.evaluate(isRightToLeft)).toBe(true);
    const box = await page.locator('#player').boundingBox();
    expect(box?.height).toBeLessThan(220);
    await stage.broadcast(cluster, announcement, '--loop', CLIP);
    await until('sound', async () => (await positionIn(page)) > 1);
    await until('the state to be gone', async () => (await state.textContent()) === '');
  });

  test('A long list can be searched, and there is a plain one without JavaScript', async () => {
    const { cluster: about, sessions } = await cluster.status();
    const many = Array.from({ length: 8 }, (_, n) => ({
      ...{ ...sessions[0], path: `radio.example/s${n}`, title: `Station ${n}`, scxs: [] },
      ...{ session: `scattercast://radio.example/s${n}` },
      // Nobody reads this on the page: its port is not searched.
      listenUrl: `http://127.0.0.1:5555/listen/radio.example/s${n}.mp3`,
    }));
    const page = await (browser as Browser).newPage();
    await page.route('**/status', (route) =>
      route.fulfill({ json: { cluster: about, sessions: many } }),
    );
    await page.goto(cluster.url);
    const shown = page.locator('.session:visible h2');
    await until('eight sessions', async () => (await shown.count()) === 8);
    await page.getByRole('searchbox').fill('station 5');
    await until('the one that was searched', async () => (await shown.count()) === 1);
    expect(await shown.allTextContents()).toEqual(['Station 5']);
    const plain = await (browser as Browser).newContext({ javaScriptEnabled: false });
    const without = await plain.newPage();
    await without.goto(cluster.url);
    await without.getByRole('link', { name: 'a plain list' }).click();
    await without.getByText('Mount Point /radio.example/page.mp3').waitFor();
    await plain.close();
  });
});

const positionIn = (page: Page): Promise<number> =>
  page
    .locator('audio')
    .evaluate((element) => (element as unknown as { currentTime: number }).currentTime);

/** A web server that has the cluster at `/radio/`, and nothing else; returns its origin. */
async function openPrefix(port: number): Promise<string> {
  const server = createServer((request, response) => {
    const path = /^\/radio(\/.*)$/.exec(request.url ?? '')?.[1];
    if (path === undefined) return void response.writeHead(404).end();
    const onward = { host: '127.0.0.1', port, path, headers: request.headers };
    request.pipe(
      forward(onward, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
