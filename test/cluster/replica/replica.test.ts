import { once } from 'node:events';
import { copyFileSync, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, test, vi } from 'vitest';
import { openAnnouncements } from '../../../src/cluster/announcements/announcement-store.js';
import { NOTHING_SET_UP, type Owner } from '../../../src/cluster/announcements/owner.js';
import { openFallbackFiles } from '../../../src/cluster/fallback/fallback-files.js';
import { replicaOf } from '../../../src/cluster/replica/replica.js';
import { replicaRoutes } from '../../../src/cluster/replica/replica-routes.js';
import { startReplicator } from '../../../src/cluster/replica/replicator.js';
import { createProofCheck } from '../../../src/http/cluster-proof.js';
import { unseal } from '../../../src/runtime/sealed-text.js';
import { printAnnouncement } from '../../../src/session/print-announcement.js';
import { afterTest } from '../../after-test.js';
import { answerProven, fetchProven } from '../../http/proven.js';
import { announcementIn, signed } from '../../session/signed.js';
import { announcementXml, quiet, temporaryFolder } from '../support.js';

const SECRET = 'the secret of the cluster';
const NIGHT = 'scattercast://radio.example/night';
const FILE = '00000000-0000-4000-8000-000000000000.mp3';
const HOOKS: Owner = { webhooks: ['http://hook.example/'], webhookSecret: 'whispered' };

const publishedOf = (title: string, owner: Owner = NOTHING_SET_UP) => {
  const xml = announcementXml(NIGHT, title);
  return { announcement: announcementIn(xml), xml, owner };
};

/** A front end, as far as it holds announcements, and tells others. */
async function openFrontEnd(urls: string[]) {
  const folder = temporaryFolder();
  const store = await openAnnouncements(folder, quiet);
  const fallbacks = await openFallbackFiles(folder, store);
  const told: string[] = [];
  const replicator = startReplicator({
    ...{ secret: SECRET, store, fallbacks, log: quiet, now: () => performance.now() },
    frontEnds: () => urls,
    imageFinder: { fill: async (hash) => void told.push(`wants ${hash}`) },
    onPublished: ({ title }) => told.push(`published ${title}`),
    onWithdrawn: async ({ title }) => void told.push(`withdrawn ${title}`),
  });
  const app = express();
  const proofs = createProofCheck(SECRET);
  app.use(replicaRoutes({ proofs, secret: SECRET, id: replicator.id, store, fallbacks }));
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  urls.push(url);
  afterTest(() => {
    replicator.close();
    server.closeAllConnections();
    server.close();
  });
  return { folder, store, fallbacks, told, replicator, url };
}

const openTwo = async () => {
  const urls: string[] = [];
  return [await openFrontEnd(urls), await openFrontEnd(urls)] as const;
};

/** A second passes between two readings. */
const soon = <T>(check: () => T) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

describe('What is published at one front end of a cluster', () => {
  test('is at the others as well, with what its owner has set up', async () => {
    const [one, other] = await openTwo();
    await one.store.put(publishedOf('first', HOOKS));
    await soon(() => expect(replicaOf(other.store)).toEqual(replicaOf(one.store)));
    expect(other.store.get(NIGHT)?.owner).toMatchObject(HOOKS);
    await other.store.put(publishedOf('second', { ...HOOKS, webhooks: [] }));
    await soon(() => expect(one.store.get(NIGHT)?.announcement.title).toBe('second'));
    expect(one.store.get(NIGHT)?.owner.webhooks).toEqual([]);
    expect(one.told).toEqual(['published second']);
  });

  test('is there with its fallback file', async () => {
    const [one, other] = await openTwo();
    copyFileSync('web/demo/clip.mp3', one.fallbacks.pathOf(FILE));
    const fallback = { file: FILE, title: 'later', bytes: 1, seed: 'A'.repeat(43) };
    await one.store.put(publishedOf('first', { webhooks: [], fallback }));
    await soon(() => expect(other.store.get(NIGHT)?.owner.fallback).toEqual(fallback));
    expect(existsSync(other.fallbacks.pathOf(FILE))).toBe(true);
    await other.fallbacks.sweep();
    expect(existsSync(other.fallbacks.pathOf(FILE))).toBe(true);
  });

  test('is withdrawn at all, and does not come back from one that was away', async () => {
    const [one, other] = await openTwo();
    const published = publishedOf('first');
    await one.store.put(published);
    await soon(() => expect(other.store.all()).toHaveLength(1));
    await other.store.remove(published.announcement.name);
    await soon(() => expect(one.store.all()).toEqual([]));
    expect(one.told).toEqual(['withdrawn first']);
    expect((await one.store.take(published)).kind).toBe('withdrawn');
  });

  test('is kept by a front end that holds the later one', async () => {
    const [one, other] = await openTwo();
    const older = publishedOf('older');
    await other.store.put(publishedOf('newer'));
    await one.store.put(older);
    await soon(() => expect(one.store.get(NIGHT)?.announcement.title).toBe('newer'));
    expect(other.told).toEqual([]);
  });
});

/** A front end, as far as it tells its time. */
async function openClock(aheadMs: number) {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    response.setHeader('x-scattercast-front-end', `clock ${aheadMs}`);
    response.setHeader('x-scattercast-time', `${Date.now() + aheadMs}`);
    answerProven(SECRET, request, response, { status: 204 });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked: () => asked };
}

describe('The time of a cluster', () => {
  const HOUR_MS = 3_600_000;
  test.each([
    ['of most front ends, when this clock is ahead', [-HOUR_MS, -HOUR_MS], -HOUR_MS],
    ['of most front ends, when this clock is behind', [HOUR_MS, HOUR_MS], HOUR_MS],
    ['that of this machine, when another clock is off', [HOUR_MS, 0], 0],
    ['the earlier one of two, which nobody refuses', [-HOUR_MS], -HOUR_MS],
    ['that of this machine, when it is the earlier one of two', [HOUR_MS], 0],
  ])('is %s', async (_which, clocks, expected) => {
    const others = await Promise.all(clocks.map(openClock));
    const { replicator } = await openFrontEnd(others.map(({ url }) => url));
    // Those that are asked again have answered.
    await soon(() => expect(Math.min(...others.map(({ asked }) => asked()))).toBeGreaterThan(1));
    expect(Math.round(replicator.aheadMs() / 60_000) * 60_000).toBe(expected);
  });

  test('is that by which what others have is believed, and a refusal is logged once', async () => {
    const [one, other] = await openTwo();
    const warn = vi.spyOn(quiet, 'warn');
    const announcement = signed(publishedOf('x').announcement, undefined, Date.now() + HOUR_MS);
    const xml = printAnnouncement(announcement);
    await one.store.put({ announcement, xml, owner: NOTHING_SET_UP });
    const why = expect.stringMatching(/in the future, at .*, 3\d{3} s ahead of the clock here/);
    const { url } = one;
    await soon(() => expect(warn.mock.calls.map(([what]) => what)).toContainEqual({ url, why }));
    expect(other.store.get(NIGHT)).toBeUndefined();
  });
});

describe('Of several front ends', () => {
  test('one leads, and another one when that is away', async () => {
    const [one, other] = await openTwo();
    await soon(() => expect([one, other].filter((each) => each.replicator.leads()).length).toBe(1));
  });

  test('none leads before it has heard of the others, as they may know what it does not', async () => {
    const urls = ['http://127.0.0.1:1']; // as a front end that does not answer yet
    const { replicator } = await openFrontEnd(urls);
    expect(replicator.leads()).toBe(false);
    await soon(() => expect(replicator.leads()).toBe(true));
  });
});

describe('A replica', () => {
  test('is told to nobody who does not prove that they know the secret', async () => {
    const [one] = await openTwo();
    await one.store.put(publishedOf('first', HOOKS));
    for (const path of ['/replica', `/replica/fallbacks/${FILE}?from=0`]) {
      expect((await fetch(`${one.url}${path}`)).status).toBe(401);
      expect((await fetchProven('guessed', `${one.url}${path}`)).status).toBe(401);
    }
  });

  test('is sealed, as it contains secrets', async () => {
    const [one] = await openTwo();
    await one.store.put(publishedOf('first', HOOKS));
    const answer = await fetchProven(SECRET, `${one.url}/replica`);
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain('whispered');
    expect(unseal(SECRET, text)).toContain('whispered');
  });

  test('leads to no file but fallback files', async () => {
    const [one] = await openTwo();
    for (const file of ['..%2Fannouncements%2Fwithdrawn.json', FILE]) {
      const url = `${one.url}/replica/fallbacks/${file}?from=0`;
      expect((await fetchProven(SECRET, url)).status).toBe(404);
    }
  });
});
