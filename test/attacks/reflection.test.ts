/**
 * Strangers name addresses: in announcements, in gossip, in HELLOs. An SCX that is led to a server
 * that is no SCX leaves it alone soon, and never connects to where its operator forbids it.
 */
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Address } from '../../src/gossamer/core/node.js';
import { OVERLAY_LIMITS } from '../../src/overlay/sockets/limits.js';
import { encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import { afterTest } from '../after-test.js';
import {
  connectRaw,
  eventually,
  idOf,
  neighboursOf,
  type Station,
  startMesh,
  startStation,
  strangerHello,
} from '../overlay/support.js';

/** A host whose ports are no SCXs; it counts the connections. */
async function startBystander(ports: number) {
  const servers = Array.from({ length: ports }, () => createServer((socket) => socket.destroy()));
  let connections = 0;
  const listen = (server: Server): Promise<Address> =>
    new Promise((done) => {
      server.on('connection', () => connections++);
      server.listen(0, '127.0.0.7', () => {
        done(`127.0.0.7:${(server.address() as AddressInfo).port}` as Address);
      });
    });
  const addresses = await Promise.all(servers.map(listen));
  afterTest(async () => {
    await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  });
  return { addresses, connections: () => connections };
}

/** Tells an SCX of members at these addresses. */
async function gossip(station: Station, addresses: readonly Address[]): Promise<void> {
  const liar = connectRaw(station.overlay.address);
  liar.send(encodeHello(strangerHello(7)));
  await eventually(() => liar.heard.length > 0);
  const members = addresses.map((address, index) => ({
    member: { id: idOf(1000 + index), address, incarnation: Date.now(), rendezvous: false },
    place: UNKNOWN_COORDINATES,
  }));
  const list = { members, deaths: [], generator: null, digest: null };
  liar.send(encodeMessage({ kind: 'discoveryResponse', ...list }));
}

test('Gossiped members make an SCX connect to a host as often as its budget allows, whatever the port', async () => {
  const limits = { ...OVERLAY_LIMITS, targetBurst: 5, targetIntervalMs: 1e9 };
  const [station, other] = (await startMesh(2, { limits })) as [Station, Station];
  const bystander = await startBystander(40);
  await gossip(station, bystander.addresses);
  const { counters } = station.overlay;
  await eventually(() => counters.connectsOverBudget > 10);
  // The other SCX has heard of them from this one.
  await eventually(() => other.overlay.counters.connectsOverBudget > 10);
  expect(bystander.connections()).toBeLessThanOrEqual(2 * limits.targetBurst);
  expect(neighboursOf(station)).toContain(other.id);
});

test('An SCX at a public address is not led to a private one, and one with --allow-private is', async () => {
  const bystander = await startBystander(1);
  const [location = ''] = bystander.addresses;
  const options = { advertiseHost: '1.1.1.1', allowPrivate: false };
  const careful = await startStation(1, [location], options);
  await eventually(() => careful.overlay.counters.connectsForbidden > 1);
  expect(bystander.connections()).toBe(0);
  await startStation(2, [location], { ...options, allowPrivate: true });
  await eventually(() => bystander.connections() > 0);
});
