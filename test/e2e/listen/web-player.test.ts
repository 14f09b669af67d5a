/**
 * A player on somebody's web page: JavaScript of another origin that fetches the stream with titles,
 * as icecast-metadata-player does, in real browsers. Browsers ask first, at the front end and, after
 * the redirect, at the SCX; and they hide from the page what is not exposed to it.
 */
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHROMIUM, OFFLINE } from '../support/chromium.js';
import { FIREFOX, FIREFOX_PREFERENCES } from '../support/firefox.js';
import { CLIP, start } from '../support/processes.js';
import { createStage } from '../support/stage.js';

/** Runs in the browser: fetches the stream, and reads to the first title. */
const PLAYER = `
  const text = async (url, init) => (await fetch(url, init)).text();
  const firstTitle = async (url) => {
    const answer = await fetch(url, { method: 'GET', headers: { 'Icy-MetaData': 1 } });
    const interval = Number(answer.headers.get('icy-metaint'));
    const name = answer.headers.get('icy-name');
    const reader = answer.body.getReader();
    let bytes = [];
    for (let at = interval; interval > 0; ) {
      while (bytes.length <= at || bytes.length < at + 1 + bytes[at] * 16) {
        bytes = bytes.concat([...(await reader.read()).value]);
      }
      const block = bytes.slice(at + 1, at + 1 + bytes[at] * 16);
      at += 1 + block.length + interval;
      const title = String.fromCharCode(...block).replace(/\\0+$/, '');
      if (/='.+'/.test(title)) return { type: answer.type, status: answer.status, name, interval, title };
    }
  };
  const report = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) });
  const { stream, status, playlist } = Object.fromEntries(new URLSearchParams(location.search));
  Promise.all([
    firstTitle(stream),
    firstTitle(stream + '?proxy=1'),
    text(status).then((json) => JSON.parse(json).sessions.length),
    text(playlist),
  ]).then(report, (error) => report(String(error)));
`;

const stage = createStage();
let site: Server;
let address = '';
let onResult: (result: unknown) => void = () => undefined;

/** A station's web site, with the player. */
function openSite(): Server {
  return createServer((request, response) => {
    if (request.method !== 'POST') {
      response.setHeader('Content-Type', 'text/html');
      return void response.end(`<!doctype html><script type="module">${PLAYER}</script>`);
    }
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.end();
      onResult(JSON.parse(body));
    });
  }).listen(0, '127.0.0.1');
}

/** The result that the page reports from a browser. */
async function resultIn(command: readonly string[], url: string): Promise<unknown> {
  const reported = new Promise((resolve) => {
    onResult = resolve;
  });
  const [program = '', ...args] = command;
  const browser = start(program, [...args, url]);
  try {
    return await Promise.race([reported, browser.exited.then(() => browser.stderr())]);
  } finally {
    browser.child.kill();
    await browser.exited;
  }
}

beforeAll(async () => {
  site = openSite();
  await once(site, 'listening');
  const cluster = await stage.cluster();
  const announcement = await stage.announce(
    ...([cluster, 'scattercast://radio.example/web', '--title', 'Web radio'] as const),
  );
  await stage.broadcast(cluster, announcement, '--loop', CLIP);
  const listen = `${cluster.url}/listen/radio.example/web`;
  const query = new URLSearchParams({
    ...{ stream: `${listen}.mp3`, playlist: `${listen}.m3u`, status: `${cluster.url}/status` },
  });
  address = `http://127.0.0.1:${(site.address() as AddressInfo).port}/?${query}`;
});

afterAll(async () => {
  await stage.close();
  site.close();
  site.closeAllConnections();
});

const heard = {
  ...{ type: 'cors', status: 200, name: 'Web radio', interval: 16_000 },
  title: expect.stringMatching(/^StreamTitle='.+';/),
};
const EXPECTED = [heard, heard, 1, expect.stringMatching(/^#EXTM3U/)];

describe('A page of another origin hears the stream with its titles, redirected and not,', () => {
  test.skipIf(!existsSync(CHROMIUM))('in Chromium', async () => {
    const profile = `--user-data-dir=${join(stage.directory, 'chromium')}`;
    const command = [CHROMIUM, '--headless=new', ...OFFLINE, profile];
    expect(await resultIn(command, address)).toEqual(EXPECTED);
  });

  test.skipIf(!existsSync(FIREFOX))('in Firefox', async () => {
    const profile = join(stage.directory, 'firefox');
    mkdirSync(profile);
    const settings = Object.entries(FIREFOX_PREFERENCES).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
    );
    writeFileSync(join(profile, 'user.js'), settings.join('\n'));
    const command = [FIREFOX, '--headless', '--no-remote', '--profile', profile];
    expect(await resultIn(command, address)).toEqual(EXPECTED);
  });
});
