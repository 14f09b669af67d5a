import { expect, onTestFinished, test } from 'vitest';
import { PAPER } from '../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import type { Message } from '../../src/gossamer/core/message.js';
import type { Address, NodeId } from '../../src/gossamer/core/node.js';
import { OVERLAY_LIMITS } from '../../src/overlay/sockets/limits.js';
import { encodeDataMessage, encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import { WIRE_VERSION } from '../../src/wire/hello.js';
import { rawFrame } from '../wire/support.js';
import {
  announce,
  connectRaw,
  createAdu,
  eventually,
  frameOf,
  idOf,
  neighboursOf,
  type RawPeer,
  SOURCE,
  type Station,
  sequencesOf,
  startMesh,
  startStation,
  strangerHello,
  waitMs,
} from './support.js';

const KEEP_ALIVE: Message = { kind: 'keepAlive', worthMs: 0, loads: [], heir: null };

/** The offer of a peer that has room to add the edge. */
const OFFER = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};

const message = (body: Parameters<typeof encodeMessage>[0]): Uint8Array =>
  encodeMessage(body) as Uint8Array;

const refusalOf = ({ heard }: RawPeer): string | undefined => {
  const found = heard.find((event) => event.kind === 'refusal');
  return found?.kind === 'refusal' ? found.reason : undefined;
};

/** A peer after its handshake. */
async function greet(station: Station, hello: object, number = 7): Promise<RawPeer> {
  const peer = connectRaw(station.overlay.address, { number });
  peer.send(encodeHello(hello as Parameters<typeof encodeHello>[0]));
  await eventually(() => peer.heard.some((event) => event.kind === 'hello'));
  return peer;
}

test.each([
  ['another session', strangerHello(7, { session: 'scattercast://a.b/c' }), 'wrong session'],
  [
    'another version',
    strangerHello(7, { version: 9 }),
    `protocol version 9 is not supported: this is version ${WIRE_VERSION}`,
  ],
  ['our own id', strangerHello(1), 'own id'],
  ['an id that is not that of the key', strangerHello(8), 'the id is not that of the key'],
])('a HELLO with %s is refused with the reason', async (_what, hello, reason) => {
  const station = await startStation(1);
  const number = hello.id === idOf(1) ? 1 : 7;
  const peer = connectRaw(station.overlay.address, { number });
  peer.send(encodeHello(hello));
  await eventually(() => peer.isClosed);
  expect(refusalOf(peer)).toBe(reason);
});

test('a stranger that claims the address of a neighbour cannot end its edge by hanging up', async () => {
  const [first, second] = (await startMesh(2)) as [Station, Station];
  await eventually(() => [first, second].every((each) => neighboursOf(each).length === 1));
  const { address } = first.overlay;
  const impostor = await greet(second, strangerHello(7, { address }));
  impostor.socket.destroy();
  await waitMs(300);
  const ended = [...first.events, ...second.events].filter(({ kind }) => kind === 'edgeDown');
  expect(ended).toEqual([]);
});

test('HELLO is answered with our own HELLO', async () => {
  const station = await startStation(1);
  const peer = await greet(station, strangerHello(7));
  expect(peer.heard[0]).toMatchObject({
    kind: 'hello',
    hello: {
      purpose: 'control',
      session: 'scattercast://radio.example/news',
      id: idOf(1),
      address: station.overlay.address,
      rendezvous: true,
    },
  });
  const data = await greet(station, { ...strangerHello(7), purpose: 'data', channel: 2 });
  expect(data.heard[0]).toMatchObject({ hello: { purpose: 'data', channel: 2 } });
});

test('malformed frames close only their own connection, and are counted by fault', async () => {
  const [station, other] = (await startMesh(2)) as [Station, Station];
  const hello = encodeHello(strangerHello(7));
  const claim = (bytes: number): Uint8Array => {
    const frame = rawFrame(2, '');
    new DataView(frame.buffer).setUint32(0, bytes);
    return frame;
  };
  const cases: [keyof Station['overlay']['counters']['malformedFrames'], Uint8Array[]][] = [
    ['type', [new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')]],
    ['turn', [message(KEEP_ALIVE)]],
    ['length', [hello, claim(0x7f_ff_ff_ff)]],
    ['type', [hello, rawFrame(99, '')]],
    ['json', [hello, rawFrame(5, '{{{')]],
    ['shape', [hello, rawFrame(2, '{"kind":"keepAlive"}')]],
    ['shape', [hello, rawFrame(3, '')]],
    ['lot', [hello, rawFrame(4, 'short')]],
    ['turn', [hello, hello]],
    ['unexpected', [hello, frameOf(createAdu(1))]],
    ['unexpected', [hello, rawFrame(5, '{"kind":"keepAlive"}')]],
    ['shape', [encodeHello(strangerHello(7, { id: 'x' as NodeId }))]],
    ['version', [encodeHello(strangerHello(7, { version: 9 }))]],
  ];
  for (const [fault, frames] of cases) {
    const before = station.overlay.counters.malformedFrames[fault];
    const peer = connectRaw(station.overlay.address);
    peer.send(...frames);
    await eventually(() => peer.isClosed);
    expect(station.overlay.counters.malformedFrames[fault], fault).toBe(before + 1);
  }
  expect(neighboursOf(station)).toContain(other.id);
  expect(other.events.filter((event) => event.kind === 'edgeDown')).toEqual([]);
});

test('data connections accept only messages that belong on them', async () => {
  const station = await startStation(1);
  const cases = [
    frameOf(createAdu(1)),
    encodeDataMessage({ kind: 'subscribed', source: SOURCE.id, channel: 1, from: 1 }),
    encodeDataMessage({ kind: 'subscribe', source: SOURCE.id, channel: 2, from: 1 }),
    message(KEEP_ALIVE),
  ];
  for (const frame of cases) {
    const peer = await greet(station, { ...strangerHello(7), purpose: 'data', channel: 1 });
    peer.send(frame);
    await eventually(() => peer.isClosed);
  }
  expect(station.overlay.counters.malformedFrames.unexpected).toBe(cases.length);
});

test('a subscription of an SCX that is not a neighbour is refused', async () => {
  const station = await startStation(1);
  announce(station);
  const peer = await greet(station, { ...strangerHello(7), purpose: 'data', channel: 1 });
  peer.send(encodeDataMessage({ kind: 'subscribe', source: SOURCE.id, channel: 1, from: null }));
  await eventually(() => peer.heard.length > 1);
  expect(peer.heard[1]).toEqual({
    kind: 'data',
    message: { kind: 'refused', source: SOURCE.id, channel: 1 },
  });
});

test('half a handshake is closed in time, and few connections of one host may be pending', async () => {
  const limits = { ...OVERLAY_LIMITS, handshakeMs: 4000 };
  const [station, other] = (await startMesh(2, { limits })) as [Station, Station];
  const peers = Array.from({ length: limits.pendingPerHostMax + 5 }, () =>
    connectRaw(station.overlay.address),
  );
  for (const peer of peers) peer.send(Uint8Array.of(0, 0, 1));
  const countClosed = (): number => peers.filter((peer) => peer.isClosed).length;
  await eventually(() => station.overlay.counters.connectionsRefused === 5);
  await eventually(() => countClosed() === peers.length);
  expect(station.overlay.counters.handshakesTimedOut).toBe(limits.pendingPerHostMax);
  await greet(station, strangerHello(7));
  expect(neighboursOf(other)).toContain(station.id);
});

test('too many connections are refused with the reason', async () => {
  const limits = { ...OVERLAY_LIMITS, inboundMax: 96 };
  const station = await startStation(1, [], { limits });
  const hello = encodeHello(strangerHello(7));
  const crowd: RawPeer[] = [];
  const atOnce = limits.pendingPerHostMax;
  while (crowd.length <= limits.inboundMax) {
    const group = Array.from({ length: atOnce }, () => connectRaw(station.overlay.address));
    for (const peer of group) peer.send(hello);
    await eventually(() => group.every((peer) => peer.heard.length > 0));
    crowd.push(...group);
  }
  const reasons = crowd.flatMap((peer) => refusalOf(peer) ?? []);
  expect(reasons).toEqual(new Array(atOnce).fill('too many connections'));
  for (const peer of crowd) peer.socket.destroy();
  await eventually(() => crowd.every((peer) => peer.isClosed));
  await greet(station, strangerHello(7));
});

/** A peer that has a mesh edge with the station. */
async function becomeNeighbour(station: Station, number: number): Promise<RawPeer> {
  const address = `127.0.0.1:${number}` as Address;
  const peer = await greet(station, strangerHello(number, { address }), number);
  peer.send(message({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).includes(idOf(number)));
  return peer;
}

test('a child that does not read is sent a bounded amount, and the rest when it reads again', async () => {
  const station = await startStation(1);
  announce(station);
  const neighbour = await becomeNeighbour(station, 7);
  const timer = setInterval(() => neighbour.send(message(KEEP_ALIVE)), 100);
  onTestFinished(() => clearInterval(timer));
  const child = await greet(station, {
    ...strangerHello(7, { address: '127.0.0.1:7' }),
    purpose: 'data',
    channel: 1,
  });
  child.send(encodeDataMessage({ kind: 'subscribe', source: SOURCE.id, channel: 1, from: null }));
  const publish = (sequence: number): void =>
    station.overlay.feed({ kind: 'publish', adu: createAdu(sequence, 60_000) });
  publish(0);
  await eventually(() => child.heard.some((event) => event.kind === 'lot'));
  child.socket.pause();
  const count = 600;
  for (let sequence = 1; sequence < count; sequence++) {
    publish(sequence);
    if (sequence % 10 === 0) await new Promise((done) => setImmediate(done));
  }
  expect(sequencesOf(station).length).toBe(count);
  expect(station.overlay.counters.adusOut).toBeLessThan(count / 2);
  child.socket.resume();
  const last = (): number => {
    const adus = child.heard.flatMap((event) => (event.kind === 'lot' ? [event.lot.first] : []));
    return adus.at(-1) ?? 0;
  };
  await eventually(() => last() === count - 1);
});

test('the connection of an edge that is gone ends with a farewell', async () => {
  // The slow profile, or probes of the only other member would keep the connection in use.
  const station = await startStation(1, [], { config: PAPER });
  const peer = await becomeNeighbour(station, 7);
  peer.send(message({ kind: 'edgeDrop', instead: null }));
  await eventually(() => refusalOf(peer) === 'idle');
  await eventually(() => peer.isClosed);
  const down = station.events.filter((event) => event.kind === 'edgeDown');
  expect(down).toMatchObject([{ reason: 'dropped' }]);
});

test('an edge is down as soon as its connection breaks', async () => {
  const station = await startStation(1);
  const peer = await becomeNeighbour(station, 7);
  peer.reset();
  await eventually(() => station.events.some((event) => event.kind === 'edgeDown'));
  const down = station.events.filter((event) => event.kind === 'edgeDown');
  expect(down).toMatchObject([{ reason: 'closed' }]);
});
