/**
 * The unit of the wire. Every connection of the overlay port carries frames, both ways:
 *
 *   offset  bytes  field
 *        0      4  length of what follows, big endian
 *        4      1  type
 *        5      …  body
 *
 * Frequent bodies are binary: lots of ADUs (lot-codec.ts), control and data messages (message-codec.ts).
 * The others are JSON in UTF-8. The first frame of each side is HELLO, or REFUSAL instead of it. A
 * REFUSAL may come at any time, and is its sender's last frame: it gives the reason.
 */
import { assert } from '../lib/assert.js';

/** The types of frames. */
export const FRAME = Object.freeze({
  hello: 1,
  /** A `Message`, on control connections. */
  control: 2,
  /** A `DataMessage`, on data connections. */
  data: 3,
  /** ADUs that left their source together. */
  lot: 4,
  /** A `ClientMessage`, between a broadcaster and its SCX. */
  client: 5,
  refusal: 6,
  /** A `Message` about an SCX that this SCX has signed, on control connections. */
  signed: 7,
  /** A `Sketch` of its sender, to those that watch it. */
  sketch: 8,
});

export type FrameType = (typeof FRAME)[keyof typeof FRAME];

/** The length field and the type. */
export const FRAME_HEADER_BYTES = 5;

const LENGTH_BYTES = 4;

/** The header of a frame: its type, and the bytes of the whole frame. */
export interface FrameHeader {
  readonly type: number;
  readonly bytes: number;
}

/** Reads the header at `at`, from where at least FRAME_HEADER_BYTES must be there. */
export function readFrameHeader(bytes: Uint8Array, at: number): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES);
  return { type: view.getUint8(LENGTH_BYTES), bytes: LENGTH_BYTES + view.getUint32(0) };
}

/** Creates a frame with its header, and room for a body of `bodyBytes` bytes. */
export function createFrame(type: FrameType, bodyBytes: number): Uint8Array {
  assert(bodyBytes >= 0 && bodyBytes < 2 ** 31, () => `a frame cannot hold ${bodyBytes} bytes`);
  const frame = new Uint8Array(FRAME_HEADER_BYTES + bodyBytes);
  const view = new DataView(frame.buffer);
  view.setUint32(0, bodyBytes + 1);
  view.setUint8(LENGTH_BYTES, type);
  return frame;
}
