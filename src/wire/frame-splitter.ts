/**
 * Cuts a byte stream into frames. A frame that lies in one chunk is not copied; one that spans
 * chunks is copied once, into a buffer of its final size. So the work is linear however the bytes
 * arrive, and what is held is one frame, whose length was checked before room was made for it.
 */
import { FRAME_HEADER_BYTES, type FrameHeader, readFrameHeader } from './frame.js';

/** A whole frame, header included, or the objection to one: then nothing follows. */
type Split<Objection> =
  | { readonly kind: 'frame'; readonly type: number; readonly bytes: Uint8Array }
  | { readonly kind: 'objection'; readonly objection: Objection };

/** Takes the next chunk, which the caller never changes afterwards. */
export type FrameSplitter<Objection> = (chunk: Uint8Array) => Generator<Split<Objection>, void>;

/**
 * @param object says what is wrong with a frame of that type and so many bytes of body, which
 *   may be -1; undefined if nothing is. Asked when all frames before have been taken.
 */
export function createFrameSplitter<Objection>(
  object: (type: number, bodyBytes: number) => Objection | undefined,
): FrameSplitter<Objection> {
  /** The frame under way: its header first, then room for all of it. */
  let partial = new Uint8Array(FRAME_HEADER_BYTES);
  let filled = 0;
  let header: FrameHeader | undefined;

  const check = ({ type, bytes }: FrameHeader): Split<Objection> | undefined => {
    const objection = object(type, bytes - FRAME_HEADER_BYTES);
    return objection === undefined ? undefined : { kind: 'objection', objection };
  };

  const fill = (chunk: Uint8Array, from: number): number => {
    const taken = Math.min(partial.length - filled, chunk.length - from);
    partial.set(chunk.subarray(from, from + taken), filled);
    filled += taken;
    return from + taken;
  };

  /** Makes room for the body. */
  const becomeLong = (known: FrameHeader): void => {
    const whole = new Uint8Array(known.bytes);
    whole.set(partial);
    partial = whole;
    header = known;
  };

  const becomeEmpty = (): void => {
    partial = new Uint8Array(FRAME_HEADER_BYTES);
    filled = 0;
    header = undefined;
  };

  /** The frame that begins and ends in this chunk. */
  const wholeAt = (chunk: Uint8Array, at: number): Split<Objection> | undefined => {
    if (filled > 0 || chunk.length - at < FRAME_HEADER_BYTES) return undefined;
    const { type, bytes } = readFrameHeader(chunk, at);
    const objection = check({ type, bytes });
    if (objection !== undefined || chunk.length - at < bytes) return objection;
    return { kind: 'frame', type, bytes: chunk.subarray(at, at + bytes) };
  };

  /** The frame under way, if its last byte has come. */
  const completed = (): Split<Objection> | undefined => {
    if (header === undefined && filled === FRAME_HEADER_BYTES) {
      const known = readFrameHeader(partial, 0);
      const objection = check(known);
      if (objection !== undefined) return objection;
      becomeLong(known);
    }
    if (header === undefined || filled < header.bytes) return undefined;
    const frame = { kind: 'frame', type: header.type, bytes: partial } as const;
    becomeEmpty();
    return frame;
  };

  return function* split(chunk) {
    let at = 0;
    while (at < chunk.length) {
      const whole = wholeAt(chunk, at);
      at = whole?.kind === 'frame' ? at + whole.bytes.length : fill(chunk, at);
      const found = whole ?? completed();
      if (found !== undefined) yield found;
      if (found?.kind === 'objection') return;
    }
  };
}
