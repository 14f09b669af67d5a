/**
 * One frame inside an ID3v2 tag. Each version has its own header. 2.2: three letters and three
 * bytes of length. 2.3: four letters, four bytes of length and two bytes of flags. 2.4: the same,
 * with seven bits in each byte of the length.
 */
import { type Id3Header, syncSafe } from './id3-header.js';

/** The texts that are read, by their names in all versions. */
const TEXT_KEYS: ReadonlyMap<string, Id3TextKey> = new Map([
  ['TT2', 'title'],
  ['TIT2', 'title'],
  ['TP1', 'artist'],
  ['TPE1', 'artist'],
  ['TAL', 'album'],
  ['TALB', 'album'],
]);

export type Id3TextKey = 'title' | 'artist' | 'album';

/** The header of a frame. */
export interface Id3Frame {
  /** The text that the frame contains; undefined if it is of no interest, or cannot be read. */
  readonly key: Id3TextKey | undefined;
  readonly bodyBytes: number;
  /** Bytes of the body in front of the text. */
  readonly prefixBytes: number;
  readonly unsynchronised: boolean;
}

/** The flags of a frame that matter, in the second byte; 2.2 has none. */
const FLAGS = {
  2: { unreadable: 0, group: 0, length: 0, unsynchronised: 0 },
  3: { unreadable: 0xc0, group: 0x20, length: 0, unsynchronised: 0 },
  4: { unreadable: 0x0c, group: 0x40, length: 0x01, unsynchronised: 0x02 },
};

/** The length of a frame's header. */
export function id3FrameHeaderBytes(tag: Id3Header): number {
  return tag.version === 2 ? 6 : 10;
}

/** Reads a frame's header; undefined where the frames end: at padding, or at a malformed frame. */
export function parseId3Frame(tag: Id3Header, bytes: Uint8Array): Id3Frame | undefined {
  const id = String.fromCharCode(...bytes.subarray(0, tag.version === 2 ? 3 : 4));
  if (!/^[A-Z0-9]+$/.test(id)) return undefined;
  const flags = FLAGS[tag.version];
  const flagByte = tag.version === 2 ? 0 : (bytes[9] ?? 0);
  const readable = (flagByte & flags.unreadable) === 0;
  return {
    key: readable ? TEXT_KEYS.get(id) : undefined,
    bodyBytes: frameBodyBytes(tag, bytes),
    prefixBytes: ((flagByte & flags.group) === 0 ? 0 : 1) + 4 * (flagByte & flags.length),
    unsynchronised:
      tag.version === 4 && (tag.unsynchronised || (flagByte & flags.unsynchronised) !== 0),
  };
}

function frameBodyBytes(tag: Id3Header, bytes: Uint8Array): number {
  if (tag.version === 2) return bigEndian(bytes.subarray(3, 6));
  // Some early writers of 2.4 used all eight bits of each byte.
  const safe = tag.version === 4 ? syncSafe(bytes, 4) : undefined;
  return safe ?? bigEndian(bytes.subarray(4, 8));
}

/** The number in these bytes, the most significant first. */
export function bigEndian(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
