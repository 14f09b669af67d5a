/**
 * Frames to ADUs (RFC 5219 §3, appendix A.1). A frame's sound begins up to 511 bytes before it, in the
 * bytes that frames before it have left over (side-info.ts). An *ADU frame* has the same header and side
 * information, and behind them all the bytes of its own sound and nothing else: it can be decoded
 * without any other frame.
 *
 * Bounded: the last RESERVOIR_MAX bytes of main data.
 */
import { joinBytes } from '../../lib/bytes/join-bytes.js';
import { parseFrameHeader } from './frame-header.js';
import { mainDataBegin, sideInfoBytes, sideInfoOffset } from './side-info.js';

/** What `main_data_begin` can reach. */
const RESERVOIR_MAX = 511;

/** Reads bits, the first one the highest of its byte; those behind the end are zeros. */
function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let bit = at; bit < at + count; bit++) {
    value = (value << 1) | (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
  }
  return value;
}

/** The layout of the side information, bits: what comes before the granules, and each of them. */
function layoutOf(mpegVersion: number, isMono: boolean) {
  if (mpegVersion === 1) {
    return { before: isMono ? 18 : 20, granules: isMono ? 2 : 4, each: 59 };
  }
  return { before: isMono ? 9 : 10, granules: isMono ? 1 : 2, each: 63 };
}

/** The length of a frame's sound in whole bytes: the sum of `part2_3_length`. */
function soundBytes(sideInfo: Uint8Array, mpegVersion: number, isMono: boolean): number {
  const { before, granules, each } = layoutOf(mpegVersion, isMono);
  let bits = 0;
  for (let index = 0; index < granules; index++) {
    bits += bitsAt(sideInfo, before + index * each, 12);
  }
  return (bits + 7) >> 3;
}

/**
 * Creates a function that takes frames one after the other, and returns the ADU of each; undefined if it
 * needs bytes of frames that did not come, or claims more than it has.
 */
export function createAduMaker(): (frame: Uint8Array) => Uint8Array | undefined {
  let reservoir: Uint8Array = new Uint8Array(0);
  return (frame) => {
    const header = parseFrameHeader(frame, 0);
    if (header === undefined) return undefined;
    const mainAt = sideInfoOffset(header) + sideInfoBytes(header);
    const sideInfo = frame.subarray(sideInfoOffset(header), mainAt);
    const begin = mainDataBegin(frame) ?? 0;
    const bytes = soundBytes(sideInfo, header.mpegVersion, header.channelMode === 'mono');
    const sound = joinBytes(reservoir, frame.subarray(mainAt));
    const from = reservoir.length - begin;
    reservoir = sound.slice(Math.max(0, sound.length - RESERVOIR_MAX));
    if (from < 0 || from + bytes > sound.length) return undefined;
    return joinBytes(frame.subarray(0, mainAt), sound.subarray(from, from + bytes));
  };
}
