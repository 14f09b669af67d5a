/**
 * Lots on the wire (§3.8): ADUs that left their source together, under one signature. The frame's
 * body, big endian:
 *
 *   offset  bytes  field
 *        0      1  version: 1
 *        1      1  channel
 *        2      1  count of ADUs: 1 to 8
 *        3      1  present: a bit for each ADU whose payload is in this frame, the first the lowest
 *        4      8  source id
 *       12      6  epoch
 *       18      6  sequence number of the first ADU
 *       24      6  time of the signature: whole ms on the source's clock
 *       30     64  signature
 *       94      …  for each ADU: its age at that time, ms (2 bytes), and its payload's length
 *                  (2 bytes)
 *        …      …  for each ADU: its payload if it is present, else the hash of it (16 bytes)
 *
 * What is signed is the *statement*: the first 30 bytes, with 0 for `present`, then age, length and
 * hash of each ADU. So a part of a lot proves itself: an ADU that goes alone, because it was asked
 * for again, fits into a datagram, or is all that is still cached, goes with the hashes of the
 * others.
 *
 * An SCX forwards a lot unchanged to several children. So its whole frame is built once, and a
 * received ADU keeps the frame in which it came: its payload is a part of that frame.
 */
import type { Adu, Lot, SourceId } from '../gossamer/core/node.js';
import { assert } from '../lib/assert.js';
import { bad, good, type Result } from '../lib/result.js';
import { createFrame, FRAME, FRAME_HEADER_BYTES } from './frame.js';
import { readId, writeId } from './id-codec.js';

const VERSION = 1;

/** ADUs in a lot at most: two tenths of a second of MP3 frames. */
export const LOT_ADUS_MAX = 8;

/** Ages and lengths have 16 bits. */
const U16_MAX = 0xffff;
/** Sequence numbers, epochs and times have 48 bits. */
const U48_MAX = 2 ** 48 - 1;
const U32_SPAN = 2 ** 32;

/** The bytes of the statement before its entries, and the same bytes of the body. */
const HEAD_BYTES = 30;
export const SIGNATURE_BYTES = 64;
/** The body's entries begin here. */
const ENTRIES_AT = HEAD_BYTES + SIGNATURE_BYTES;
const ENTRY_BYTES = 4;

/** SHA-256, cut to 128 bits: who signs has nothing to gain from two payloads of one hash. */
export const HASH_BYTES = 16;
const STATED_BYTES = ENTRY_BYTES + HASH_BYTES;

/** The bytes of a lot's body besides the payloads that are present, at most. */
const LOT_OVERHEAD_MAX = ENTRIES_AT + LOT_ADUS_MAX * STATED_BYTES;

/** The longest body of a lot whose payloads have at most this length together. */
export const lotBytesMax = (payloadBytesMax: number): number => LOT_OVERHEAD_MAX + payloadBytesMax;

/** The length of the frame of a lot of `count` ADUs in which these lengths are present, bytes. */
export const lotFrameBytes = (count: number, present: readonly number[]): number =>
  FRAME_HEADER_BYTES +
  ENTRIES_AT +
  count * ENTRY_BYTES +
  (count - present.length) * HASH_BYTES +
  present.reduce((sum, length) => sum + length, 0);

/** What all ADUs of a lot share. */
export type LotHead = Pick<Lot, 'source' | 'epoch' | 'channel' | 'first' | 'timeMs'>;

/** An ADU of a lot that is to be signed. */
export interface StatedAdu {
  readonly timestampMs: number;
  readonly payload: Uint8Array;
  /** HASH_BYTES. */
  readonly hash: Uint8Array;
}

/** A lot as a frame holds it. */
export interface LotFrame {
  /** The hashes of the payloads that are present are missing in its statement. */
  readonly lot: Lot;
  /** One for each ADU; undefined: it is not in this frame. */
  readonly payloads: readonly (Uint8Array | undefined)[];
  readonly frame: Uint8Array;
}

/** The whole frames of lots. Bounded by the lots in use: a weak map keeps none of them alive. */
const frames = new WeakMap<Lot, Uint8Array>();

function writeU48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / U32_SPAN));
  view.setUint32(at + 2, value % U32_SPAN);
}

const readU48 = (view: DataView, at: number): number =>
  view.getUint16(at) * U32_SPAN + view.getUint32(at + 2);

const isU48 = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= U48_MAX;

const viewOf = (bytes: Uint8Array, from = 0): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + from, bytes.length - from);

/** Where the statement's entry of an ADU begins, by its index. */
const statedAt = (index: number): number => HEAD_BYTES + index * STATED_BYTES;

/** The bytes that the source of a lot signs. An ADU that is older than 65 s is dated later. */
export function createStatement(head: LotHead, adus: readonly StatedAdu[]): Uint8Array {
  const { source, epoch, channel, first, timeMs } = head;
  const fits = adus.length > 0 && adus.length <= LOT_ADUS_MAX;
  assert(fits, () => `a lot must have 1 to ${LOT_ADUS_MAX} ADUs, got ${adus.length}`);
  const isSound = [epoch, first, timeMs].every(isU48) && first + adus.length <= U48_MAX;
  assert(isSound, () => `the numbers of a lot must have 48 bits: ${[epoch, first, timeMs]}`);
  const statement = new Uint8Array(statedAt(adus.length));
  const view = viewOf(statement);
  statement.set([VERSION, channel, adus.length, 0]);
  writeId(view, 4, source);
  writeU48(view, 12, epoch);
  writeU48(view, 18, first);
  writeU48(view, 24, timeMs);
  for (const [index, { timestampMs, payload, hash }] of adus.entries()) {
    const ageMs = Math.ceil(timeMs - timestampMs);
    view.setUint16(statedAt(index), Math.max(0, Math.min(ageMs, U16_MAX, timeMs)));
    view.setUint16(statedAt(index) + 2, payload.length);
    statement.set(hash, statedAt(index) + ENTRY_BYTES);
  }
  return statement;
}

/** The frame of a lot with the payloads that are given. */
function buildFrame(lot: Lot, payloads: readonly (Uint8Array | undefined)[]): Uint8Array {
  const { count, statement, signature } = lot;
  const present = payloads.flatMap((payload) => (payload === undefined ? [] : [payload.length]));
  const frame = createFrame(FRAME.lot, lotFrameBytes(count, present) - FRAME_HEADER_BYTES);
  const body = frame.subarray(FRAME_HEADER_BYTES);
  body.set(statement.subarray(0, HEAD_BYTES));
  body.set(signature, HEAD_BYTES);
  let at = ENTRIES_AT + count * ENTRY_BYTES;
  for (const [index, payload] of payloads.entries()) {
    const stated = statement.subarray(statedAt(index), statedAt(index + 1));
    body.set(stated.subarray(0, ENTRY_BYTES), ENTRIES_AT + index * ENTRY_BYTES);
    const content = payload ?? stated.subarray(ENTRY_BYTES);
    body.set(content, at);
    at += content.length;
    if (payload !== undefined) body[3] = (body[3] ?? 0) | (1 << index);
  }
  return frame;
}

/**
 * The frame of a lot with the payloads that are given, one for each ADU. The whole frame is always
 * the same buffer, which must not be changed.
 */
export function encodeLot(lot: Lot, payloads: readonly (Uint8Array | undefined)[]): Uint8Array {
  if (payloads.includes(undefined)) return buildFrame(lot, payloads);
  const frame = frames.get(lot) ?? buildFrame(lot, payloads);
  frames.set(lot, frame);
  return frame;
}

/** The problem of a body's head and entries; undefined: it has none. */
function problemOf(body: Uint8Array): string | undefined {
  if (body.length < ENTRIES_AT + ENTRY_BYTES) return 'shorter than its header';
  const view = viewOf(body);
  const [version, count, present] = [view.getUint8(0), view.getUint8(2), view.getUint8(3)];
  if (version !== VERSION) return `version ${version}`;
  if (count === 0 || count > LOT_ADUS_MAX) return `${count} ADUs`;
  if (present === 0 || present >= 1 << count) return 'no ADU, or unknown ones';
  if (readU48(view, 18) + count > U48_MAX) return 'numbers of more than 48 bits';
  let bytes = ENTRIES_AT + count * ENTRY_BYTES;
  if (body.length < bytes) return 'shorter than its entries';
  for (let index = 0; index < count; index++) {
    const length = view.getUint16(ENTRIES_AT + index * ENTRY_BYTES + 2);
    if (length === 0) return 'an empty ADU';
    if (view.getUint16(ENTRIES_AT + index * ENTRY_BYTES) > readU48(view, 24)) return 'its ages';
    bytes += (present & (1 << index)) === 0 ? HASH_BYTES : length;
  }
  return bytes === body.length ? undefined : 'lengths of payloads and frame disagree';
}

/** Reads the entries of a sound body: fills in the statement, and returns the payloads. */
function readEntries(body: Uint8Array, statement: Uint8Array): (Uint8Array | undefined)[] {
  const count = body[2] as number;
  const view = viewOf(body);
  let at = ENTRIES_AT + count * ENTRY_BYTES;
  return Array.from({ length: count }, (_, index) => {
    const entryAt = ENTRIES_AT + index * ENTRY_BYTES;
    statement.set(body.subarray(entryAt, entryAt + ENTRY_BYTES), statedAt(index));
    const isPresent = ((body[3] as number) & (1 << index)) !== 0;
    const bytes = isPresent ? view.getUint16(entryAt + 2) : HASH_BYTES;
    const content = body.subarray(at, at + bytes);
    at += bytes;
    if (isPresent) return content;
    statement.set(content, statedAt(index) + ENTRY_BYTES);
    return undefined;
  });
}

/**
 * The lot in a whole frame, header included. Payloads are views of the frame, which must not change
 * afterwards. Nothing is verified. Problems: lengths that disagree, no ADU or too many, an empty
 * one, another version.
 */
export function decodeLot(frame: Uint8Array): Result<LotFrame> {
  const { buffer, byteOffset, length } = frame;
  const at = byteOffset + FRAME_HEADER_BYTES;
  const body = new Uint8Array(buffer, at, length - FRAME_HEADER_BYTES);
  const problem = problemOf(body);
  if (problem !== undefined) return bad(`lot: ${problem}`);
  const view = viewOf(body);
  const count = view.getUint8(2);
  const statement = new Uint8Array(statedAt(count));
  statement.set(body.subarray(0, HEAD_BYTES));
  statement[3] = 0;
  const payloads = readEntries(body, statement);
  const lot: Lot = {
    source: readId(view, 4) as SourceId,
    epoch: readU48(view, 12),
    channel: view.getUint8(1),
    first: readU48(view, 18),
    count,
    timeMs: readU48(view, 24),
    statement,
    signature: body.slice(HEAD_BYTES, ENTRIES_AT),
  };
  return good({ lot, payloads, frame });
}

/** Completes the statement of a received lot with the hashes of the payloads that are present. */
export function completeStatement(
  { lot, payloads }: LotFrame,
  hash: (payload: Uint8Array) => Uint8Array,
): void {
  for (const [index, payload] of payloads.entries()) {
    if (payload !== undefined) lot.statement.set(hash(payload), statedAt(index) + ENTRY_BYTES);
  }
}

/** The ADUs that are present, as parts of `lot`, which is that of the frame or an equal one. */
export function adusIn({ payloads, frame }: LotFrame, lot: Lot): Adu[] {
  if (!payloads.includes(undefined) && !frames.has(lot)) frames.set(lot, frame);
  return payloads.flatMap((payload, index) => {
    return payload === undefined ? [] : [aduAt(lot, index, payload)];
  });
}

/** An ADU of a lot, by its index. */
export const aduAt = (lot: Lot, index: number, payload: Uint8Array): Adu => ({
  source: lot.source,
  channel: lot.channel,
  sequence: lot.first + index,
  timestampMs: lot.timeMs - viewOf(lot.statement).getUint16(statedAt(index)),
  payload,
  lot,
});
