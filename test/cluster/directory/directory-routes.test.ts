/** What `GET /directory` answers. */
import express from 'express';
import { expect, test } from 'vitest';
import type { ClusterStatus } from '../../../src/api/cluster-status.js';
import type { DirectoryAnswer } from '../../../src/api/directory/directory-answer.js';
import type { Board, Listing } from '../../../src/cluster/directory/board.js';
import { directoryRoutes } from '../../../src/cluster/directory/directory-routes.js';
import { afterTest } from '../../after-test.js';
import { SESSION_KEY } from '../../session/signed.js';

const { publicKey: key } = SESSION_KEY;

/** A session that one cluster announces; `slot` is where, and how many listeners it has there. */
function listingOf(name: string, title: string, slot: number, cluster = 'cluster'): Listing {
  const session = { text: `scattercast://a.example/${name}`, creator: 'a.example', session: name };
  const sessions = [{ slot, onAir: slot > 1, listeners: slot }];
  return {
    session: { ...session, key, id: `${session.text}#${key}` },
    announcement: { title, genre: slot > 1 ? 'Jazz' : 'Rock', issuedMs: slot },
    ...{ slot, cluster: { key: cluster, facts: { sessions } } },
  } as never;
}

const statusOf = (more: object) =>
  ({
    session: 'scattercast://a.example/own',
    key,
    path: 'a.example/own',
    scxs: [],
    ...more,
  }) as never;

async function ask(query: string, listings: Listing[], local: object[], carries = true) {
  const board = { listings: () => listings, clusters: () => [], version: 1 } as never as Board;
  const status = () =>
    ({ cluster: { key: 'ours' }, sessions: local.map(statusOf) }) as never as ClusterStatus;
  const app = express();
  const url = 'http://cluster.example:8000';
  app.use(directoryRoutes({ board, url, status, carries, isConnected: () => true }));
  const server = app.listen(0, '127.0.0.1');
  afterTest(() => void server.close());
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as { port: number };
  const response = await fetch(`http://127.0.0.1:${port}/directory${query}`);
  return (await response.json()) as DirectoryAnswer;
}

const titlesOf = ({ sessions }: DirectoryAnswer) => sessions.map(({ title }) => title);

const LISTINGS = [listingOf('a', 'Day', 1), listingOf('b', 'Night', 2), listingOf('c', 'Noon', 3)];

test('The directory tells first what is on the air and heard by many, own sessions among others', async () => {
  const local = [{ title: 'Own', genre: 'Jazz', onAir: true, listeners: 9 }];
  const answer = await ask('', LISTINGS, local);
  expect(titlesOf(answer)).toEqual(['Own', 'Noon', 'Night', 'Day']);
  expect(answer.genres).toEqual([
    { genre: 'jazz', sessions: 3 },
    { genre: 'rock', sessions: 1 },
  ]);
});

test('The directory is searched, and told in parts', async () => {
  expect(titlesOf(await ask('?q=NIGHT%20a.example', LISTINGS, []))).toEqual(['Night']);
  expect(titlesOf(await ask('?genre=Rock', LISTINGS, []))).toEqual(['Day']);
  const part = await ask('?limit=1&offset=1', LISTINGS, []);
  expect([titlesOf(part), part.total]).toEqual([['Night'], 3]);
  const odd = await ask(`?limit=-1&offset=x&q[]=1&genre=${'x'.repeat(5000)}`, LISTINGS, []);
  expect(odd.total).toBe(0);
});

test('The directory tells a session of several clusters once, by its newest announcement', async () => {
  const both = [listingOf('a', 'Old', 2, 'one'), listingOf('a', 'New', 3, 'two')];
  const { sessions } = await ask('', both, []);
  expect(sessions).toMatchObject([{ title: 'New', listeners: 5, announcedAt: ['two', 'one'] }]);
});

test('The directory leaves out what is private or unlisted here, also if others tell of it', async () => {
  const local = [
    { session: 'scattercast://a.example/a', private: true },
    { session: 'scattercast://a.example/b', unlisted: true },
  ];
  expect(titlesOf(await ask('', LISTINGS, local))).toEqual(['Noon']);
});

test('A cluster that carries chosen servers only lists no distant sessions', async () => {
  expect((await ask('', LISTINGS, [], false)).sessions).toEqual([]);
});
