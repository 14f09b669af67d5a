/**
 * The way through one tag. Of ID3v2 and of tags that are not read the length is known at their
 * beginning; Lyrics3 tells its end by a mark only, and is given up after a bounded search.
 */

import { hasMark } from './ascii-mark.js';
import { createId3Reader, type TagText } from './id3-reader.js';
import type { TagStart } from './tag-start.js';

/** How far we are. */
type Progress =
  | { readonly kind: 'within' }
  /** The tag is over. ID3v2 has told what it tells. */
  | { readonly kind: 'over'; readonly text?: TagText }
  /** There was no end where one must be. */
  | { readonly kind: 'lost' };

/** The way through one tag. */
export interface TagPassage {
  /** Takes what belongs to the tag from the beginning of `bytes`; says how many bytes that is. */
  pass(bytes: Uint8Array): number;
  progress(): Progress;
}

/** The marks at the end of Lyrics3 versions 1 and 2. */
const LYRICS_ENDS = ['LYRICSEND', 'LYRICS200'];
const LYRICS_END_BYTES = 9;

/** Version 2 has six digits for its length. */
const LYRICS_BYTES_MAX = 1_000_000;

const WITHIN: Progress = { kind: 'within' };

/** At the first byte of the tag; its texts are at most `charactersMax` UTF-16 units long. */
export function createTagPassage(tag: TagStart, charactersMax: number): TagPassage {
  return tag.kind === 'lyrics' ? passLyrics() : passBytes(tag, charactersMax);
}

function passBytes(tag: Exclude<TagStart, { kind: 'lyrics' }>, charactersMax: number): TagPassage {
  const reader = tag.kind === 'id3v2' ? createId3Reader(tag.header, charactersMax) : undefined;
  let leftBytes = tag.bytes;
  return {
    pass: (bytes) => {
      const part = bytes.subarray(0, leftBytes);
      reader?.push(part);
      leftBytes -= part.length;
      return part.length;
    },
    progress: () => {
      if (leftBytes > 0) return WITHIN;
      return reader === undefined ? { kind: 'over' } : { kind: 'over', text: reader.text() };
    },
  };
}

function passLyrics(): TagPassage {
  let leftBytes = LYRICS_BYTES_MAX;
  let over = false;
  return {
    pass: (bytes) => {
      const part = bytes.subarray(0, leftBytes);
      const end = lyricsEnd(part);
      over = end !== undefined;
      const passed = end ?? (part.length === leftBytes ? leftBytes : beforeHalfMark(part));
      leftBytes -= passed;
      return passed;
    },
    progress: () => {
      if (over) return { kind: 'over' };
      return leftBytes > 0 ? WITHIN : { kind: 'lost' };
    },
  };
}

/** All but what may be the beginning of an end mark. */
const beforeHalfMark = (bytes: Uint8Array): number =>
  Math.max(0, bytes.length - (LYRICS_END_BYTES - 1));

/** The number of bytes up to the end of the first end mark; undefined if there is none. */
function lyricsEnd(bytes: Uint8Array): number | undefined {
  for (let index = 0; index + LYRICS_END_BYTES <= bytes.length; index++) {
    if (LYRICS_ENDS.some((mark) => hasMark(bytes, index, mark))) return index + LYRICS_END_BYTES;
  }
  return undefined;
}
