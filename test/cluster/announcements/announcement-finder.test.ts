import { describe, expect, test } from 'vitest';
import { createFinder } from '../../../src/cluster/announcements/announcement-finder.js';
import { openAnnouncements } from '../../../src/cluster/announcements/announcement-store.js';
import { openLearned } from '../../../src/cluster/announcements/learned-announcements.js';
import type { guardedFetch } from '../../../src/http/client/guarded-fetch.js';
import { FetchProblem } from '../../../src/http/client/guarded-request.js';
import { afterTest } from '../../after-test.js';
import { announcementXml, NIGHT, quiet, temporaryFolder } from '../support.js';

/** Later than the announcements of the test are issued. */
const WALL = Date.now() + 300_000;
const URL = 'http://web.example/night.xml';

/**
 * A finder with a clock and a network that the test controls. `wall`: what the system's clock says
 * when `now` is 0.
 */
async function setUp(folder = temporaryFolder(), wall = WALL) {
  const net = { now: 0, fetches: 0, body: announcementXml(NIGHT), problem: false };
  const fetch: typeof guardedFetch = async (url) => {
    net.fetches++;
    if (net.problem) throw new FetchProblem('unreachable', 'no');
    return { url, status: 200, body: net.body, contentType: '', headers: {} };
  };
  const store = await openAnnouncements(folder, quiet);
  const learned = await openLearned(folder, quiet);
  afterTest(() => learned.close());
  const now = () => net.now;
  const wallNow = () => wall + net.now;
  const url = 'http://radio.example:8000';
  const options = { store, learned, url, allowPrivate: false, fetch, now, wallNow };
  return { net, learned, options, finder: createFinder(options) };
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
    const at = (server: string | number) => `http://s${server}.example/night.xml`;
    const urls = Array.from({ length: 40 }, (_, n) => at(n));
    const all = await Promise.all(urls.map((url) => finder.find(url, undefined)));
    expect(all.map(statusOf).filter((status) => status === 503)).toHaveLength(8);
    for (let n = 0; n < 256; n++) await finder.find(at(`x${n}`), undefined);
    expect(finder.recall(NIGHT)?.url).toMatch(/^http:\/\/s\d+\.example/); // the others are copies
    const { fetches } = net;
    await finder.find(at('x0'), undefined);
    expect(net.fetches).toBe(fetches);
    await finder.find(at('0'), undefined);
    expect(net.fetches).toBe(fetches + 1);
  });

  test('makes at most 8 fetches at a time for one client, or from one server', async () => {
    const { finder } = await setUp();
    const all = (find: (n: number) => ReturnType<typeof finder.find>) =>
      Promise.all(Array.from({ length: 20 }, (_, n) => find(n)));
    const at = (n: number) => `http://s${n}.example/night.xml`;
    const ofClient = await all((n) => finder.find(at(n), undefined, `2001:db8::${n + 1}`));
    expect(ofClient.map(statusOf).filter((status) => status === 200)).toHaveLength(8);
    const ofServer = await all((n) => finder.find(`${URL}?${n}`, undefined, `198.51.100.${n}`));
    expect(ofServer.map(statusOf).filter((status) => status === 200)).toHaveLength(8);
    expect(statusOf(await finder.find(at(99), undefined, '203.0.113.9'))).toBe(200);
  });

  test('fetches from the servers only that the operator has chosen', async () => {
    const { net, finder, options } = await setUp();
    await finder.find(URL, undefined);
    const { fetches } = net;
    for (const carryFrom of [[], ['other.example'], ['radio.example:81']]) {
      const picky = createFinder({ ...options, carryFrom });
      expect(statusOf(await picky.find(URL, undefined))).toBe(403);
      expect(picky.recall(NIGHT)).toBeUndefined();
    }
    expect(net.fetches).toBe(fetches);
    const open = createFinder({ ...options, carryFrom: [new globalThis.URL(URL).host] });
    expect(statusOf(await open.find(URL, undefined))).toBe(200);
  });

  test('knows after a restart what it fetched, and uses it for an hour without its server', async () => {
    const folder = temporaryFolder();
    const first = await setUp(folder);
    first.net.body = announcementXml(NIGHT, 'Before the restart');
    await first.finder.find(URL, undefined);
    await first.learned.saved();

    const second = await setUp(folder, WALL + 1_800_000);
    expect(second.finder.recall(NIGHT)).toMatchObject({
      ...{ url: URL, isPublished: false, announcement: { title: 'Before the restart' } },
    });
    second.net.problem = true;
    expect(statusOf(await second.finder.find(URL, undefined))).toBe(200);
    expect(second.net.fetches).toBe(1);
    second.net.now = 1_800_001;
    expect(statusOf(await second.finder.find(URL, undefined))).toBe(502);
    second.net.problem = false;
    second.net.now += 2001;
    second.net.body = announcementXml(NIGHT, 'After it');
    await second.finder.find(URL, undefined);
    expect(second.finder.recall(NIGHT)?.announcement.title).toBe('After it');
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
