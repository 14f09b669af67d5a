/** Listeners are sent to the cluster that is nearer to them, once, and only if it can serve them. */
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { NetworksAnswer } from '../../../src/api/directory/networks-answer.js';
import { FROM_CLUSTER_FIELD } from '../../../src/cluster/nearest/ask-for-listener.js';
import { tinyMmdb } from '../../runtime/system/tiny-mmdb.js';
import { announcementXml, idOf, temporaryFolder, until } from '../support.js';
import { isOf, network, openNeighbours, portOf } from './neighbours.js';

const NET = '198.51.100';
const NEWCOMER = `${NET}.200`;

/** The network is 120 ms from the first cluster, and 5 ms from the other. */
async function withFarListeners(options: Parameters<typeof openNeighbours>[0] = {}) {
  const both = await openNeighbours(options);
  await both.first.show(...network(NET, 120));
  await both.other.show(...network(NET, 5));
  return both;
}

type Both = Awaited<ReturnType<typeof withFarListeners>>;

/** Waits until the first cluster has been told, and sends listeners on; resolves to its answer. */
async function untilSent({ first, other }: Both): Promise<Response> {
  for (;;) {
    const response = await first.ask(NEWCOMER);
    if (isOf(other, portOf(response))) return response;
  }
}

test('A listener is sent to an SCX of the cluster that is nearer, in one step', async () => {
  const both = await withFarListeners();
  const { first } = both;
  const { status, headers } = await untilSent(both);
  expect(status).toBe(302);
  expect(headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:212\d\d\/night\.mp3$/);
  expect(headers.get('cache-control')).toBe('no-store');
  const metrics = await (await first.get('/metrics')).text();
  expect(metrics).toMatch(/listeners_sent_total\{why="nearer"\} [1-9]/);
});

test('A listener stays where it asked if nothing better is known, or it cannot be sent', async () => {
  const both = await withFarListeners();
  const { first, other } = both;
  await other.show(...network(NET, 5), ...network('203.0.113', 20));
  await first.show(...network(NET, 120), ...network('203.0.113', 25));
  await first.publish(
    'radio.example/day',
    announcementXml(idOf('scattercast://radio.example/day')),
  );
  await untilSent(both);
  const marked = { [FROM_CLUSTER_FIELD]: other.key };
  const day = await first.ask(NEWCOMER, {}, '/listen/radio.example/day.mp3');
  const ports = {
    unknownNetwork: await first.sentTo('192.0.2.9'),
    ownMachine: await first.sentTo('127.0.0.1'),
    hardlyNearer: await first.sentTo('203.0.113.9'),
    sentByACluster: await first.sentTo(NEWCOMER, marked),
    sessionUnknownThere: portOf(day),
  };
  for (const [why, port] of Object.entries(ports)) expect(isOf(first, port), why).toBe(true);
  // Its SCX is an object of this process, so the front end cannot pass the stream on.
  expect(await first.sentTo(NEWCOMER, { 'user-agent': 'ESP8266HTTPClient' })).toBe(502);
});

test('A listener stays, at once, when the nearer cluster has no room', async () => {
  const both = await withFarListeners({ other: { maxListenersPerSession: 1 } });
  await untilSent(both);
  expect(isOf(both.first, await both.first.sentTo(NEWCOMER))).toBe(true);
});

test('A listener stays when the nearer cluster is gone', async () => {
  const both = await withFarListeners();
  await untilSent(both);
  await both.other.cluster.close();
  expect(isOf(both.first, await both.first.sentTo(NEWCOMER))).toBe(true);
});

test('A listener is sent to another cluster instead of an error when this one is full', async () => {
  const { first, other } = await openNeighbours({ first: { maxListenersPerSession: 1 } });
  await first.platform.renew(first.platform.launches[0]?.id ?? '', { listeners: 1 });
  await until(async () => isOf(other, await first.sentTo('203.0.113.9')));
  const metrics = await (await first.get('/metrics')).text();
  expect(metrics).toMatch(/listeners_sent_total\{why="full"\} [1-9]/);
  const marked = { [FROM_CLUSTER_FIELD]: other.key };
  expect(await first.sentTo('203.0.113.9', marked)).toBe(503);
});

test('A listener of a network that nobody has seen is sent to its country, by a database', async () => {
  const places = `${temporaryFolder()}/places.mmdb`;
  const networks = { '127.0.0.1': 'DE', '127.0.0.2': 'FR', 203: 'DE', 198: 'FR' };
  const records = Object.entries(networks).map(([net, code]) => [net, { country_code: code }]);
  writeFileSync(places, tinyMmdb(Object.fromEntries(records)));
  const { first, other } = await openNeighbours({ first: { places, host: '127.0.0.2' } });
  await until(async () => isOf(other, await first.sentTo('203.0.113.9')));
  for (const address of [NEWCOMER, '192.0.2.9']) {
    expect(isOf(first, await first.sentTo(address)), address).toBe(true);
  }
  // What was seen says more.
  await first.show(...network('203.0.113', 3));
  expect(isOf(first, await first.sentTo('203.0.113.9'))).toBe(true);
});

test('Clusters tell each other networks of several listeners, and nothing that is one listener', async () => {
  const trustedProxies = ['127.0.0.0/8', '203.0.113.0/24'];
  const { first } = await openNeighbours({ first: { trustedProxies } });
  const ask = async (query = ''): Promise<NetworksAnswer> =>
    (await (await first.get(`/directory/networks${query}`)).json()) as NetworksAnswer;
  const oneOfIpv6 = { address: '2001:db8:1:2::3', rttMs: 9 };
  const ofProxy = network('203.0.113', 7);
  await first.show(...network(NET, 12, 2), ...network('192.0.2', 30.4), oneOfIpv6, ...ofProxy);
  const told = await ask();
  expect(told).toMatchObject({ cluster: first.key, networks: [['192.0.2.0', 30]] });
  await first.show(...network(NET, 11));
  expect((await ask(`?since=${told.version}`)).networks).toEqual([['198.51.100.0', 11]]);
});

test('The clusters that a private directory lists are trusted', async () => {
  const both = await openNeighbours({ trust: 'directory', isPrivate: true });
  await both.first.show(...network(NET, 120));
  await both.other.show(...network(NET, 5));
  await untilSent(both);
});
