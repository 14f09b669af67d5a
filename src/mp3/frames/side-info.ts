/**
 * The side information, between a frame's header and its main data. It begins with
 * `main_data_begin`: how many bytes *before* this frame's own main data its sound begins. That is
 * Layer III's bit reservoir: a frame may leave bytes unused for a later one. So a frame cannot be
 * decoded without the frames before it, which is the subject of lead-in.ts.
 *
 * An encoder's first frame may contain a table for players that seek in files ("Xing", "Info" or
 * "VBRI") in place of sound. Its frame count and offsets are wrong in a stream, so it is not sent
 * on.
 */
import { hasMark } from '../tags/ascii-mark.js';
import { type FrameHeader, HEADER_BYTES, parseFrameHeader } from './frame-header.js';

const CRC_BYTES = 2;

/** The offset of the "VBRI" mark, which does not depend on the number of channels. */
const VBRI_OFFSET = HEADER_BYTES + 32;

/** The offset of a frame's side information. */
export function sideInfoOffset(header: FrameHeader): number {
  return HEADER_BYTES + (header.hasCrc ? CRC_BYTES : 0);
}

/** The length of a frame's side information: 9, 17 or 32 bytes. */
export function sideInfoBytes(header: FrameHeader): number {
  if (header.mpegVersion === 1) return header.channelMode === 'mono' ? 17 : 32;
  return header.channelMode === 'mono' ? 9 : 17;
}

/** The number of main data bytes of a frame; never negative. */
export function mainDataBytes(header: FrameHeader): number {
  return header.frameBytes - sideInfoOffset(header) - sideInfoBytes(header);
}

/**
 * The reservoir bytes that a frame takes from the frames before it: 0 to 511 (MPEG 2: 255);
 * undefined if `frame` does not begin with a header.
 */
export function mainDataBegin(frame: Uint8Array): number | undefined {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined) return undefined;
  const offset = sideInfoOffset(header);
  const first = frame[offset] ?? 0;
  return header.mpegVersion === 1 ? (first << 1) | ((frame[offset + 1] ?? 0) >> 7) : first;
}

/** Where the descriptions of the granules are in the side information, each channel's own, in bits. */
export function granuleLayout(header: FrameHeader) {
  const isMono = header.channelMode === 'mono';
  const channels = isMono ? 1 : 2;
  return header.mpegVersion === 1
    ? { first: 9 + (isMono ? 5 : 3) + 4 * channels, count: 2 * channels, size: 59 }
    : { first: 8 + channels, count: channels, size: 63 };
}

/** The length of the number with which such a description begins: the bits of its sound. */
const PART_LENGTH_BITS = 12;

/** The number of `length` bits that begins at a bit. */
function bitsAt(bytes: Uint8Array, from: number, length: number): number {
  let value = 0;
  for (let bit = from; bit < from + length; bit++) {
    value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  }
  return value;
}

/** The main data bytes of a frame's own sound, wherever they are; undefined without a header. */
export function soundBytes(frame: Uint8Array): number | undefined {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined) return undefined;
  const { first, count, size } = granuleLayout(header);
  const start = 8 * sideInfoOffset(header) + first;
  let bits = 0;
  for (let part = 0; part < count; part++) {
    bits += bitsAt(frame, start + part * size, PART_LENGTH_BITS);
  }
  return Math.ceil(bits / 8);
}

/** Of a description of a granule: after how many bits it says which windows its sound has. */
const WINDOW_BITS_AT = { 1: 33, 2: 38, 2.5: 38 } as const;

/**
 * The windows of a frame's sound, one for each granule and channel in the order in which they are in the frame:
 * 0 normal, 1 start, 2 short, 3 stop. Empty if `frame` begins with no header.
 */
export function blockTypes(frame: Uint8Array): readonly number[] {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined) return [];
  const { first, count, size } = granuleLayout(header);
  const start = 8 * sideInfoOffset(header) + first + WINDOW_BITS_AT[header.mpegVersion];
  return Array.from({ length: count }, (_, part) => {
    const at = start + part * size;
    return bitsAt(frame, at, 1) === 0 ? 0 : bitsAt(frame, at + 1, 2);
  });
}

/** Whether a frame contains a Xing, Info or VBRI table in place of sound. */
export function isVbrTagFrame(frame: Uint8Array): boolean {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined || mainDataBegin(frame) !== 0) return false;
  const bytes = sideInfoBytes(header);
  return (
    // Some encoders put the mark where it would be without the CRC that they wrote.
    [HEADER_BYTES + bytes, sideInfoOffset(header) + bytes].some(
      (offset) => hasMark(frame, offset, 'Xing') || hasMark(frame, offset, 'Info'),
    ) || hasMark(frame, VBRI_OFFSET, 'VBRI')
  );
}
