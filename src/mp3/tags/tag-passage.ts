/**
 * The passage through one tag, whose bytes come in pieces. ID3v2 and tags that are not read have
 * their length at the beginning. A Lyrics3 tag has only a mark at its end: the search for it is
 * bounded, so that a false beginning hides a bounded part of the stream. Everything that belongs to
 * a tag is taken from the stream without being held.
 */
import { hasMark } from './ascii-mark.js';
import { createId3Reader, type TagText } from './id3-reader.js';
import type { TagStart } from './tag-start.js';

/** The progress of a passage. */
type Progress =
  | { readonly kind: 'within' }
  /** The tag is over. An ID3v2 tag gives its texts. */
  | { readonly kind: 'over'; readonly text?: TagText }
  /** There was no end within the bound: this was not a tag. */
  | { readonly kind: 'lost' };

/** The passage through one tag. */
export interface TagPassage {
  /** Takes the bytes that belong to the tag from the beginning of `bytes`; returns their number. */
  pass(bytes: Uint8Array): number;
  progress(): Progress;
}

/** The marks at the end of Lyrics3 versions 1 and 2. */
const LYRICS_ENDS = ['LYRICSEND', 'LYRICS200'];
const LYRICS_END_BYTES = 9;

/** Version 2 has six digits for its length, so no tag is longer. */
const LYRICS_BYTES_MAX = 1_000_000;

const WITHIN: Progress = { kind: 'within' };

/**
 * Creates a passage at the first byte of a tag; its texts have at most `charactersMax` UTF-16
 * units.
 */
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

/** The number of bytes without those that may begin an end mark. */
const beforeHalfMark = (bytes: Uint8Array): number =>
  Math.max(0, bytes.length - (LYRICS_END_BYTES - 1));

/** The number of bytes up to the end of the first end mark; undefined if there is none. */
function lyricsEnd(bytes: Uint8Array): number | undefined {
  for (let index = 0; index + LYRICS_END_BYTES <= bytes.length; index++) {
    if (LYRICS_ENDS.some((mark) => hasMark(bytes, index, mark))) return index + LYRICS_END_BYTES;
  }
  return undefined;
}
