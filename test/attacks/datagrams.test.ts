/**
 * A child forges the source address of its datagrams, so that its parent sends the stream to
 * somebody else. Here the forged address is another socket of this machine, which counts what it
 * gets.
 */
import { createSocket, type Socket } from 'node:dgram';
import { expect, test } from 'vitest';
import { FAST } from '../../src/gossamer/core/config.js';
import { UNKNOWN_COORDINATES } from '../../src/gossamer/core/coordinates.js';
import { splitHostPort } from '../../src/lib/host-port.js';
import { type DatagramToken, decodeDatagram, encodeBeat } from '../../src/wire/datagram.js';
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
const OFFER = { rttMs: 1, addGainMs: 0, acceptGainMs: null, place: UNKNOWN_COORDINATES };
const AT = { address: '127.0.0.1:7' };

/** A child that is subscribed to the station's source, by hand. */
async function becomeChild(station: Station): Promise<void> {
  const neighbour = connectRaw(station.overlay.address);
  neighbour.send(encodeHello(strangerHello(7, AT)));
  neighbour.send(encodeMessage({ kind: 'edgeRequest', ...OFFER }));
  await eventually(() => neighboursOf(station).includes(idOf(7)));
  const alive = { kind: 'keepAlive', worthMs: 0, loads: [] } as const;
  const timer = setInterval(() => neighbour.send(encodeMessage(alive)), 100);
  afterTest(() => clearInterval(timer));
  const child = connectRaw(station.overlay.address);
  const data = { ...AT, purpose: 'data', channel: 1, token: TOKEN };
  child.send(encodeHello(strangerHello(7, data)));
  child.send(encodeDataMessage({ kind: 'subscribe', source: SOURCE.id, channel: 1, from: null }));
  await eventually(() => child.heard.some(({ kind }) => kind === 'lot'));
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
  await becomeChild(station);
  const { port } = splitHostPort(station.overlay.address);
  const victim = await openUdp();
  const send = (proof: number): number => {
    const beat = encodeBeat(TOKEN, { adusByTcp: sequence, isHeard: true, proof });
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
  const echo = decodeDatagram(victim.got.at(-1) as Uint8Array);
  if (!echo.ok || echo.value.kind !== 'echo') throw new Error('no echo');
  send(echo.value.proof);
  await eventually(() => victim.got.length > 20);
  publish();
  await eventually(() => bytesOf(victim.got.slice(21)) > 400);
});
