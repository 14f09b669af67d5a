/**
 * Control messages as bytes. Each message is declared once (message-codec.ts), composed of codecs.
 * A codec knows how long a value is, how it is written, and how it is read from untrusted bytes. So
 * what we send, what we accept and what it costs cannot disagree, and the compiler compares the
 * declaration with the hand-written type, in both directions.
 *
 * A codec reads only what the same codec writes: each value has one form. Reading never throws, and
 * never allocates memory for bytes that have not arrived. A value that cannot be read is undefined;
 * the reader then has the field and the rule that it breaks.
 *
 * This is our own code because the packages that are as compact and as well typed do not bound
 * lists, throw on malformed bytes, and cannot name the malformed field.
 */
import { assert } from '../lib/assert.js';
import { bad, good, type Result } from '../lib/result.js';
import { createFrame, FRAME_HEADER_BYTES, type FrameType } from './frame.js';

/** One kind of value. */
export interface Codec<Value> {
  /** Bytes of the longest value. */
  readonly bytesMax: number;
  /** Every value has `bytesMax` bytes. Speed only: then no value needs to be asked for its length. */
  readonly isFixed?: true;
  /** Exactly the bytes that are written. */
  readonly bytesOf: (value: Value) => number;
  readonly write: (to: Cursor, value: Value) => void;
  /** Undefined: `fail` was called. */
  readonly read: (from: Reader) => Value | undefined;
}

/** A position in a frame. */
export interface Cursor {
  readonly view: DataView;
  at: number;
}

export interface Reader extends Cursor {
  /** The rule that was broken. It never quotes what was sent, because it goes into logs. */
  rule: string;
  /** The path to the field that breaks it, outermost first. */
  field: (string | number)[];
}

/** Records the rule that the bytes break; always undefined, the answer of `read`. */
export function fail(from: Reader, rule: string): undefined {
  from.rule = rule;
  return undefined;
}

/** Skips `bytes` bytes; returns the offset of the first, or undefined if the frame ends before. */
export function take(from: Reader, bytes: number): number | undefined {
  const at = from.at;
  if (at + bytes > from.view.byteLength) return fail(from, 'the message ends too soon');
  from.at = at + bytes;
  return at;
}

/** Like `take`, for writing: the frame has the length that `bytesOf` gave, so there is room. */
export function give(to: Cursor, bytes: number): number {
  to.at += bytes;
  return to.at - bytes;
}

/** The whole frame of a value, header included. */
export function encodeWith<Value>(codec: Codec<Value>, value: Value, type: FrameType): Uint8Array {
  const frame = createFrame(type, codec.bytesOf(value));
  const to = { view: new DataView(frame.buffer), at: FRAME_HEADER_BYTES };
  codec.write(to, value);
  assert(to.at === frame.length, 'a frame has the length that its codec gives');
  return frame;
}

/** The value in a whole frame, header included. The problem names a field of `what` and a rule. */
export function decodeWith<Value>(
  codec: Codec<Value>,
  what: string,
  frame: Uint8Array,
): Result<Value> {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const from: Reader = { view, at: FRAME_HEADER_BYTES, rule: '', field: [] };
  const value = codec.read(from);
  if (value === undefined) return bad(`${[what, ...from.field].join('.')}: ${from.rule}`);
  return from.at === frame.length ? good(value) : bad(`${what}: bytes after its end`);
}
