/**
 * ADUs on the wire (§3.8). The frame's body, big endian:
 *
 *   offset  bytes  field
 *        0      1  version: 1
 *        1      1  flags: 0
 *        2      1  channel
 *        3      1  reserved: 0
 *        4      8  source id
 *       12     16  source SCX id
 *       28      6  sequence number
 *       34      6  timestamp: whole ms on the source's clock
 *       40      4  payload length
 *       44      …  payload
 *
 * An SCX forwards each ADU unchanged to several children. So a frame is built once for each ADU,
 * and a received ADU keeps the frame in which it came: its payload is a part of that frame.
 */
import type { Adu, SourceId } from '../gossamer/core/node.js';
import { assert } from '../lib/assert.js';
import { bad, good, type Result } from '../lib/result.js';
import { createFrame, FRAME, FRAME_HEADER_BYTES } from './frame.js';
import { readId, readNodeId, writeId, writeNodeId } from './id-codec.js';

const VERSION = 1;

/** The bytes of the body before the payload. */
export const ADU_HEADER_BYTES = 44;

/** Sequence numbers and timestamps have 48 bits. */
const U48_MAX = 2 ** 48 - 1;
const U32_SPAN = 2 ** 32;

/** The frames of ADUs. Bounded by the ADUs in use: a weak map keeps none of them alive. */
const frames = new WeakMap<Adu, Uint8Array>();

function writeU48(view: DataView, at: number, value: number): void {
  view.setUint16(at, Math.floor(value / U32_SPAN));
  view.setUint32(at + 2, value % U32_SPAN);
}

const readU48 = (view: DataView, at: number): number =>
  view.getUint16(at) * U32_SPAN + view.getUint32(at + 2);

const isU48 = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= U48_MAX;

function buildFrame(adu: Adu): Uint8Array {
  const timestampMs = Math.floor(adu.timestampMs);
  assert(
    isU48(adu.sequence),
    () => `an ADU's sequence number must have 48 bits, got ${adu.sequence}`,
  );
  assert(isU48(timestampMs), () => `an ADU's timestamp must have 48 bits, got ${adu.timestampMs}`);
  const frame = createFrame(FRAME.adu, ADU_HEADER_BYTES + adu.payload.length);
  const view = new DataView(frame.buffer, FRAME_HEADER_BYTES);
  view.setUint8(0, VERSION);
  view.setUint8(2, adu.channel);
  writeId(view, 4, adu.source);
  writeNodeId(view, 12, adu.sourceScx);
  writeU48(view, 28, adu.sequence);
  writeU48(view, 34, timestampMs);
  view.setUint32(40, adu.payload.length);
  frame.set(adu.payload, FRAME_HEADER_BYTES + ADU_HEADER_BYTES);
  return frame;
}

/** The frame of an ADU: always the same buffer, which must not be changed. */
export function encodeAdu(adu: Adu): Uint8Array {
  const known = frames.get(adu);
  if (known !== undefined) return known;
  const frame = buildFrame(adu);
  frames.set(adu, frame);
  return frame;
}

/**
 * The ADU in a whole frame, header included. Its payload is a view of the frame, which must not
 * change afterwards. Problems: too short, another version, unknown flags, or a wrong payload
 * length.
 */
export function decodeAdu(frame: Uint8Array): Result<Adu> {
  const bytes = frame.length - FRAME_HEADER_BYTES - ADU_HEADER_BYTES;
  if (bytes < 0) return bad('ADU: shorter than its header');
  const view = new DataView(frame.buffer, frame.byteOffset + FRAME_HEADER_BYTES);
  if (view.getUint8(0) !== VERSION) return bad(`ADU: version ${view.getUint8(0)}`);
  if (view.getUint8(1) !== 0 || view.getUint8(3) !== 0) return bad('ADU: unknown flags');
  if (view.getUint32(40) !== bytes) return bad('ADU: payload length and frame length disagree');
  const adu: Adu = {
    source: readId(view, 4) as SourceId,
    sourceScx: readNodeId(view, 12),
    channel: view.getUint8(2),
    sequence: readU48(view, 28),
    timestampMs: readU48(view, 34),
    payload: new Uint8Array(frame.buffer, view.byteOffset + ADU_HEADER_BYTES, bytes),
  };
  frames.set(adu, frame);
  return good(adu);
}
