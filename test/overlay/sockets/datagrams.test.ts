import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { createLossyNetwork } from '../../../scripts/bench/udp/lossy-network.js';
import { FAST } from '../../../src/gossamer/core/config.js';
import { splitHostPort } from '../../../src/lib/host-port.js';
import { createRng } from '../../../src/lib/rng.js';
import { OVERLAY_LIMITS, type OverlayLimits } from '../../../src/overlay/sockets/limits.js';
import { createSeal } from '../../../src/overlay/tls/seal.js';
import { type DatagramToken, encodeBeat, encodeFrames } from '../../../src/wire/datagram.js';
import {
  announce,
  createAdu,
  eventually,
  frameOf,
  idOf,
  neighboursOf,
  type Station,
  sequencesOf,
  startPublishing,
  startStation,
} from '../support.js';

const CONFIG = { ...FAST, lossyChannels: [1, 2] };
/** Between two ADUs, ms: a fast source, so that each test soon has enough of them. */
const INTERVAL_MS = 3;
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Two stations behind a network of their own: a source's, and a child. */
async function startPair(port: number, limits: OverlayLimits = OVERLAY_LIMITS) {
  const network = createLossyNetwork(() => 2, createRng(1));
  onTestFinished(() => network.close());
  const start = async (number: number, locations: readonly string[]): Promise<Station> => {
    const [front, host] = [`127.0.3.${number}`, `127.0.4.${number}`];
    await network.attach(idOf(number), front, host, port);
    const own = { listenHost: host, localAddress: host, listenPort: port };
    return startStation(number, locations, {
      ...own,
      advertiseHost: front,
      config: CONFIG,
      limits,
    });
  };
  const studio = await start(1, []);
  const child = await start(2, [studio.overlay.address]);
  await eventually(() => neighboursOf(child).length > 0);
  announce(studio);
  return { network, studio, child };
}

const datagramsTo = ({ overlay }: Station): number => overlay.counters.datagramsIn;

test('ADUs of a channel announced as UDP leave as datagrams, and lost ones are repaired', async () => {
  const { network, studio, child } = await startPair(28_701);
  const stop = startPublishing(studio, INTERVAL_MS);
  onTestFinished(() => void stop());
  await eventually(() => sequencesOf(child).length > 20 && datagramsTo(child) > 60);
  network.loss = 0.1;
  await eventually(() => network.lost > 40);
  network.loss = 0;
  const count = stop();
  await eventually(() => sequencesOf(child).includes(count - 1));
  expect(sequencesOf(child)).toEqual(upTo(count));
  const { sources, disturbances } = child.overlay.view();
  expect(sources[0]?.flows[0]).toMatchObject({ missed: 0, parent: studio.id });
  expect(disturbances.repaired.retransmission).toBeGreaterThan(10);
});

test('The last ADU of a channel that falls silent is repaired, too', async () => {
  const { network, studio, child } = await startPair(28_703);
  const publish = (sequence: number): void =>
    studio.overlay.feed({ kind: 'publish', adu: createAdu(sequence, 100, 2) });
  publish(0);
  await eventually(() => sequencesOf(child, 2).length === 1 && datagramsTo(child) > 10);
  network.loss = 1;
  const sent = studio.overlay.counters.datagramBytesOut;
  publish(1);
  // It has left, and not arrived.
  await eventually(() => studio.overlay.counters.datagramBytesOut - sent > 100);
  await eventually(() => network.lost > 0);
  expect(sequencesOf(child, 2)).toEqual([0]);
  network.loss = 0;
  await eventually(() => sequencesOf(child, 2).length === 2);
  expect(sequencesOf(child, 2)).toEqual([0, 1]);
  const flows = child.overlay.view().sources[0]?.flows;
  expect(flows?.find(({ channel }) => channel === 2)).toMatchObject({ delivered: 2, missed: 0 });
  // Not by the way around: the datagrams of the channel go on.
  expect(child.overlay.counters.datagramFallbacks).toBe(0);
});

test('When datagrams stop arriving, ADUs come over TCP without a gap', async () => {
  // Four times as fast as in production, beats and silence alike.
  const { beatMs, datagramSilenceMs } = OVERLAY_LIMITS;
  const limits = {
    ...OVERLAY_LIMITS,
    beatMs: beatMs / 4,
    datagramSilenceMs: datagramSilenceMs / 4,
  };
  const { network, studio, child } = await startPair(28_705, limits);
  const stop = startPublishing(studio, INTERVAL_MS);
  onTestFinished(() => void stop());
  await eventually(() => sequencesOf(child).length > 20 && datagramsTo(child) > 60);
  network.loss = 1;
  await eventually(() => child.overlay.counters.datagramFallbacks > 0);
  const before = sequencesOf(child).length;
  await eventually(() => sequencesOf(child).length > before + 50);
  const count = stop();
  await eventually(() => sequencesOf(child).includes(count - 1));
  expect(sequencesOf(child)).toEqual(upTo(count));
});

test('When datagrams never arrive, ADUs come over TCP from the first one', async () => {
  const { network, studio, child } = await startPair(28_707);
  network.loss = 1;
  const stop = startPublishing(studio, INTERVAL_MS);
  onTestFinished(() => void stop());
  await eventually(() => sequencesOf(child).length > 100);
  const count = stop();
  await eventually(() => sequencesOf(child).includes(count - 1));
  expect(sequencesOf(child)).toEqual(upTo(count));
  expect(child.overlay.counters.datagramFallbacks).toBe(0);
});

test('An ADU that is too large for a datagram comes over TCP, in order', async () => {
  const { studio, child } = await startPair(28_709);
  let sequence = 0;
  const publish = (bytes: number): void =>
    studio.overlay.feed({ kind: 'publish', adu: createAdu(sequence++, bytes) });
  const timer = setInterval(() => publish(sequence % 5 === 0 ? 1441 : 418), INTERVAL_MS);
  onTestFinished(() => clearInterval(timer));
  await eventually(() => datagramsTo(child) > 100);
  clearInterval(timer);
  await eventually(() => sequencesOf(child).includes(sequence - 1));
  expect(sequencesOf(child)).toEqual(upTo(sequence));
});

test('Datagrams with an unknown token are counted and dropped', async () => {
  const { studio, child } = await startPair(28_711);
  const stop = startPublishing(studio, INTERVAL_MS);
  onTestFinished(() => void stop());
  await eventually(() => datagramsTo(child) > 20);
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const token = 'ffffffffffffffff' as DatagramToken;
  const forged = frameOf(createAdu(1_000_000));
  const { port } = splitHostPort(child.overlay.address);
  const seal = createSeal((_label, bytes) => new Uint8Array(bytes), 'parent', token);
  const junk = [
    new Uint8Array(0),
    new Uint8Array(8),
    new Uint8Array(65),
    seal.seal(encodeBeat({ adusByTcp: 0, isHeard: true, proof: 0 })),
    seal.seal(encodeFrames([forged])),
  ];
  for (const bytes of junk) socket.send(bytes, port, '127.0.4.2');
  await eventually(() => child.overlay.counters.datagramsStray >= 5);
  const count = stop();
  await eventually(() => sequencesOf(child).includes(count - 1));
  expect(sequencesOf(child)).toEqual(upTo(count));
});
