/**
 * A stranger at another address claims the id of a neighbour, with its address or its own, and says
 * what only the neighbour may say. The addresses are those of the loopback network.
 */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Member } from '../../src/gossamer/core/node.js';
import { splitHostPort } from '../../src/lib/host-port.js';
import { encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import { afterTest } from '../after-test.js';
import {
  announce,
  connectRaw,
  eventually,
  idOf,
  neighboursOf,
  type RawPeer,
  type Station,
  sequencesOf,
  startMesh,
  startPublishing,
  startStation,
  strangerHello,
} from '../overlay/support.js';

/** The offer of a peer that has room to add the edge. */
const OFFER = { rttMs: 1, addGainMs: 0, acceptGainMs: null, place: UNKNOWN_COORDINATES };

/** From another address than any SCX here, with the id of one. */
function pretend(to: Station, member: Member, more: object = {}): RawPeer {
  const { address } = to.overlay;
  const peer = connectRaw(
    address,
    connect({ ...splitHostPort(address), localAddress: '127.0.0.9' }),
  );
  peer.send(encodeHello(strangerHello(7, { ...member, ...more })));
  return peer;
}

/** A station with a source, and its child. */
async function startPair(): Promise<[Station, Station]> {
  const [studio, child] = (await startMesh(2)) as [Station, Station];
  await eventually(() => neighboursOf(studio).length === 1);
  announce(studio);
  const stop = startPublishing(studio);
  afterTest(() => void stop());
  await eventually(() => sequencesOf(child).length > 20);
  return [studio, child];
}

test.each([
  ['its address', {}],
  ['another address', { address: '127.0.0.9:9' }],
])('A stranger with the id of a neighbour and %s ends no edge', async (_what, more) => {
  const [studio, child] = await startPair();
  const impostor = pretend(child, studio.overlay.view().self, more);
  impostor.send(encodeMessage({ kind: 'edgeDrop', instead: null }));
  await eventually(() => impostor.isClosed);
  expect(impostor.heard).toMatchObject([{ kind: 'refusal' }]);
  expect(child.overlay.counters.impostors).toBe(1);
  const before = sequencesOf(child).length;
  await eventually(() => sequencesOf(child).length > before + 20);
  expect(child.events.filter(({ kind }) => kind === 'edgeDown')).toEqual([]);
});

test('A stranger with the id of a child does not take its place', async () => {
  const [studio, child] = await startPair();
  const before = sequencesOf(child).length;
  const data = { purpose: 'data', channel: 1 };
  const impostor = pretend(studio, child.overlay.view().self, data);
  await eventually(() => impostor.isClosed);
  expect(impostor.heard).toMatchObject([{ kind: 'refusal' }]);
  await eventually(() => sequencesOf(child).length > before + 20);
  expect(child.events.filter(({ kind }) => kind === 'parentChanged')).toHaveLength(1);
});

test('An SCX whose id and address a stranger has taken before gets its edge', async () => {
  const studio = await startStation(1);
  const other = await startStation(2);
  const { self } = other.overlay.view();
  const impostor = pretend(studio, self);
  impostor.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(studio).includes(other.id));
  // The true one comes from the address that it names.
  const address = studio.overlay.address;
  const owner = connectRaw(address);
  owner.send(encodeHello(strangerHello(7, self)));
  owner.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => impostor.isClosed);
  expect(neighboursOf(studio)).toEqual([other.id]);
});

test('A stranger that came with the id before the neighbour did is closed when the edge is made', async () => {
  const studio = await startStation(1);
  const self = { ...studio.overlay.view().self, id: idOf(2) };
  const impostor = pretend(studio, self as Member, { address: '127.0.0.9:9' });
  await eventually(() => impostor.heard.some(({ kind }) => kind === 'hello'));
  const other = await startStation(2, [studio.overlay.address]);
  await eventually(() => neighboursOf(studio).includes(other.id));
  await eventually(() => impostor.isClosed);
  expect(neighboursOf(other)).toContain(studio.id);
});
