/**
 * What signed lots cost: processor time at the source and at each SCX, and bytes on the wire, for one
 * session of 128 kbit/s. Bytes are compared with the frames of version 4, which had no signature and
 * a header of 41 bytes for each ADU.
 */
import type { Adu, Lot } from '../../../src/gossamer/core/node.js';
import { createOutgoingLot } from '../../../src/overlay/data/outgoing-lot.js';
import { createLotCheck } from '../../../src/overlay/lots/lot-check.js';
import { createLotSigner, lotFrames } from '../../../src/overlay/lots/lot-signer.js';
import { drawSourceId } from '../../../src/overlay/lots/source-id.js';
import { createSourceTrust } from '../../../src/overlay/lots/source-trust.js';
import { drawSigningKey } from '../../../src/runtime/signing-key.js';
import { steadyTimeMs } from '../../../src/runtime/steady-time.js';
import { DATAGRAM_BYTES_MAX, DATAGRAM_HEADER_BYTES } from '../../../src/wire/datagram.js';
import { decodeLot, encodeLot, lotFrameBytes, type Payloads } from '../../../src/wire/lot-codec.js';
import { type Row, round } from '../benchmark.js';

const SESSION = 'scattercast://bench.example/trust';

/** 128 kbit/s at 44.1 kHz: the frames of a tenth of a second. */
const FRAME_BYTES = 418;
const FRAMES_PER_SECOND = 44_100 / 1152;
const TOGETHER = 4;
const LOTS_PER_SECOND = FRAMES_PER_SECOND / TOGETHER;
const CHILDREN = 6;

/** A frame of version 4 besides its payload, and IPv4's and UDP's headers. */
const OLD_HEADER_BYTES = 41;
const UDP_BYTES = 28;

const key = drawSigningKey();
const source = drawSourceId(key.publicKey);
const signer = createLotSigner({ session: SESSION, source, epoch: 1, key });

/** The ADUs of so many lots. */
const unsigned = (count: number) =>
  Array.from({ length: count }, (_, lot) =>
    Array.from({ length: TOGETHER }, (_, index) => ({
      ...{ channel: 1, sequence: lot * TOGETHER + index, timestampMs: steadyTimeMs() },
      payload: new Uint8Array(FRAME_BYTES).fill(lot & 255),
    })),
  );

/** Processor time of one of so many calls, us. */
function microseconds(count: number, work: (index: number) => void): number {
  const before = process.cpuUsage();
  for (let index = 0; index < count; index++) work(index);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const timeRow = (what: string, us: number, perSecond: number): Row => ({
  what,
  'us each': round(us, 1),
  '% of a core': round((us * perSecond) / 10_000, 3),
  'bytes/s': '',
  'before, bytes/s': '',
  '% more': '',
});

const bytesRow = (what: string, before: number, after: number): Row => ({
  ...{ what, 'us each': '', '% of a core': '' },
  'bytes/s': Math.round(after),
  'before, bytes/s': Math.round(before),
  '% more': round(100 * (after / before - 1), 1),
});

/** Verification at one SCX: a lot that is new, and one that another parent sent before. */
function timeChecks(frames: readonly Uint8Array[]): readonly Row[] {
  const now = steadyTimeMs;
  const trust = createSourceTrust([{ name: 'station', key: key.publicKey, priorityMax: 255 }], now);
  const check = createLotCheck({
    session: SESSION,
    isLive: () => true,
    trust,
    now,
    onRefused: () => {},
  });
  const take = (frame: Uint8Array): void => {
    const found = decodeLot(frame);
    if (!found.ok || check(found.value).kind !== 'believed') throw new Error('a lot is refused');
  };
  const first = microseconds(frames.length, (index) => take(frames[index] as Uint8Array));
  const last = frames.at(-1) as Uint8Array;
  const again = microseconds(frames.length, () => take(last));
  return [
    timeRow('SCX: verify a lot', first, LOTS_PER_SECOND),
    timeRow('SCX: the same lot from another parent', again, LOTS_PER_SECOND),
  ];
}

/** What the overlay does with a forwarded ADU before it is written to the children's sockets. */
function timeForwarding(lots: readonly (readonly Adu[])[]): Row {
  let written = 0;
  const write = (lot: Lot, payloads: Payloads): void => {
    written += encodeLot(lot, payloads).length;
  };
  const children = Array.from({ length: CHILDREN }, () => createOutgoingLot(write));
  const us = microseconds(lots.length, (index) => {
    for (const adu of lots[index] as readonly Adu[]) for (const child of children) child.add(adu);
  });
  if (written === 0) throw new Error('nothing is forwarded');
  return timeRow(`SCX: frame an ADU for ${CHILDREN} children`, us / TOGETHER, FRAMES_PER_SECOND);
}

/** The datagrams of one lot, with their headers, bytes. */
function datagramBytes(frameBytes: (count: number) => number): number {
  const room = DATAGRAM_BYTES_MAX - DATAGRAM_HEADER_BYTES;
  let [each, left, sum] = [TOGETHER, TOGETHER, 0];
  while (frameBytes(each) > room) each--;
  for (; left > 0; left -= each) {
    sum += frameBytes(Math.min(each, left)) + DATAGRAM_HEADER_BYTES + UDP_BYTES;
  }
  return sum;
}

/** The rows of signed lots; `count`: lots that are signed and verified. */
export function measureLots(count: number): Row[] {
  const adus = unsigned(count);
  const signed: Adu[][] = [];
  const signUs = microseconds(count, (index) => {
    signed.push(signer.sign(adus[index] ?? []));
  });
  const frames = signed.flatMap((lot) => lotFrames(lot)).map((frame) => frame.slice());
  const lot = Array.from({ length: TOGETHER }, () => new Uint8Array(FRAME_BYTES));
  const partOf = (count: number): Payloads =>
    lot.map((payload, index) => (index < count ? payload : undefined));
  const before = (frames: number): number => frames * (OLD_HEADER_BYTES + FRAME_BYTES);
  return [
    timeRow('source: sign a lot', signUs, LOTS_PER_SECOND),
    ...timeChecks(frames),
    timeForwarding(signed),
    bytesRow('a data connection', before(FRAMES_PER_SECOND), LOTS_PER_SECOND * lotFrameBytes(lot)),
    bytesRow(
      'a channel of datagrams',
      LOTS_PER_SECOND * datagramBytes(before),
      LOTS_PER_SECOND * datagramBytes((part) => lotFrameBytes(partOf(part))),
    ),
  ];
}
