/**
 * Recognises the tags around MP3 frames by their first bytes. ID3v2 comes before a recording and
 * names it. ID3v1, APEv2 and Lyrics3 come after one: their titles arrive when the recording is
 * over, so they are skipped unread (id3v1.ts serves readers of whole files).
 */
import { hasMark } from './ascii-mark.js';
import { ID3_HEADER_BYTES, type Id3Header, parseId3Header } from './id3-header.js';
import { ID3V1_BYTES } from './id3v1.js';

/** The beginning of a tag. */
export type TagStart =
  | { readonly kind: 'id3v2'; readonly header: Id3Header; readonly bytes: number }
  /** A tag of known length that is not read. */
  | { readonly kind: 'unread'; readonly bytes: number }
  /** A Lyrics3 tag: its length is unknown until its end. */
  | { readonly kind: 'lyrics' };

/** The number of bytes that identify a tag. */
export const TAG_START_BYTES = 32;

const APE_HEADER_BYTES = 32;

/** Set where the 32 bytes are a header, clear where they are a footer. */
const APE_IS_HEADER = 0x20;

/**
 * The tag at `offset`; undefined if there is none, or one of more than `bytesMax`. The three
 * letters of ID3v1 are weak evidence, so call this only where a tag may begin.
 */
export function findTagStart(
  bytes: Uint8Array,
  offset: number,
  bytesMax: number,
): TagStart | undefined {
  const tag = tagAt(bytes, offset);
  return tag === undefined || tag.kind === 'lyrics' || tag.bytes <= bytesMax ? tag : undefined;
}

function tagAt(bytes: Uint8Array, offset: number): TagStart | undefined {
  switch (String.fromCharCode(bytes[offset] ?? 0)) {
    case 'I':
      return id3v2At(bytes, offset);
    case 'T':
      return hasMark(bytes, offset, 'TAG') ? { kind: 'unread', bytes: ID3V1_BYTES } : undefined;
    case 'A':
      return apeAt(bytes, offset);
    case 'L':
      return hasMark(bytes, offset, 'LYRICSBEGIN') ? { kind: 'lyrics' } : undefined;
    default:
      return undefined;
  }
}

function id3v2At(bytes: Uint8Array, offset: number): TagStart | undefined {
  const header = parseId3Header(bytes, offset);
  if (header === undefined) return undefined;
  return { kind: 'id3v2', header, bytes: ID3_HEADER_BYTES + header.bodyBytes + header.footerBytes };
}

/** A footer follows its items: it is found only where the tag has no header, after the items. */
function apeAt(bytes: Uint8Array, offset: number): TagStart | undefined {
  if (!hasMark(bytes, offset, 'APETAGEX')) return undefined;
  const at = (index: number): number => bytes[offset + index] ?? 0;
  const size = at(12) + at(13) * 2 ** 8 + at(14) * 2 ** 16 + at(15) * 2 ** 24;
  const isHeader = (at(23) & APE_IS_HEADER) !== 0;
  return { kind: 'unread', bytes: APE_HEADER_BYTES + (isHeader ? size : 0) };
}
