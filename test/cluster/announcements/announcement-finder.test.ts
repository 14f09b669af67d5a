import { describe, expect, test } from 'vitest';
import { createFinder } from '../../../src/cluster/announcements/announcement-finder.js';
import { openAnnouncements } from '../../../src/cluster/announcements/announcement-store.js';
import type { guardedFetch } from '../../../src/http/client/guarded-fetch.js';
import { FetchProblem } from '../../../src/http/client/guarded-request.js';
import { announcementXml, NIGHT, quiet, temporaryFolder } from '../support.js';

const URL = 'http://web.example/night.xml';

/** A finder with a clock and a network that the test controls. */
async function setUp() {
  const net = { now: 0, fetches: 0, body: announcementXml(NIGHT), problem: false };
  const fetch: typeof guardedFetch = async (url) => {
    net.fetches++;
    if (net.problem) throw new FetchProblem('unreachable', 'no');
    return { url, status: 200, body: net.body, contentType: '' };
  };
  const store = await openAnnouncements(temporaryFolder(), quiet);
  const now = () => net.now;
  const url = 'http://radio.example:8000';
  return { net, finder: createFinder({ store, url, allowPrivate: false, fetch, now }) };
}

const statusOf = (result: Awaited<ReturnType<ReturnType<typeof createFinder>['find']>>) =>
  result.ok ? 200 : result.problem.status;

describe('The finder of announcements', () => {
  test('asks the network once a minute', async () => {
    const { net, finder } = await setUp();
    for (const now of [0, 30_000, 60_000, 60_001, 90_000]) {
      net.now = now;
      expect(statusOf(await finder.find(URL, undefined))).toBe(200);
    }
    expect(net.fetches).toBe(2);
  });

  test('uses the last valid document for an hour while a server is down', async () => {
    const { net, finder } = await setUp();
    await finder.find(URL, undefined);
    net.problem = true;
    net.now = 3_600_000;
    expect(statusOf(await finder.find(URL, undefined))).toBe(200);
    expect(statusOf(await finder.find(URL, undefined))).toBe(200);
    expect(net.fetches).toBe(2);
    net.now = 3_700_000;
    expect(statusOf(await finder.find(URL, undefined))).toBe(502);
  });

  test('tries again two seconds after a failure', async () => {
    const { net, finder } = await setUp();
    net.problem = true;
    expect(statusOf(await finder.find(URL, undefined))).toBe(502);
    net.problem = false;
    expect(statusOf(await finder.find(URL, undefined))).toBe(502);
    net.now = 2001;
    expect(statusOf(await finder.find(URL, undefined))).toBe(200);
  });

  test('makes at most 32 fetches at a time, and remembers 256 documents', async () => {
    const { net, finder } = await setUp();
    const urls = Array.from({ length: 40 }, (_, n) => `${URL}?${n}`);
    const all = await Promise.all(urls.map((url) => finder.find(url, undefined)));
    expect(all.map(statusOf).filter((status) => status === 503)).toHaveLength(8);
    for (let n = 0; n < 256; n++) await finder.find(`${URL}?x${n}`, undefined);
    expect(finder.recall(NIGHT)?.url).toBe(`${URL}?x255`);
    const { fetches } = net;
    await finder.find(`${URL}?x0`, undefined);
    expect(net.fetches).toBe(fetches);
    await finder.find(`${URL}?0`, undefined);
    expect(net.fetches).toBe(fetches + 1);
  });

  test('recognises every name of its own cluster, and no other', async () => {
    const { net, finder } = await setUp();
    const path = '/announcements/radio.example/day.xml';
    for (const host of ['radio.example:8000', 'localhost:8000', '127.0.0.1:8000', '[::1]:8000']) {
      expect(statusOf(await finder.find(`http://${host}${path}`, undefined))).toBe(404);
    }
    expect(statusOf(await finder.find(`http://alias:8000${path}`, 'Alias:8000'))).toBe(404);
    expect(net.fetches).toBe(0);
    await finder.find(`http://radio.example:8001${path}`, undefined);
    expect(net.fetches).toBe(1);
  });
});
