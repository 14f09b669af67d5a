/**
 * Cuts a byte stream into frames. A frame that lies in one chunk is not copied; one that spans
 * chunks is copied once, into a buffer of its final size. So the work is linear however the bytes
 * arrive, and the memory is one frame, whose length was checked before it was allocated.
 */
import { FRAME_HEADER_BYTES, type FrameHeader, readFrameHeader } from './frame.js';

/** A whole frame, header included, or the objection to one, after which nothing follows. */
type Split<Objection> =
  | { readonly kind: 'frame'; readonly type: number; readonly bytes: Uint8Array }
  | { readonly kind: 'objection'; readonly objection: Objection };

/** Takes the next chunk, which must not change afterwards. */
export type FrameSplitter<Objection> = (chunk: Uint8Array) => Generator<Split<Objection>, void>;

/** The objection to a frame by its header; undefined if there is none. */
type Check<Objection> = (header: FrameHeader) => Split<Objection> | undefined;

/** The frame that begins and ends in a chunk; undefined if it does not end there. */
function wholeAt<Objection>(
  chunk: Uint8Array,
  at: number,
  check: Check<Objection>,
): Split<Objection> | undefined {
  if (chunk.length - at < FRAME_HEADER_BYTES) return undefined;
  const header = readFrameHeader(chunk, at);
  const objection = check(header);
  if (objection !== undefined || chunk.length - at < header.bytes) return objection;
  return { kind: 'frame', type: header.type, bytes: chunk.subarray(at, at + header.bytes) };
}

/** Creates a frame that comes in pieces: first its header is collected, then all of it. */
function createPartialFrame<Objection>(check: Check<Objection>) {
  let partial = new Uint8Array(FRAME_HEADER_BYTES);
  let filled = 0;
  let header: FrameHeader | undefined;

  const becomeEmpty = (): void => {
    partial = new Uint8Array(FRAME_HEADER_BYTES);
    filled = 0;
    header = undefined;
  };

  /** The header is known: allocates the whole frame. */
  const becomeLong = (known: FrameHeader): void => {
    const whole = new Uint8Array(known.bytes);
    whole.set(partial);
    partial = whole;
    header = known;
  };

  return {
    isEmpty: (): boolean => filled === 0,
    /** Takes bytes from `chunk`; returns where the rest begins. */
    fill: (chunk: Uint8Array, from: number): number => {
      const taken = Math.min(partial.length - filled, chunk.length - from);
      partial.set(chunk.subarray(from, from + taken), filled);
      filled += taken;
      return from + taken;
    },
    /** The frame, if its last byte has arrived, or the objection to it. */
    completed: (): Split<Objection> | undefined => {
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
    },
  };
}

/**
 * Creates a splitter of one stream.
 * @param object the objection to a frame with that type and that number of body bytes, which may be
 *   -1; undefined if there is none. It is called after all frames before have been taken.
 */
export function createFrameSplitter<Objection>(
  object: (type: number, bodyBytes: number) => Objection | undefined,
): FrameSplitter<Objection> {
  const check: Check<Objection> = ({ type, bytes }) => {
    const objection = object(type, bytes - FRAME_HEADER_BYTES);
    return objection === undefined ? undefined : { kind: 'objection', objection };
  };
  const partial = createPartialFrame(check);

  return function* split(chunk) {
    let at = 0;
    while (at < chunk.length) {
      const whole = partial.isEmpty() ? wholeAt(chunk, at, check) : undefined;
      at = whole?.kind === 'frame' ? at + whole.bytes.length : partial.fill(chunk, at);
      const found = whole ?? partial.completed();
      if (found !== undefined) yield found;
      if (found?.kind === 'objection') return;
    }
  };
}
