/**
 * What pages weigh, and how soon they play: the bytes that each page brings over the wire into an empty
 * browser, without sound and events; and the time from a click on the play button to the first sound.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM, OFFLINE } from '../../test/e2e/support/chromium.js';
import { CLIP } from '../../test/e2e/support/processes.js';
import { createStage } from '../../test/e2e/support/stage.js';
import { type Benchmark, numberOf, type Row, round } from './benchmark.js';
import { quantile } from './machine/quantile.js';

const PATH = 'bench.example/pages';

/** From the last byte of the page itself until everything else is there, ms. */
const SETTLED_MS = 3000;

export const flags: Benchmark['flags'] = {
  clicks: { standard: '40', help: 'how often the play button of the page is clicked' },
};

/** What ends by itself: the sound and the events of a page do not. */
const isPart = (type: string): boolean => type !== 'Media' && type !== 'EventSource';

/** The files that a page brings into an empty browser. */
async function weigh(browser: Browser, what: string, url: string): Promise<Row> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const types = new Map<string, string>();
  const bytes: number[] = [];
  session.on('Network.responseReceived', ({ requestId, type }) => types.set(requestId, type));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (isPart(types.get(requestId) ?? '')) bytes.push(encodedDataLength);
  });
  await page.goto(url);
  await pause(SETTLED_MS);
  await context.close();
  const sum = bytes.reduce((total, one) => total + one, 0);
  return { what, requests: bytes.length, kB: round(sum / 1000) };
}

/** Runs in the page, as text (see players/map-frames.ts): resolves to the time until sound, ms. */
const UNTIL_SOUND = `
  new Promise((resolve) => {
    const audio = document.querySelector('audio');
    const begin = performance.now();
    document.querySelector('#toggle').click();
    const look = () => (audio.currentTime > 0 ? resolve(performance.now() - begin) : setTimeout(look, 1));
    look();
  })`;

async function clickOften(page: Page, clicks: number): Promise<readonly number[]> {
  const times: number[] = [];
  while (times.length < clicks) {
    times.push(await page.evaluate<number>(UNTIL_SOUND));
    await page.locator('#toggle').click();
    await pause(100);
  }
  return times;
}

export const run: Benchmark['run'] = async (given) => {
  const clicks = numberOf(given, 'clicks');
  const stage = createStage();
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
  try {
    const cluster = await stage.cluster();
    const announcement = await stage.announce(cluster, `scattercast://${PATH}`);
    await stage.broadcast(cluster, announcement, '--loop', CLIP);
    const token = readFileSync(join(cluster.dataDir, 'admin-token'), 'utf8').trim();
    const pages = [
      ['home page', '/'],
      ['page of a session', `/${PATH}`],
      ['small player', `/embed/${PATH}`],
      ['live map', `/overlay/${PATH}#token=${token}`],
      ['dashboard', `/dashboard#token=${token}`],
    ] as const;
    const rows: Row[] = [];
    for (const [what, path] of pages) rows.push(await weigh(browser, what, cluster.url + path));
    const page = await browser.newPage();
    await page.goto(`${cluster.url}/${PATH}`);
    const times = await clickOften(page, clicks);
    const [median, late] = [quantile(times, 0.5), quantile(times, 0.95)].map(Math.round);
    rows.push({ what: `sound after a click: ${median} ms (median), ${late} ms (95%)` });
    return rows;
  } finally {
    await browser.close();
    await stage.close();
  }
};
