/** The page of a session and the small player, in real browsers. */
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Frame,
  type Page,
} from 'playwright-core';
import type { Browser as Firefox } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PNG } from '../../image/pictures.js';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { FIREFOX, openFirefox } from '../support/firefox.js';
import { openPage, overflowOf, violations } from '../support/page.js';
import { CLIP, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const PATH = 'radio.example/page';
const NAME = `\u0645\u0648\u0633\u064a\u0642\u0649 <b>FM</b> ${'long '.repeat(30)}`.trim();

const stage = createStage();
let cluster: Cluster;
let browser: Browser;
let site: Server | undefined;

const open = (url: string, options?: BrowserContextOptions) => openPage(browser, url, options);

const positionIn = (page: Page | Frame): Promise<number> =>
  page
    .locator('audio')
    .evaluate((element) => (element as unknown as { currentTime: number }).currentTime);

/** A page of another origin that frames the small player; returns its URL. */
async function openSite(): Promise<string> {
  const frame = `<iframe src="${cluster.url}/embed/${PATH}" title="Radio" allow="autoplay"></iframe>`;
  const script = `<script src="${cluster.url}/embed.js" data-session="${PATH}" async></script>`;
  site = createServer((_request, response) =>
    response
      .setHeader('Content-Type', 'text/html')
      .end(`<!doctype html><title>Site</title>${frame}${script}`),
  ).listen(0, '127.0.0.1');
  await once(site, 'listening');
  return `http://localhost:${(site.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  cluster = await stage.cluster();
  const picture = join(stage.directory, 'cover.png');
  writeFileSync(picture, PNG);
  const about = ['--title', NAME, '--description', 'Quiet pieces', '--genre', 'Ambient'];
  about.push('--image', picture);
  const announcement = await stage.announce(cluster, `scattercast://${PATH}`, ...about);
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
}, 60_000);

afterAll(async () => {
  site?.close();
  await stage.close();
});

type MediaKey = (details: { readonly action: string }) => void;

interface MediaKeys {
  setActionHandler(action: string, handler: MediaKey): void;
}

/** Ends an SCX with its listener, who must then be at the next one. */
async function killListened(): Promise<void> {
  const [scx] = await cluster.scxs();
  process.kill(scx?.pid ?? Number.NaN, 'SIGKILL');
  await until('the page to listen to the next SCX', async () =>
    (await cluster.scxs()).some(({ pid, listeners }) => pid !== scx?.pid && listeners === 1),
  );
}

/** Runs in the page before its scripts: what they do at media keys is kept. */
function keepMediaKeys(): void {
  const { MediaSession } = globalThis as unknown as { MediaSession: { prototype: MediaKeys } };
  const kept = globalThis as unknown as { mediaKeys: Record<string, MediaKey> };
  kept.mediaKeys = {};
  MediaSession.prototype.setActionHandler = (action, handler) => {
    kept.mediaKeys[action] = handler;
  };
}

/** Runs in the page. */
function pressMediaKey(action: string): void {
  const { mediaKeys } = globalThis as unknown as { mediaKeys: Record<string, MediaKey> };
  mediaKeys[action]?.({ action });
}

const untilNobody = (): Promise<unknown> =>
  until('no listener', async () => (await cluster.status()).cluster.listeners === 0);

describe.skipIf(!existsSync(CHROMIUM))('In Chromium', () => {
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
  });

  afterAll(() => browser.close());

  test('The page plays after one click, and goes on by itself when its SCX is killed', async () => {
    const { page, problems } = await open(`${cluster.url}/${PATH}`);
    await page.addInitScript(keepMediaKeys);
    await page.reload();
    expect(await page.locator('h1').textContent()).toBe(NAME);
    await page.getByText('Scattercast demo').first().waitFor();
    await page.getByRole('button', { name: /^Play/ }).click();
    await until('sound', async () => (await positionIn(page)) > 1);
    expect(await page.title()).toMatch(/^Scattercast - Scattercast demo \u00b7 /);
    const media = await page.evaluate(() => {
      const { navigator } = globalThis as unknown as {
        navigator: {
          mediaSession: {
            metadata: { title: string; artwork: { src: string; sizes: string }[] } | null;
            playbackState: string;
          };
        };
      };
      const { metadata, playbackState } = navigator.mediaSession;
      const [artwork] = metadata?.artwork ?? [];
      return [
        metadata?.title,
        playbackState,
        artwork?.sizes,
        /\/images\//.test(artwork?.src ?? ''),
      ];
    });
    expect(media).toEqual(['Scattercast - Scattercast demo', 'playing', '16x8', true]);
    await page.evaluate(pressMediaKey, 'pause');
    await page.getByRole('button', { name: /^Play/ }).waitFor();
    await page.evaluate(pressMediaKey, 'play');
    await until('sound after a media key', async () => (await positionIn(page)) > 1);
    await killListened();
    const position = await positionIn(page);
    await until('sound again', async () => {
      const now = await positionIn(page);
      return now > 1 && now !== position;
    });
    await page.getByText('On air', { exact: true }).waitFor();
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: /^Stop/ }).press('Enter');
    await page.getByRole('button', { name: /^Play/ }).waitFor();
    await untilNobody();
    expect(problems).toEqual([]);
  });

  test('The small player plays in a page of another site, and keeps nothing there', async () => {
    const { page, problems } = await open(await openSite());
    const embedded = () => page.frames().filter((one) => one.url().includes('/embed/'));
    await until('both players', async () => embedded().length === 2);
    const frame = embedded().at(-1) as Frame; // that of the script tag
    await frame.getByRole('button', { name: /^Play/ }).click();
    await until('sound', async () => (await positionIn(frame)) > 1);
    expect(await page.context().cookies()).toEqual([]);
    expect(await page.context().storageState()).toEqual({ cookies: [], origins: [] });
    expect(problems).toEqual([]);
  });

  test('The page is one for all that need no JavaScript, no mouse and no eyes', async () => {
    const without = await open(`${cluster.url}/${PATH}`, { javaScriptEnabled: false });
    expect(await without.page.locator('audio').getAttribute('controls')).toBe('');
    const heading = without.page.locator('h1');
    const isRightToLeft = (element: unknown): boolean =>
      (element as { matches(selector: string): boolean }).matches(':dir(rtl)');
    expect(await heading.evaluate(isRightToLeft)).toBe(true);
    const pages = [
      [`/${PATH}`, 'light'],
      [`/${PATH}`, 'dark'],
      [`/embed/${PATH}`, 'light'],
      ['/', 'dark'],
    ] as const;
    for (const [path, colorScheme] of pages) {
      const { page } = await open(`${cluster.url}${path}`, { colorScheme });
      await page.getByText('Scattercast demo').first().waitFor();
      await page.locator('.artwork').first().waitFor();
      expect([path, colorScheme, await violations(page)]).toEqual([path, colorScheme, []]);
      expect([path, await overflowOf(page)]).toEqual([path, 0]);
      await page.close();
    }
  });
});

describe.skipIf(!existsSync(FIREFOX))('In Firefox', () => {
  let firefox: Firefox;

  beforeAll(async () => {
    firefox = await openFirefox();
  });

  afterAll(() => firefox.close());

  test('The page plays after one click, and goes on by itself when its SCX is killed', async () => {
    const page = await firefox.newPage();
    const problems: unknown[] = [];
    page.on('pageerror', (error) => problems.push(error));
    await page.goto(`${cluster.url}/${PATH}`);
    const position = (): Promise<number> =>
      page.$eval('audio', (audio) => (audio as unknown as { currentTime: number }).currentTime);
    await page.locator('button[aria-label^="Play"]').click();
    await until('sound', async () => (await position()) > 1);
    await killListened();
    const before = await position();
    await until('sound again', async () => {
      const now = await position();
      return now > 1 && now !== before;
    });
    const isTold = /^Scattercast - Scattercast demo \u00b7 /;
    await until('its title', async () => isTold.test(await page.title()));
    await page.close();
    await untilNobody();
    expect(problems).toEqual([]);
  });
});
