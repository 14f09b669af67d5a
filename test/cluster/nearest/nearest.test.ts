/** Whom a cluster trusts with its listeners, and how often it guesses. */
import { expect, test } from 'vitest';
import { createNearest, type OnEarth, type Trust } from '../../../src/cluster/nearest/nearest.js';
import type { TrustedCluster } from '../../../src/cluster/nearest/trusted-clusters.js';
import { createRng } from '../../../src/lib/rng.js';
import { createOwnNetworks } from '../../../src/locating/own-networks.js';
import { createSeenNetworks } from '../../../src/locating/seen-networks.js';
import type { PublicKey } from '../../../src/session/public-key.js';

const [OWN, ONE, OTHER] = ['own', 'one', 'other'] as unknown as [PublicKey, PublicKey, PublicKey];
const HOUR_MS = 3_600_000;
const place = (x: number) => ({ x, y: 0, height: 0, error: 0.1 });

const clusterOf = (key: PublicKey, x: number): TrustedCluster => ({
  ...{ key, url: `http://${key}.example:8000`, rttMs: 2 * x },
  facts: { place: place(x) } as TrustedCluster['facts'],
});

function open(trust: Trust, members: readonly PublicKey[] = [], earth?: OnEarth) {
  const time = { now: 0 };
  const clusters = [clusterOf(ONE, 50), clusterOf(OTHER, 60)];
  const nearest = createNearest({
    ...{ ownKey: OWN, trust, members: () => members, place: () => place(0), earth },
    ...{ own: createOwnNetworks(), seen: createSeenNetworks(createRng(1)) },
    ...{ clusters: () => clusters, now: () => time.now },
  });
  return { nearest, time, clusters };
}

const PRIVACY = { clusters: [OWN, OTHER], revoked: [] };
const SEEKER = { address: '192.0.2.7', privacy: undefined };

test('Trusted are the clusters that the operator names, or that the directory lists', () => {
  expect(open([ONE, OWN]).nearest.trusted(undefined)).toEqual([ONE]);
  expect(open('directory', [OTHER, OWN]).nearest.trusted(undefined)).toEqual([OTHER]);
  expect(open('directory').nearest.trusted(undefined)).toEqual([]);
});

test('Of a private session the station decides, unless no listener is to be sent away', () => {
  expect(open([ONE]).nearest.trusted(PRIVACY)).toEqual([OTHER]);
  expect(open([]).nearest.trusted(PRIVACY)).toEqual([]);
  const { nearest, clusters } = open([ONE]);
  nearest.onSeen('192.0.2.0', '192.0.2.1', 120);
  for (const cluster of clusters) nearest.onTold(cluster, [['192.0.2.0', 5]]);
  const keysFor = (privacy?: typeof PRIVACY) =>
    nearest.nearer({ ...SEEKER, privacy }).map(({ key }) => key);
  expect(keysFor()).toEqual([ONE]);
  expect(keysFor(PRIVACY)).toEqual([OTHER]);
});

test('A cluster that is only expected to be near is tried ten times an hour, until it tells', () => {
  const { nearest, time, clusters } = open([ONE]);
  const [one] = clusters as [TrustedCluster];
  nearest.onSeen('192.0.2.0', '192.0.2.1', 100);
  const sent = () => {
    const [to] = nearest.nearer(SEEKER);
    if (to !== undefined) nearest.onSent(SEEKER, to);
    return to?.key;
  };
  expect(Array.from({ length: 10 }, sent)).toEqual(Array.from({ length: 10 }, () => ONE));
  expect(sent()).toBeUndefined();
  time.now = HOUR_MS;
  expect(sent()).toBe(ONE);
  nearest.onTold(one, [['192.0.2.0', 40]]);
  expect(Array.from({ length: 20 }, sent)).toEqual(Array.from({ length: 20 }, () => ONE));
});

test('Nobody is sent away by an address that says nothing of where it is', () => {
  const { nearest, clusters } = open([ONE]);
  nearest.onSeen('127.0.0.0', '127.0.0.1', 100);
  for (const cluster of clusters) nearest.onTold(cluster, [['127.0.0.0', 1]]);
  expect(nearest.nearer({ ...SEEKER, address: '127.0.0.1' })).toEqual([]);
  expect(nearest.nearer({ ...SEEKER, address: '' })).toEqual([]);
});

/** We are in FR; the listeners of 192.0.2.0 and both other clusters are in DE. */
const EARTH: OnEarth = {
  ownUrl: 'http://own.example:8000',
  placeOf: (address) => (address === '192.0.2.0' ? { country: 'DE' } : undefined),
  placeOfCluster: (url) => ({ country: url.includes('own.') ? 'FR' : 'DE' }),
};

test('By a database of addresses the trusted clusters in the country of a listener are nearer', () => {
  const keysFor = (
    trust: Trust,
    seeker: Parameters<ReturnType<typeof open>['nearest']['nearer']>[0],
  ) =>
    open(trust, [], EARTH)
      .nearest.nearer(seeker)
      .map(({ key }) => key);
  expect(keysFor([ONE], SEEKER)).toEqual([ONE]);
  expect(keysFor([ONE], { ...SEEKER, privacy: PRIVACY })).toEqual([OTHER]);
  expect(keysFor([], SEEKER)).toEqual([]);
  expect(keysFor([ONE], { ...SEEKER, address: '203.0.113.9' })).toEqual([]);
  expect(open([ONE]).nearest.nearer(SEEKER)).toEqual([]);
});

test('A guess by a database is repeated as rarely as any other, and ends when the network is seen', () => {
  const { nearest } = open([ONE], [], EARTH);
  const sent = () => {
    const [to] = nearest.nearer(SEEKER);
    if (to !== undefined) nearest.onSent(SEEKER, to);
    return to?.key;
  };
  expect(Array.from({ length: 11 }, sent)).toEqual([...Array(10).fill(ONE), undefined]);
  const { nearest: another } = open([ONE], [], EARTH);
  another.onSeen('192.0.2.0', '192.0.2.1', 3);
  expect(another.nearer(SEEKER)).toEqual([]);
});
