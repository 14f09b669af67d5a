import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Address, NodeId, SourceId } from '../../src/gossamer/core/node.js';
import { UserError } from '../../src/lib/user-error.js';
import {
  announce,
  createAdu,
  createAdus,
  eventually,
  idOf,
  neighboursOf,
  SOURCE,
  type Station,
  sequencesOf,
  sourceOf,
  startMesh,
  startPublishing,
  startStation,
} from './support.js';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const parentOf = ({ overlay }: Station, channel = 1): NodeId | undefined =>
  overlay.view().sources[0]?.flows.find((flow) => flow.channel === channel)?.parent;

const childrenOf = ({ overlay }: Station): readonly NodeId[] =>
  overlay.view().sources[0]?.flows.find((flow) => flow.channel === 1)?.children ?? [];

const areFed = (others: readonly Station[]): boolean =>
  others.every((station) => parentOf(station) !== undefined);

test('overlays form a mesh, and each delivers every ADU of both channels in order', async () => {
  const mesh = await startMesh(6);
  const [studio, ...others] = mesh as [Station, ...Station[]];
  announce(studio);
  const areSubscribed = (): boolean =>
    others.every((station) => parentOf(station, 1) && parentOf(station, 2));
  // A parent answers a subscription only once it has an ADU to begin with.
  for (const channel of [1, 2]) {
    studio.overlay.feed({ kind: 'publish', adu: createAdu(0, 100, channel) });
  }
  await eventually(areSubscribed);
  for (let sequence = 1; sequence < 200; sequence++) {
    studio.overlay.feed({ kind: 'publish', adu: createAdu(sequence) });
    if (sequence % 20 > 0) continue;
    const title = createAdu(sequence / 20, 100, 2);
    studio.overlay.feed({ kind: 'publish', adu: title });
  }
  const hasAll = (station: Station): boolean =>
    sequencesOf(station).length === 200 && sequencesOf(station, 2).length === 10;
  await eventually(() => others.every(hasAll));
  for (const station of mesh) {
    expect(sequencesOf(station)).toEqual(upTo(200));
    expect(sequencesOf(station, 2)).toEqual(upTo(10));
    expect(station.delivered.find((adu) => adu.sequence === 150)?.payload).toEqual(
      createAdu(150).payload,
    );
  }
  const { counters } = studio.overlay;
  expect(Object.values(counters.malformedFrames).every((count) => count === 0)).toBe(true);
  expect(counters.dataBytesOut).toBeGreaterThan(200 * 417);
  expect(counters.overflows).toBe(0);
});

test('two overlays are parents of each other, and the end of one source does not disturb the other', async () => {
  const [first, second] = (await startMesh(2)) as [Station, Station];
  const other = { ...SOURCE, id: sourceOf('b') };
  announce(first);
  announce(second, other);
  const of = (station: Station, source: SourceId): number[] =>
    station.delivered.filter((adu) => adu.source === source).map((adu) => adu.sequence);
  let count = 0;
  const timer = setInterval(() => {
    const numbers = [count++];
    for (const adu of createAdus(numbers)) first.overlay.feed({ kind: 'publish', adu });
    for (const adu of createAdus(numbers, { source: other.id })) {
      second.overlay.feed({ kind: 'publish', adu });
    }
  }, 10);
  onTestFinished(() => clearInterval(timer));
  await eventually(() => of(second, SOURCE.id).length > 20 && of(first, other.id).length > 20);
  second.overlay.feed({ kind: 'withdrawSource', source: other.id });
  await eventually(() => first.events.some((event) => event.kind === 'sourceDown'));
  // Its connections close once the last ADUs have had time to arrive.
  await eventually(() => first.overlay.view().sources.length === 1);
  const then = count;
  await eventually(() => (of(second, SOURCE.id).at(-1) ?? 0) > then + 20);
  clearInterval(timer);
  await eventually(() => of(second, SOURCE.id).at(-1) === count - 1);
  const sequences = of(second, SOURCE.id);
  expect(sequences).toEqual(upTo(count).slice(sequences[0]));
  expect([...first.events, ...second.events].map((e) => e.kind)).not.toContain('missed');
});

test('an overlay that dies costs the others no ADU', async () => {
  const mesh = await startMesh(6);
  const [studio, ...others] = mesh as [Station, ...Station[]];
  announce(studio);
  const stop = startPublishing(studio);
  onTestFinished(() => void stop());
  await eventually(() => areFed(others));
  const first = others.map((station) => sequencesOf(station).at(-1) ?? 0);
  await eventually(() =>
    others.every((s, index) => sequencesOf(s).length > 50 + (first[index] ?? 0)),
  );

  const relay = others.find((station) => childrenOf(station).length > 0) ?? (others[0] as Station);
  const orphans = childrenOf(relay);
  await relay.overlay.close();
  const survivors = others.filter((station) => station !== relay);
  await eventually(() =>
    survivors.every((station) => station.events.some((event) => event.kind === 'memberFailed')),
  );
  await eventually(() => survivors.every((station) => parentOf(station) !== relay.id));
  const then = sequencesOf(studio).length;
  await eventually(() => survivors.every((s) => (sequencesOf(s).at(-1) ?? 0) > then + 50));
  const count = stop();
  await eventually(() => survivors.every((s) => sequencesOf(s).at(-1) === count - 1));
  for (const station of survivors) {
    const sequences = sequencesOf(station);
    expect(sequences, `${station.id}, orphans ${orphans}`).toEqual(upTo(count).slice(sequences[0]));
    expect(station.events.filter((event) => event.kind === 'missed')).toEqual([]);
  }
});

test('an overlay that leaves is known to have left, and its children miss nothing', async () => {
  const mesh = await startMesh(4);
  const [studio, ...others] = mesh as [Station, ...Station[]];
  announce(studio);
  const stop = startPublishing(studio);
  onTestFinished(() => void stop());
  await eventually(() => areFed(others));
  const leaver = others.find((station) => childrenOf(station).length > 0) ?? (others[0] as Station);
  await leaver.overlay.leave();
  expect(leaver.overlay.view().state).toBe('left');
  await leaver.overlay.close();
  const survivors = others.filter((station) => station !== leaver);
  const heardOf = (station: Station): string[] =>
    station.events.flatMap((event) =>
      (event.kind === 'memberLeft' || event.kind === 'memberFailed') &&
      event.member.id === leaver.id
        ? [event.kind]
        : [],
    );
  await eventually(() => survivors.every((station) => heardOf(station).length > 0));
  const count = stop();
  await eventually(() => survivors.every((s) => sequencesOf(s).at(-1) === count - 1));
  for (const station of survivors) {
    expect(heardOf(station)).toEqual(['memberLeft']);
    const sequences = sequencesOf(station);
    expect(sequences).toEqual(upTo(count).slice(sequences[0]));
  }
});

test('an overlay that is closed leaves at once, and may be closed again', async () => {
  const station = await startStation(1);
  await station.overlay.close();
  await station.overlay.close();
  await station.overlay.leave();
  announce(station);
  expect(station.overlay.view().sources).toEqual([]);
});

test('an overlay that restarts on its port with a new id is found again', async () => {
  const [first, second] = (await startMesh(2)) as [Station, Station];
  const port = Number(first.overlay.address.split(':')[1]);
  await first.overlay.close();
  const again = await startStation(9, [], { listenPort: port });
  expect(again.overlay.address).toBe(first.overlay.address);
  await eventually(() => neighboursOf(second).includes(again.id));
});

test('an overlay that replaces one that died asks its neighbours, and needs no rendezvous point', async () => {
  const [first, second] = (await startMesh(2)) as [Station, Station];
  announce(first);
  const stop = startPublishing(first);
  onTestFinished(() => void stop());
  await eventually(() => second.delivered.length > 0);
  const formerEdges = second.overlay.view().neighbours;
  await second.overlay.close();
  const again = await startStation(9, ['http://127.0.0.1:1/nobody'], { formerEdges });
  await eventually(() => again.delivered.length > 0);
});

test('a rendezvous point is located through the URL of a front end', async () => {
  const rendezvous = await startStation(1);
  const asked: string[] = [];
  const frontEnd = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.end(JSON.stringify({ address: rendezvous.overlay.address, since: 1 }));
  });
  await new Promise<void>((ready) => frontEnd.listen(0, '127.0.0.1', ready));
  onTestFinished(() => void frontEnd.close());
  const { port } = frontEnd.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/rendezvous/news`;
  const guest = await startStation(2, [url]);
  await eventually(() => neighboursOf(guest).includes(rendezvous.id));
  expect(asked[0]).toBe('/rendezvous/news');
});

test('a location that cannot be reached is tried again, at growing intervals', async () => {
  const gone = await startStation(1);
  await gone.overlay.close();
  const port = Number(gone.overlay.address.split(':')[1]);
  const guest = await startStation(2, [gone.overlay.address, 'http://127.0.0.1:1/', '?']);
  await eventually(() => guest.overlay.counters.connectFailures >= 2);
  const again = await startStation(3, [], { listenPort: port });
  await eventually(() => neighboursOf(guest).includes(again.id));
  expect(guest.overlay.counters.connectFailures).toBeLessThan(10);
});

test('an address that does not answer is not tried again for each message', async () => {
  const guest = await startStation(2);
  const address = '127.0.0.1:1' as Address;
  // A peer claims an address where nothing listens, and the machine sends its answers there.
  const from = { id: idOf(77), address, incarnation: 1, rendezvous: false };
  guest.overlay.feed({ kind: 'received', from, message: { kind: 'ping', nonce: 1 } });
  await eventually(() => guest.overlay.counters.connectFailures > 0);
  for (let nonce = 2; nonce < 50; nonce++) {
    guest.overlay.feed({ kind: 'received', from, message: { kind: 'ping', nonce } });
  }
  expect(guest.overlay.counters.connectsSuppressed).toBeGreaterThan(40);
  expect(guest.overlay.counters.connectionsOut).toBe(0);
});

test('a port that is in use is reported as an error that the user can fix', async () => {
  const { overlay } = await startStation(1);
  const port = Number(overlay.address.split(':')[1]);
  await expect(startStation(2, [], { listenPort: port })).rejects.toThrow(UserError);
  await expect(startStation(2, [], { listenPort: port })).rejects.toThrow(/EADDRINUSE/);
});

test('a host that cannot be advertised is reported as an error that the user can fix', async () => {
  const started = startStation(1, [], { advertiseHost: 'http://a.example/' });
  await expect(started).rejects.toThrow('neither a host name nor an IP address');
});

test('overlays tell each other where their segments of HLS stand, as soon as they are connected', async () => {
  const place = { source: SOURCE.id, first: 700, number: 12, last: 15, discontinuities: 3 };
  const told: unknown[][] = [[], []];
  const first = await startStation(1, [], {
    segment: () => place,
    onSegment: (segment) => told[0]?.push(segment),
  });
  await startStation(2, [first.overlay.address], {
    segment: () => ({ ...place, number: 13 }),
    onSegment: (segment) => told[1]?.push(segment),
  });
  await eventually(() => told.every(({ length }) => length > 0));
  expect(told.map(([segment]) => segment)).toEqual([{ ...place, number: 13 }, place]);
});
