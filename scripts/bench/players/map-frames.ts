/**
 * How often a browser draws the map of a large overlay, and what a frame costs it: a recording of a
 * simulated session is played in Chromium, which draws without a graphics processor here.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium, type Page } from 'playwright-core';
import { CHROMIUM, OFFLINE } from '../../../test/e2e/support/chromium.js';
import { start } from '../../../test/e2e/support/processes.js';
import type { Row } from '../benchmark.js';

const RECORDED_S = 45;
/** From the beginning to what is measured: by then all SCXs are there, ms. */
const BEFORE_MS = 20_000;
const MAIN = new URL('../../../dist/cli/main.js', import.meta.url).pathname;

async function record(file: string, scxs: number): Promise<void> {
  const options = ['--scxs', `${scxs}`, '--until', `${RECORDED_S}`, '--record', file];
  const run = start(process.execPath, [MAIN, 'simulate', ...options]);
  if ((await run.exited).code !== 0) throw new Error(`the simulation failed: ${run.stderr()}`);
}

/** Runs in the page, as text: what compiles this file puts names into functions that the page lacks. */
const COUNT = `
  (within) => new Promise((resolve) => {
    const until = performance.now() + within;
    let frames = 0;
    requestAnimationFrame(function next(now) {
      if (now >= until) return resolve(frames);
      frames++;
      requestAnimationFrame(next);
    });
  })`;

/** Frames that a page draws from now on. */
const countFrames = (page: Page, ms: number): Promise<number> => page.evaluate(`(${COUNT})(${ms})`);

/** Plays a recording of so many SCXs on the page at `url`. */
export async function mapFrames(url: string, scxs: number, seconds: number): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), 'map-frames-'));
  const file = join(folder, 'recording.jsonl');
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
  try {
    await record(file, scxs);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(url);
    await page.locator('#file').setInputFiles(file);
    await pause(BEFORE_MS);
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const busy = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
    };
    const before = await busy();
    const frames = await countFrames(page, seconds * 1000);
    const ms = (1000 * ((await busy()) - before)) / frames;
    return {
      what: `${scxs} SCXs in Chromium`,
      'frames/s': Math.round(frames / seconds),
      'ms of its main thread/frame': Math.round(ms * 10) / 10,
    };
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}
