/**
 * Control messages as bytes. Each message is declared once (message-codec.ts), out of codecs: how
 * long a value is, how it is written, and how it is read from a stranger's bytes. So what we say,
 * what we take, and what it costs cannot disagree; and the compiler holds the declaration against
 * the hand-written type, both ways.
 *
 * A codec takes only what the same codec writes: each value has one form. Reading never throws and
 * makes room for nothing that has not come: a value that cannot be read is undefined, and the reader
 * knows the field and the rule that it breaks.
 *
 * Written here: the packages that are as compact and as well typed bound no list, throw at what is
 * wrong, and cannot name its field.
 */
import { assert } from '../lib/assert.js';
import { bad, good, type Result } from '../lib/result.js';
import { createFrame, FRAME_HEADER_BYTES, type FrameType } from './frame.js';

/** One kind of value. */
export interface Codec<Value> {
  /** Bytes of the longest value. */
  readonly bytesMax: number;
  /** Exactly the bytes that are written. */
  readonly bytesOf: (value: Value) => number;
  readonly write: (to: Cursor, value: Value) => void;
  /** Undefined: `fail` was called. */
  readonly read: (from: Reader) => Value | undefined;
}

/** A place in a frame. */
export interface Cursor {
  readonly view: DataView;
  at: number;
}

export interface Reader extends Cursor {
  /** The rule that was broken. Never quotes what was sent: it goes into logs. */
  rule: string;
  /** Where, outermost first. */
  field: (string | number)[];
}

/** Says why nothing can be read. */
export function fail(from: Reader, rule: string): undefined {
  from.rule = rule;
  return undefined;
}

/** Passes so many bytes; gives the offset of the first, undefined if they have not all come. */
export function take(from: Reader, bytes: number): number | undefined {
  const at = from.at;
  if (at + bytes > from.view.byteLength) return fail(from, 'the message ends too soon');
  from.at = at + bytes;
  return at;
}

/** As `take`, to write: `bytesOf` has made the room. */
export function give(to: Cursor, bytes: number): number {
  to.at += bytes;
  return to.at - bytes;
}

/** A whole frame. */
export function encodeWith<Value>(codec: Codec<Value>, value: Value, type: FrameType): Uint8Array {
  const frame = createFrame(type, codec.bytesOf(value));
  const to = { view: new DataView(frame.buffer), at: FRAME_HEADER_BYTES };
  codec.write(to, value);
  assert(to.at === frame.length, 'a frame is as long as its codec says');
  return frame;
}

/** What is in a whole frame, header included; the problem names a field of `what`, and a rule. */
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
