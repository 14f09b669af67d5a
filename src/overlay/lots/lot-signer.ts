/**
 * Signs what a source sends. ADUs that leave together are one lot: one signature serves the frames
 * of a tenth of a second, so a session costs each SCX ten verifications a second.
 *
 * Measured: 32 to 60 us for each lot.
 */
import type { Adu, SourceId } from '../../gossamer/core/node.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { FRAMES_BYTES_MAX } from '../../wire/datagram.js';
import { WIRE_LIMITS } from '../../wire/limits.js';
import {
  aduAt,
  createLot,
  encodeLot,
  LOT_ADUS_MAX,
  lotFrameBytes,
  type Payloads,
} from '../../wire/lot-codec.js';
import { signedBytes, treeHash } from './lot-statement.js';

/** An ADU as its source numbers it. */
export type UnsignedAdu = Pick<Adu, 'channel' | 'sequence' | 'timestampMs' | 'payload'>;

export interface LotSignerOptions {
  /** The session's id. */
  readonly session: string;
  readonly source: SourceId;
  /** That of the source's attachment. */
  readonly epoch: number;
  readonly key: SigningKey;
  /** Default: the time of this process. */
  readonly now?: () => number;
}

/** Signs the ADUs of one attachment. Those of one lot get the time of the last one. */
export interface LotSigner {
  /** The ADUs, which must not be empty, as parts of as few lots as possible. */
  sign(adus: readonly UnsignedAdu[]): Adu[];
}

/**
 * Whether an ADU still fits into a datagram as a part of a lot of so many, whose other hashes come
 * with it; true as well if it would not fit alone.
 */
const mayJoin = (count: number, longest: Uint8Array): boolean =>
  lotFrameBytes(alone(longest, count)) <= FRAMES_BYTES_MAX ||
  lotFrameBytes([longest]) > FRAMES_BYTES_MAX;

/** The first ADU of a lot of so many: none needs more hashes. */
const alone = (payload: Uint8Array, count: number): Payloads =>
  Array.from({ length: count }, (_, index) => (index === 0 ? payload : undefined));

/** Cuts ADUs into runs that may be a lot: of one channel, without a hole, within the bounds. */
function lotsOf(adus: readonly UnsignedAdu[]): UnsignedAdu[][] {
  const lots: UnsignedAdu[][] = [];
  let bytes = 0;
  let longest: Uint8Array = new Uint8Array(0);
  for (const adu of adus) {
    const lot = lots.at(-1);
    const last = lot?.at(-1);
    bytes += adu.payload.length;
    if (adu.payload.length > longest.length) longest = adu.payload;
    const follows = last?.channel === adu.channel && last.sequence + 1 === adu.sequence;
    const hasRoom = lot !== undefined && lot.length < LOT_ADUS_MAX;
    const fits = hasRoom && mayJoin(lot.length + 1, longest);
    if (follows && fits && bytes <= WIRE_LIMITS.payloadBytesMax) lot.push(adu);
    else {
      lots.push([adu]);
      bytes = adu.payload.length;
      longest = adu.payload;
    }
  }
  return lots;
}

/** Creates the signer of one attachment. */
export function createLotSigner(options: LotSignerOptions): LotSigner {
  const { session, source, epoch, key, now = steadyTimeMs } = options;
  const signLot = (adus: readonly UnsignedAdu[]): Adu[] => {
    const { channel, sequence: first } = adus[0] as UnsignedAdu;
    const { timestampMs } = adus.at(-1) as UnsignedAdu;
    const head = { source, epoch, channel, first, timeMs: now(), timestampMs };
    const payloads = adus.map(({ payload }) => payload);
    const unsigned = createLot(head, payloads, treeHash);
    const signature = key.sign('lot', signedBytes(session, unsigned.statement));
    const lot = { ...unsigned, signature };
    return adus.map(({ payload }, index) => aduAt(lot, index, payload));
  };
  return { sign: (adus) => lotsOf(adus).flatMap(signLot) };
}

/** The frames of signed ADUs, in their order: one for each lot. */
export function lotFrames(adus: readonly Adu[]): Uint8Array[] {
  const lots = new Map<Adu['lot'], Uint8Array[]>();
  for (const { lot, payload } of adus) lots.set(lot, [...(lots.get(lot) ?? []), payload]);
  return [...lots].flatMap(([lot, payloads]) =>
    lot === undefined ? [] : [encodeLot(lot, payloads)],
  );
}
