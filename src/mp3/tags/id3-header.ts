/**
 * The ten bytes in front of an ID3v2 tag (ID3v2.4 structure §3.1; the same in 2.2 and 2.3). They
 * give the length of the tag, so that it can be skipped whatever it contains.
 */
import { hasMark } from './ascii-mark.js';

/** The header of a tag. */
export interface Id3Header {
  readonly version: 2 | 3 | 4;
  /** The length of the tag without this header and without a footer. */
  readonly bodyBytes: number;
  /** The length of the footer: 0 or 10. */
  readonly footerBytes: number;
  /** Each 0xFF of the body may be followed by a 0 that is not part of it. */
  readonly unsynchronised: boolean;
  /** The body begins with an extended header. */
  readonly extended: boolean;
  /** The frames cannot be read: 2.2 with its compression, which was never defined. */
  readonly opaque: boolean;
}

export const ID3_HEADER_BYTES = 10;
const FOOTER_BYTES = 10;

/** The flags that a version defines; bytes with other flags are not a tag. */
const FLAGS = { 2: 0xc0, 3: 0xe0, 4: 0xf0 };

/** Reads the header at `offset`; undefined if there is none, or fewer than ten bytes. */
export function parseId3Header(bytes: Uint8Array, offset: number): Id3Header | undefined {
  if (!hasMark(bytes, offset, 'ID3') || offset + ID3_HEADER_BYTES > bytes.length) return undefined;
  const version = bytes[offset + 3];
  const revision = bytes[offset + 4];
  const flags = bytes[offset + 5] as number;
  const bodyBytes = syncSafe(bytes, offset + 6);
  if (version !== 2 && version !== 3 && version !== 4) return undefined;
  if (revision === 0xff || bodyBytes === undefined || (flags & ~FLAGS[version]) !== 0) {
    return undefined;
  }
  return {
    version,
    bodyBytes,
    footerBytes: version === 4 && (flags & 0x10) !== 0 ? FOOTER_BYTES : 0,
    unsynchronised: (flags & 0x80) !== 0,
    extended: version !== 2 && (flags & 0x40) !== 0,
    opaque: version === 2 && (flags & 0x40) !== 0,
  };
}

/** Four bytes of seven bits each; undefined if one has its eighth bit set. */
export function syncSafe(bytes: Uint8Array, offset: number): number | undefined {
  let value = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[offset + index] ?? 0x80;
    if (byte >= 0x80) return undefined;
    value = value * 128 + byte;
  }
  return value;
}
