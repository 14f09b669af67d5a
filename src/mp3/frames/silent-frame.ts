/**
 * Digital silence. The side information of a frame says for each granule and channel how many pairs
 * of large values follow (`big_values`); for samples that are all zero, every encoder writes none.
 * So silence is recognised without decoding. The noise of a microphone is no digital silence.
 */
import { parseFrameHeader } from './frame-header.js';
import { granuleLayout, sideInfoOffset } from './side-info.js';

/** `big_values` in the description of a granule: behind the 12 bits of `part2_3_length`. */
const BIG_VALUES = { offset: 12, length: 9 } as const;

/** Whether all bits in a range are 0. */
function areZero(bytes: Uint8Array, from: number, length: number): boolean {
  for (let bit = from; bit < from + length; bit++) {
    if (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) return false;
  }
  return true;
}

/** Whether a frame is digital silence; false if the bytes do not begin with a header. */
export function isSilentFrame(frame: Uint8Array): boolean {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined) return false;
  const layout = granuleLayout(header);
  const start = 8 * sideInfoOffset(header) + layout.first + BIG_VALUES.offset;
  for (let part = 0; part < layout.count; part++) {
    if (!areZero(frame, start + part * layout.size, BIG_VALUES.length)) return false;
  }
  return true;
}
