import { once } from 'node:events';
import { copyFileSync, existsSync } from 'node:fs';
import type { Server } from 'node:http';
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
import { afterTest } from '../../after-test.js';
import { fetchProven } from '../../http/proven.js';
import { announcementIn } from '../../session/signed.js';
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
