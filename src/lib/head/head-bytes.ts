/**
 * The bytes of a head, which is lines up to an empty one, as they come in pieces. A peer may send them
 * one by one. A reader that reads everything again at each piece would do work that grows with the
 * square of the length, so this tells it when reading is worth it: at the first few bytes, at the end
 * of a head, and where a limit is crossed. Each byte is searched once, and copied a few times at most,
 * as the memory doubles.
 *
 * Bounded by its user, who stops at the last limit.
 */

/** What ends a head. */
export type HeadEnd = 'line' | 'empty line';

/** The bytes that have come. */
export interface HeadBytes {
  /** Adds a piece, which must not change afterwards; whether the bytes should be read now. */
  add(piece: Buffer): boolean;
  /** All of them. They stay as they are when others are added. */
  readonly all: Buffer;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Four empty lines, which may precede a head, and the word that a head begins with. */
const FIRST_BYTES = 16;
const NOTHING = Buffer.alloc(0);

/** Whether the line that ends with the line feed at `at` is empty. */
function endsEmptyLine(bytes: Buffer, at: number): boolean {
  const before = bytes[at - 1] === CARRIAGE_RETURN ? at - 2 : at - 1;
  return before < 0 || bytes[before] === LINE_FEED;
}

/** Whether a head may have ended behind `from`. */
function hasEnd(bytes: Buffer, from: number, end: HeadEnd): boolean {
  for (let at = bytes.indexOf(LINE_FEED, from); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) {
    if (end === 'line' || endsEmptyLine(bytes, at)) return true;
  }
  return false;
}

/** Creates an empty head. `limits`: lengths at which it is to be read in any case. */
export function createHeadBytes(end: HeadEnd, limits: readonly number[]): HeadBytes {
  let memory: Buffer = NOTHING;
  let length = 0;
  const all = (): Buffer => memory.subarray(0, length);

  const append = (piece: Buffer): void => {
    const needed = length + piece.length;
    if (needed > memory.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, 2 * length));
      memory.copy(larger, 0, 0, length);
      memory = larger;
    }
    piece.copy(memory, length);
    length = needed;
  };

  return {
    add: (piece) => {
      const before = length;
      if (before > 0) append(piece);
      else [memory, length] = [piece, piece.length];
      const isCrossed = limits.some((limit) => before < limit && limit <= length);
      return before < FIRST_BYTES || isCrossed || hasEnd(all(), before, end);
    },
    get all() {
      return all();
    },
  };
}
