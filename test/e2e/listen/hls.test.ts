/** HLS with real players: ffmpeg, and hls.js in Chromium; and the same segments at two clusters. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { align, framesOfFile } from '../support/audio.js';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { has } from '../support/players.js';
import { CLIP, start, until } from '../support/processes.js';
import { type Cluster, createStage } from '../support/stage.js';

const PATH = 'radio.example/hls';
const HLS_JS = fileURLToPath(import.meta.resolve('hls.js/dist/hls.min.js'));

const stage = createStage();
let studio: Cluster;
let city: Cluster;
let announcement: string;
let site: Server | undefined;

/** The address of the session at a cluster, which has its key where it is announced elsewhere. */
async function playlistUrl(cluster: Cluster): Promise<string> {
  const [session] = (await cluster.status()).sessions;
  return `${cluster.url}/listen/${session?.path}.m3u8`;
}

/** Lines of a playlist that match, as URLs. */
async function linesOf(url: string, pattern: RegExp): Promise<readonly string[]> {
  const response = await fetch(url);
  const found = (await response.text()).split('\n').filter((line) => pattern.test(line));
  return found.map((line) => new URL(line, response.url).href);
}

/** The playlist of a new listener. */
const mediaPlaylist = async (cluster: Cluster): Promise<string> =>
  (await linesOf(await playlistUrl(cluster), /\?id=/))[0] ?? '';

/** The numbers of segments in a playlist, by their names. */
async function numbersIn(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(url)).text();
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(text)?.[1]);
  const names = text.match(/[0-9a-f]{16}-\d+-\d+\.mp3/g) ?? [];
  return new Map(names.map((name, index) => [name, first + index]));
}

/** Fails unless both number the segments alike that both have; returns how many these are. */
async function expectSameNumbers(one: string, other: string): Promise<number> {
  const [here, there] = [await numbersIn(one), await numbersIn(other)];
  const common = [...here].filter(([name]) => there.has(name));
  expect(common.map(([name]) => there.get(name))).toEqual(common.map(([, number]) => number));
  return common.length;
}

/** A page of another origin; returns its URL. */
async function openSite(): Promise<string> {
  site = createServer((_request, response) =>
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Site</title>'),
  ).listen(0, '127.0.0.1');
  await once(site, 'listening');
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
}

const bytesOf = async (url: string): Promise<Buffer> =>
  Buffer.from(await (await fetch(url)).arrayBuffer());

beforeAll(async () => {
  [studio, city] = (await stage.clusters(2)) as [Cluster, Cluster];
  announcement = await stage.announce(studio, `scattercast://${PATH}`);
  await stage.broadcast(studio, announcement, '--loop', CLIP);
  // The other cluster comes to know the session by its announcement.
  const listening = await fetch(`${city.url}/listen?${new URLSearchParams({ announcement })}`);
  await listening.body?.cancel();
  await until('the session there', async () => (await city.status()).sessions.length === 1);
}, 60_000);

afterAll(async () => {
  site?.close();
  await stage.close();
});

describe('HLS', () => {
  test('has the same segments under the same names at two clusters', async () => {
    const [one, other] = [await mediaPlaylist(studio), await mediaPlaylist(city)];
    const nameOf = (url: string): string => url.slice(new URL(url).origin.length);
    const common = await until('three segments at both', async () => {
      const [here, there] = [await linesOf(one, /\.mp3/), await linesOf(other, /\.mp3/)];
      const pairs = here.map((url) => [url, there.find((known) => nameOf(known) === nameOf(url))]);
      return pairs.filter((pair) => pair[1] !== undefined).length >= 3 && pairs;
    });
    const both = common.filter((pair): pair is [string, string] => pair[1] !== undefined);
    for (const [here, there] of both) {
      const [bytes, same] = [await bytesOf(here), await bytesOf(there)];
      expect(bytes.length).toBeGreaterThan(10_000);
      expect(bytes.equals(same)).toBe(true);
    }
  });

  test.skipIf(!has('ffmpeg'))('gives ffmpeg the frames of the broadcast, in order', async () => {
    const file = join(stage.directory, 'heard.mp3');
    const args = [
      '-hide_banner',
      '-nostdin',
      '-v',
      'warning',
      '-i',
      await playlistUrl(city),
      '-t',
      '9',
    ];
    const player = start('ffmpeg', [...args, '-c', 'copy', '-f', 'mp3', file]);
    expect((await player.exited).code).toBe(0);
    const { frames, breakAt } = align(readFileSync(file), framesOfFile(CLIP));
    expect(frames).toBeGreaterThan(300);
    expect(breakAt).toBe(undefined);
  });

  describe.skipIf(!existsSync(CHROMIUM))('in Chromium', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: CHROMIUM, args: OFFLINE });
    });

    afterAll(() => browser.close());

    test('plays with hls.js from another origin, and no gap is heard when its SCX is killed after a change of sources', async () => {
      const page = await browser.newPage();
      await page.goto(await openSite());
      await page.addScriptTag({ path: HLS_JS });
      await page.evaluate(playHls, await playlistUrl(city));
      await until('sound', async () => (await stateOf(page)).position > 1);
      const [before] = await city.scxs();
      await stage.broadcast(studio, announcement, '--priority', '200', '--loop', CLIP);
      const scx = await until('the other source', async () =>
        (await city.scxs()).find(({ playing }) => playing && playing !== before?.playing),
      );
      // What the player has not fetched of the source before is lost with the SCX.
      await until('its sound', async () =>
        (await stateOf(page)).fetched.at(-1)?.includes(`${scx.playing}`),
      );
      process.kill(scx.pid, 'SIGKILL');
      const { bufferedTo, titles } = await stateOf(page);
      expect(titles.at(-1)).toContain('Scattercast - Scattercast demo');
      await until('more sound', async () => (await stateOf(page)).position > bufferedTo + 1);
      expect((await stateOf(page)).problems).toEqual([]);
      const playlists = [await mediaPlaylist(studio), await mediaPlaylist(city)] as const;
      expect(await expectSameNumbers(...playlists)).toBeGreaterThan(0);
      // Those of the tests before are not there.
      await until('the one listener at the next SCX', async () =>
        (await city.scxs()).some(({ pid, listeners }) => pid !== scx.pid && listeners === 1),
      );
    });
  });
});

/** What has happened in the page. */
interface State {
  readonly position: number;
  readonly bufferedTo: number;
  /** Each segment's tag. */
  readonly titles: readonly string[];
  /** The address of each. */
  readonly fetched: readonly string[];
  /** Errors, and pauses since the first sound. */
  readonly problems: readonly string[];
}

interface Audio extends EventTarget {
  readonly currentTime: number;
  readonly buffered: { readonly length: number; end(index: number): number };
  play(): Promise<void>;
}

interface Hls {
  on(event: string, listener: (event: string, data: HlsData) => void): void;
  loadSource(url: string): void;
  attachMedia(audio: Audio): void;
}

interface HlsData {
  readonly samples: readonly { readonly data: Uint8Array }[];
  readonly details: string;
  readonly frag: { readonly url: string };
  readonly fatal: boolean;
}

/** The page's globals. */
interface HlsPage {
  readonly Hls: { new (): Hls };
  readonly Audio: { new (): Audio };
  played: {
    readonly audio: Audio;
    readonly titles: string[];
    readonly fetched: string[];
    readonly problems: string[];
  };
}

/** Plays; runs in the page. */
async function playHls(url: string): Promise<void> {
  const page = globalThis as unknown as HlsPage;
  const [hls, audio] = [new page.Hls(), new page.Audio()];
  const titles: string[] = [];
  const fetched: string[] = [];
  const problems: string[] = [];
  page.played = { audio, titles, fetched, problems };
  hls.on('hlsFragBuffered', (_event, { frag }) => void fetched.push(frag.url));
  hls.on('hlsFragParsingMetadata', (_event, { samples }) => {
    for (const { data } of samples) titles.push(new TextDecoder().decode(data));
  });
  hls.on('hlsError', (_event, { details, fatal }) => {
    if (fatal) problems.push(details);
  });
  audio.addEventListener('waiting', () => {
    if (audio.currentTime > 0) problems.push(`waiting at ${audio.currentTime} s`);
  });
  hls.loadSource(url);
  hls.attachMedia(audio);
  await audio.play();
}

const stateOf = (page: Page): Promise<State> =>
  page.evaluate(() => {
    const { audio, titles, fetched, problems } = (globalThis as unknown as HlsPage).played;
    const { length } = audio.buffered;
    const bufferedTo = length === 0 ? 0 : audio.buffered.end(length - 1);
    return { position: audio.currentTime, bufferedTo, titles, fetched, problems };
  });
