/**
 * ID3v1: the last 128 bytes of a file, `TAG` and fields of fixed length, padded with NULs or spaces
 * (id3.org, "ID3v1"). In a stream it comes too late to name a recording, but a reader of a whole
 * file can begin at its end.
 */
import { plainText } from '../../lib/plain-text.js';
import { hasMark } from './ascii-mark.js';
import type { TagText } from './id3-reader.js';
import { decodeLegacyText } from './legacy-text.js';

export const ID3V1_BYTES = 128;

const FIELD_BYTES = 30;
const OFFSETS = { title: 3, artist: 33, album: 63 } as const;

/** The texts of a tag; `bytes` are the last 128 of the file. Undefined if they are not a tag. */
export function parseId3v1(bytes: Uint8Array): TagText | undefined {
  if (bytes.length !== ID3V1_BYTES || !hasMark(bytes, 0, 'TAG')) return undefined;
  const found: { -readonly [Key in keyof TagText]: TagText[Key] } = {};
  for (const key of ['title', 'artist', 'album'] as const) {
    const field = bytes.subarray(OFFSETS[key], OFFSETS[key] + FIELD_BYTES);
    const text = plainText(decodeLegacyText(field), FIELD_BYTES);
    if (text !== undefined) found[key] = text;
  }
  return found;
}
