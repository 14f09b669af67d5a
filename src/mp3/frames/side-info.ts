/**
 * What stands between a frame's header and its main data. The side information begins with
 * `main_data_begin`: how many bytes *before* this frame's own main data its sound begins. That is
 * Layer III's bit reservoir: what one frame leaves unused, a later one spends. So a frame cannot
 * be decoded without the frames before it, which lead-in.ts is about.
 *
 * An encoder's first frame may hold no sound but a table for players that seek in files ("Xing",
 * "Info" or "VBRI"). Its frame count and offsets are wrong in a stream, so it is not sent on.
 */

import { hasMark } from '../tags/ascii-mark.js';
import { type FrameHeader, HEADER_BYTES, parseFrameHeader } from './frame-header.js';

const CRC_BYTES = 2;

/** Where the "VBRI" mark stands, whatever the number of channels. */
const VBRI_OFFSET = HEADER_BYTES + 32;

/** Where a frame's side information begins. */
export function sideInfoOffset(header: FrameHeader): number {
  return HEADER_BYTES + (header.hasCrc ? CRC_BYTES : 0);
}

/** How long a frame's side information is: 9, 17 or 32 bytes. */
export function sideInfoBytes(header: FrameHeader): number {
  if (header.mpegVersion === 1) return header.channelMode === 'mono' ? 17 : 32;
  return header.channelMode === 'mono' ? 9 : 17;
}

/** How many bytes of a frame are main data; never negative. */
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

/** Whether a frame holds no sound but a Xing, Info or VBRI table. */
export function isVbrTagFrame(frame: Uint8Array): boolean {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined || mainDataBegin(frame) !== 0) return false;
  const bytes = sideInfoBytes(header);
  return (
    // Some encoders forget that they wrote a CRC.
    [HEADER_BYTES + bytes, sideInfoOffset(header) + bytes].some(
      (offset) => hasMark(frame, offset, 'Xing') || hasMark(frame, offset, 'Info'),
    ) || hasMark(frame, VBRI_OFFSET, 'VBRI')
  );
}
