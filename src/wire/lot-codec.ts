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
 *       30      2  age of the ADUs at that time, ms
 *       32     64  signature
 *       96      …  the length of each payload that is present (2 bytes)
 *        …      …  the hashes of the largest subtrees without a payload (16 bytes each)
 *        …      …  the payloads that are present
 *
 * What is signed is the *statement*: the first 32 bytes, with 0 for `present`, and the root of a tree
 * of hashes over the payloads (RFC 6962). So a part of a lot proves itself: an ADU that goes alone,
 * because it was asked for again, fits into a datagram, or is all that is still cached, goes with the
 * hashes of what is missing. Of four ADUs two prove themselves with one hash, that of the other two.
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

/** The bytes of the statement before the root, and the same bytes of the body. */
const HEAD_BYTES = 32;
export const SIGNATURE_BYTES = 64;
const LENGTHS_AT = HEAD_BYTES + SIGNATURE_BYTES;
const LENGTH_BYTES = 2;

/** SHA-256, cut to 128 bits: who signs has nothing to gain from two payloads of one hash. */
export const HASH_BYTES = 16;

/** Hashes parts, one after the other, to HASH_BYTES. */
export type Hash = (...parts: readonly Uint8Array[]) => Uint8Array;

/** The payloads of a lot, by index; undefined: not at hand, or not to be sent. */
export type Payloads = readonly (Uint8Array | undefined)[];

/** A part of a lot: from an index to before another. */
type Subtree = readonly [from: number, end: number];

/** First bytes of what is hashed: no payload passes for an inner node. */
const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

/** The bytes of a lot's body besides the payloads that are present, at most. */
const LOT_OVERHEAD_MAX = LENGTHS_AT + LOT_ADUS_MAX * LENGTH_BYTES;

/** The longest body of a lot whose payloads have at most this length together. */
export const lotBytesMax = (payloadBytesMax: number): number => LOT_OVERHEAD_MAX + payloadBytesMax;

/** What all ADUs of a lot share. */
export type LotHead = Pick<Lot, 'source' | 'epoch' | 'channel' | 'first' | 'timeMs'> & {
  /** When its ADUs were published, ms on the source's clock. */
  readonly timestampMs: number;
};

/** A lot as a frame holds it. */
export interface LotFrame {
  /** Its statement has no root yet. */
  readonly lot: Lot;
  readonly payloads: Payloads;
  readonly frame: Uint8Array;
}

/** The whole frames of lots. Bounded by the lots in use: a weak map keeps none of them alive. */
const frames = new WeakMap<Lot, Uint8Array>();

const NO_BYTES = new Uint8Array(0);

function writeU48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / U32_SPAN));
  view.setUint32(at + 2, value % U32_SPAN);
}

const readU48 = (view: DataView, at: number): number =>
  view.getUint16(at) * U32_SPAN + view.getUint32(at + 2);

const isU48 = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= U48_MAX;

const viewOf = (bytes: Uint8Array, from = 0): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset + from, bytes.length - from);

/** The halves of a subtree of more than one ADU: the left one has a power of two. */
function halvesOf([from, end]: Subtree): readonly [Subtree, Subtree] {
  let half = 1;
  while (2 * half < end - from) half *= 2;
  return [
    [from, from + half],
    [from + half, end],
  ];
}

/**
 * The place of a subtree's hash in the nodes of its lot: all subtrees from left to right, each
 * between its halves.
 */
function placeOf(tree: Subtree): number {
  const place = tree[1] - tree[0] === 1 ? 2 * tree[0] : 2 * halvesOf(tree)[1][0] - 1;
  return place * HASH_BYTES;
}

const nodeAt = (nodes: Uint8Array, tree: Subtree): Uint8Array =>
  nodes.subarray(placeOf(tree), placeOf(tree) + HASH_BYTES);

/** Room for the hashes of a lot's subtrees; those that are not known are zeros. */
const createNodes = (count: number): Uint8Array => new Uint8Array((2 * count - 1) * HASH_BYTES);

const isAbsent = (payloads: Payloads, [from, end]: Subtree): boolean =>
  payloads.slice(from, end).every((payload) => payload === undefined);

/** The largest subtrees without a payload, in their order. */
function absentIn(payloads: Payloads, tree: Subtree = [0, payloads.length]): Subtree[] {
  if (isAbsent(payloads, tree)) return [tree];
  if (tree[1] - tree[0] === 1) return [];
  return halvesOf(tree).flatMap((half) => absentIn(payloads, half));
}

/** The root of the tree; hashes of subtrees without a payload must be known, others are noted. */
function rootOf(payloads: Payloads, nodes: Uint8Array, hash: Hash): Uint8Array {
  const compute = (tree: Subtree): Uint8Array => {
    if (isAbsent(payloads, tree)) return nodeAt(nodes, tree);
    const payload = tree[1] - tree[0] === 1 ? payloads[tree[0]] : undefined;
    const found =
      payload === undefined ? hash(INNER, ...halvesOf(tree).map(compute)) : hash(LEAF, payload);
    nodes.set(found, placeOf(tree));
    return found;
  };
  return compute([0, payloads.length]);
}

/** The length of the frame of a lot in which these payloads are present, bytes. */
export function lotFrameBytes(payloads: Payloads): number {
  let bytes = FRAME_HEADER_BYTES + LENGTHS_AT + absentIn(payloads).length * HASH_BYTES;
  for (const payload of payloads) {
    if (payload !== undefined) bytes += LENGTH_BYTES + payload.length;
  }
  return bytes;
}

/** The lot of these payloads, without its signature. ADUs that are older than 65 s are dated later. */
export function createLot(head: LotHead, payloads: readonly Uint8Array[], hash: Hash): Lot {
  const { source, epoch, channel, first, timeMs, timestampMs } = head;
  const count = payloads.length;
  const fits = count > 0 && count <= LOT_ADUS_MAX;
  assert(fits, () => `a lot must have 1 to ${LOT_ADUS_MAX} ADUs, got ${count}`);
  const isSound = [epoch, first, timeMs].every(isU48) && first + count <= U48_MAX;
  assert(isSound, () => `the numbers of a lot must have 48 bits: ${[epoch, first, timeMs]}`);
  const statement = new Uint8Array(HEAD_BYTES + HASH_BYTES);
  const view = viewOf(statement);
  statement.set([VERSION, channel, count, 0]);
  writeId(view, 4, source);
  writeU48(view, 12, epoch);
  writeU48(view, 18, first);
  writeU48(view, 24, timeMs);
  const ageMs = Math.ceil(timeMs - timestampMs);
  view.setUint16(30, Math.max(0, Math.min(ageMs, U16_MAX, timeMs)));
  const nodes = createNodes(count);
  statement.set(rootOf(payloads, nodes, hash), HEAD_BYTES);
  return { source, epoch, channel, first, count, timeMs, statement, nodes, signature: NO_BYTES };
}

/** The frame of a lot with the payloads that are given. */
function buildFrame({ statement, signature, nodes }: Lot, payloads: Payloads): Uint8Array {
  const frame = createFrame(FRAME.lot, lotFrameBytes(payloads) - FRAME_HEADER_BYTES);
  const body = frame.subarray(FRAME_HEADER_BYTES);
  const view = viewOf(body);
  body.set(statement.subarray(0, HEAD_BYTES));
  body.set(signature, HEAD_BYTES);
  let at = LENGTHS_AT;
  for (const [index, payload] of payloads.entries()) {
    if (payload === undefined) continue;
    view.setUint8(3, view.getUint8(3) | (1 << index));
    view.setUint16(at, payload.length);
    at += LENGTH_BYTES;
  }
  const hashes = absentIn(payloads).map((tree) => nodeAt(nodes, tree));
  for (const part of [...hashes, ...payloads]) {
    body.set(part ?? NO_BYTES, at);
    at += part?.length ?? 0;
  }
  return frame;
}

/**
 * The frame of a lot with the payloads that are given, which must be some of those that were
 * received. The whole frame is always the same buffer, which must not be changed.
 */
export function encodeLot(lot: Lot, payloads: Payloads): Uint8Array {
  if (payloads.includes(undefined)) return buildFrame(lot, payloads);
  const frame = frames.get(lot) ?? buildFrame(lot, payloads);
  frames.set(lot, frame);
  return frame;
}

/** The problem of a body's head; undefined: it has none. */
function problemOf(body: Uint8Array): string | undefined {
  if (body.length < LENGTHS_AT) return 'shorter than its header';
  const view = viewOf(body);
  const [version, count, present] = [view.getUint8(0), view.getUint8(2), view.getUint8(3)];
  if (version !== VERSION) return `version ${version}`;
  if (count === 0 || count > LOT_ADUS_MAX) return `${count} ADUs`;
  if (present === 0 || present >= 1 << count) return 'no ADU, or unknown ones';
  if (readU48(view, 18) + count > U48_MAX) return 'numbers of more than 48 bits';
  return view.getUint16(30) > readU48(view, 24) ? 'older than all time' : undefined;
}

/** The payloads in a body, and the hashes of the others; or a problem. */
function readParts(body: Uint8Array, nodes: Uint8Array): Result<Payloads> {
  const view = viewOf(body);
  const [count, present] = [view.getUint8(2), view.getUint8(3)];
  const isThere = Array.from({ length: count }, (_, index) => (present & (1 << index)) !== 0);
  let at = LENGTHS_AT + isThere.filter(Boolean).length * LENGTH_BYTES;
  if (body.length < at) return bad('lot: shorter than its lengths');
  const absent = absentIn(isThere.map((is) => (is ? NO_BYTES : undefined)));
  for (const tree of absent) {
    nodes.set(body.subarray(at, at + HASH_BYTES), placeOf(tree));
    at += HASH_BYTES;
  }
  let lengthAt = LENGTHS_AT;
  const payloads = isThere.map((is) => {
    if (!is) return undefined;
    const length = view.getUint16(lengthAt);
    lengthAt += LENGTH_BYTES;
    at += length;
    return body.subarray(at - length, at);
  });
  if (at !== body.length) return bad('lot: lengths of payloads and frame disagree');
  return payloads.some((payload) => payload?.length === 0)
    ? bad('lot: an empty ADU')
    : good(payloads);
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
  const nodes = createNodes(body[2] as number);
  const payloads = readParts(body, nodes);
  if (!payloads.ok) return payloads;
  const view = viewOf(body);
  const statement = new Uint8Array(HEAD_BYTES + HASH_BYTES);
  statement.set(body.subarray(0, HEAD_BYTES));
  statement[3] = 0;
  const lot: Lot = {
    source: readId(view, 4) as SourceId,
    epoch: readU48(view, 12),
    channel: view.getUint8(1),
    first: readU48(view, 18),
    count: view.getUint8(2),
    timeMs: readU48(view, 24),
    statement,
    nodes,
    signature: body.slice(HEAD_BYTES, LENGTHS_AT),
  };
  return good({ lot, payloads: payloads.value, frame });
}

/** Completes the statement of a received lot with the root of its tree. */
export function completeStatement({ lot, payloads }: LotFrame, hash: Hash): void {
  lot.statement.set(rootOf(payloads, lot.nodes, hash), HEAD_BYTES);
}

/** The ADUs that are present, as parts of `lot`, which is that of the frame or an equal one. */
export function adusIn({ lot: own, payloads, frame }: LotFrame, lot: Lot): Adu[] {
  if (!payloads.includes(undefined) && !frames.has(lot)) frames.set(lot, frame);
  for (const [at, byte] of own.nodes.entries()) if (byte !== 0) lot.nodes[at] = byte;
  return payloads.flatMap((payload, index) => {
    return payload === undefined ? [] : [aduAt(lot, index, payload)];
  });
}

/** An ADU of a lot, by its index. */
export const aduAt = (lot: Lot, index: number, payload: Uint8Array): Adu => ({
  source: lot.source,
  channel: lot.channel,
  sequence: lot.first + index,
  timestampMs: lot.timeMs - viewOf(lot.statement).getUint16(30),
  payload,
  lot,
});
