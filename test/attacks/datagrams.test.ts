/**
 * A child forges the source address of its datagrams, so that its parent sends the stream to
 * somebody else. Here the forged address is another socket of this machine, which counts what it
 * gets. And strangers read, change, invent and repeat datagrams.
 */
import { createSocket, type Socket } from 'node:dgram';
import { expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import { splitHostPort } from '../../src/lib/host-port.js';
import { createSeal, type Seal } from '../../src/overlay/tls/seal.js';
import {
  type DatagramToken,
  decodeContent,
  encodeBeat,
  encodeFrames,
} from '../../src/wire/datagram.js';
import { encodeDataMessage, encodeHello, encodeMessage } from '../../src/wire/encoder.js';
import { afterTest } from '../after-test.js';
import {
  announce,
  connectRaw,
  createAdu,
  eventually,
  idOf,
  neighboursOf,
  SOURCE,
  type Station,
  startStation,
  strangerHello,
} from '../overlay/support.js';

const TOKEN = 'abcdefabcdefabcd' as DatagramToken;
const OFFER = {
  rttMs: 1,
  addGainMs: 0,
  acceptGainMs: null,
  place: UNKNOWN_COORDINATES,
  leaves: null,
};
const AT = { address: '127.0.0.1:7' };

/** A child that is subscribed to the station's source, by hand. */
async function becomeChild(station: Station): Promise<Seal> {
  const neighbour = connectRaw(station.overlay.address);
  neighbour.send(encodeHello(strangerHello(7, AT)));
  neighbour.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).includes(idOf(7)));
  const alive = { kind: 'keepAlive', worthMs: 0, loads: [], heir: null } as const;
  const timer = setInterval(() => neighbour.send(encodeMessage(alive)), 100);
  afterTest(() => clearInterval(timer));
  const child = connectRaw(station.overlay.address);
  const data = { ...AT, purpose: 'data', channel: 1, token: TOKEN };
  child.send(encodeHello(strangerHello(7, data)));
  child.send(encodeDataMessage({ kind: 'subscribe', source: SOURCE.id, channel: 1, from: null }));
  await eventually(() => child.heard.some(({ kind }) => kind === 'lot'));
  const exportKeys = (label: string, bytes: number): Uint8Array =>
    child.socket.exportKeyingMaterial(bytes, label, Buffer.alloc(0));
  return createSeal(exportKeys, 'child', TOKEN);
}

/** A UDP socket that keeps what it gets. */
async function openUdp(): Promise<{ socket: Socket; got: Uint8Array[] }> {
  const socket = createSocket('udp4');
  const got: Uint8Array[] = [];
  socket.on('message', (bytes) => void got.push(bytes));
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', () => done()));
  afterTest(() => new Promise((done) => socket.close(() => done(undefined))));
  return { socket, got };
}

test('Beats from an address that does not return its proof bring it echoes of their length, and no stream', async () => {
  const station = await startStation(1, [], { config: { ...FAST, lossyChannels: [1] } });
  announce(station);
  let sequence = 0;
  const publish = (): void => station.overlay.feed({ kind: 'publish', adu: createAdu(sequence++) });
  publish();
  const seal = await becomeChild(station);
  const { port } = splitHostPort(station.overlay.address);
  const victim = await openUdp();
  const send = (proof: number): number => {
    const beat = seal.seal(encodeBeat({ adusByTcp: sequence, isHeard: true, proof }));
    victim.socket.send(beat, port, '127.0.0.1');
    return beat.length;
  };
  let sent = 0;
  for (let count = 0; count < 20; count++) {
    const before = victim.got.length;
    sent += send(count);
    await eventually(() => victim.got.length > before);
    publish();
  }
  await eventually(() => station.overlay.counters.adusOut === sequence);
  const bytesOf = (all: readonly Uint8Array[]): number =>
    all.reduce((sum, { length }) => sum + length, 0);
  expect(bytesOf(victim.got)).toBeLessThanOrEqual(sent);
  // Who does receive there may have the stream.
  const echo = decodeContent(seal.open(victim.got.at(-1) as Uint8Array) as Uint8Array);
  if (!echo.ok || echo.value.kind !== 'echo') throw new Error('no echo');
  send(echo.value.proof);
  await eventually(() => victim.got.length > 20);
  publish();
  await eventually(() => bytesOf(victim.got.slice(21)) > 400);
});

test('Datagrams that a stranger invents, changes or repeats are dropped, and bring no answer', async () => {
  const station = await startStation(1, [], { config: { ...FAST, lossyChannels: [1] } });
  announce(station);
  station.overlay.feed({ kind: 'publish', adu: createAdu(0) });
  const seal = await becomeChild(station);
  const { counters } = station.overlay;
  const { port } = splitHostPort(station.overlay.address);
  const stranger = await openUdp();
  const send = (bytes: Uint8Array): void => stranger.socket.send(bytes, port, '127.0.0.1');
  const content = encodeBeat({ adusByTcp: 1, isHeard: true, proof: 0 });
  const beat = seal.seal(content);
  send(beat);
  await eventually(() => stranger.got.length === 1);
  const own = createSeal((_label, bytes) => new Uint8Array(bytes), 'child', TOKEN);
  const changed = beat.slice();
  changed[20] = (changed[20] as number) ^ 1;
  for (const bytes of [beat, changed, own.seal(content), own.seal(encodeFrames([]))]) send(bytes);
  await eventually(() => counters.datagramsForged === 4);
  expect(stranger.got).toHaveLength(1);
});

test('Datagrams show nothing of the sound', async () => {
  const station = await startStation(1, [], { config: { ...FAST, lossyChannels: [1] } });
  announce(station);
  station.overlay.feed({ kind: 'publish', adu: createAdu(0) });
  const seal = await becomeChild(station);
  const { port } = splitHostPort(station.overlay.address);
  const { socket, got } = await openUdp();
  const beat = (proof: number): void => {
    const content = encodeBeat({ adusByTcp: 1, isHeard: true, proof });
    socket.send(seal.seal(content), port, '127.0.0.1');
  };
  beat(0);
  await eventually(() => got.length === 1);
  const echo = decodeContent(seal.open(got[0] as Uint8Array) as Uint8Array);
  if (!echo.ok || echo.value.kind !== 'echo') throw new Error('no echo');
  beat(echo.value.proof);
  await eventually(() => got.length === 2);
  const adu = createAdu(1);
  station.overlay.feed({ kind: 'publish', adu });
  await eventually(() => got.length === 3);
  const [, , sealed = new Uint8Array()] = got;
  const sound = Buffer.from(adu.payload.subarray(0, 16));
  expect(Buffer.from(sealed).includes(sound)).toBe(false);
  expect(Buffer.from(seal.open(sealed) as Uint8Array).includes(sound)).toBe(true);
});
