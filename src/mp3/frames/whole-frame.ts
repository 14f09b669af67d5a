/**
 * A frame that stands alone, as an ADU of RFC 5219 does. A frame's sound may begin in the bytes of the
 * frames before it (side-info.ts: the bit reservoir). Where a stream goes on with frames of another
 * encoder, the decoder has other bytes there. So the first frame after the change is given the bytes that
 * it needs, and a header of a higher bit rate, so that they fit in. The frames after it find their
 * reservoir in it: its last bytes are the same as before.
 *
 *   reservoir | header, side information | main data         the frame as it was
 *   header, side information | its sound | zeros | the rest  the frame on its own
 */
import { crc16 } from './crc16.js';
import { bitrateIndexFor, HEADER_BYTES, parseFrameHeader } from './frame-header.js';
import {
  mainDataBegin,
  mainDataBytes,
  sideInfoBytes,
  sideInfoOffset,
  soundBytes,
} from './side-info.js';

/** The longest reach of `main_data_begin`, bytes. */
const RESERVOIR_BYTES_MAX = 511;

/** The main data of the last frames: what the next one can reach. */
export interface Reservoir {
  readonly bytes: Uint8Array;
  add(frame: Uint8Array): void;
}

/** The part of a frame behind its side information; empty if it begins with no header. */
function mainData(frame: Uint8Array): Uint8Array {
  const header = parseFrameHeader(frame, 0);
  if (header === undefined) return new Uint8Array();
  return frame.subarray(header.frameBytes - mainDataBytes(header), header.frameBytes);
}

/** Creates an empty reservoir; it keeps RESERVOIR_BYTES_MAX bytes. */
export function createReservoir(): Reservoir {
  let bytes: Uint8Array = new Uint8Array();
  return {
    get bytes() {
      return bytes;
    },
    add: (frame) => {
      bytes = Buffer.concat([bytes, mainData(frame)]).subarray(-RESERVOIR_BYTES_MAX);
    },
  };
}

/**
 * A frame of the same sound that needs no earlier bytes. Undefined if they are not in `reservoir`, or no bit
 * rate is high enough, or `frame` begins with no header.
 *
 * @param reservoir the main data of the frames before it
 */
export function wholeFrame(frame: Uint8Array, reservoir: Uint8Array): Uint8Array | undefined {
  const header = parseFrameHeader(frame, 0);
  const reach = mainDataBegin(frame);
  if (header === undefined || reach === undefined || reach > reservoir.length) return undefined;
  if (reach === 0) return frame;
  const data = Buffer.concat([reservoir.subarray(reservoir.length - reach), mainData(frame)]);
  const before = sideInfoOffset(header) + sideInfoBytes(header);
  const index = bitrateIndexFor(header, before + data.length);
  const own = Math.min(soundBytes(frame) ?? data.length, data.length);
  if (index === undefined) return undefined;

  const whole = new Uint8Array(index.frameBytes);
  whole.set(frame.subarray(0, before));
  whole[2] = (index.index << 4) | ((frame[2] ?? 0) & 0x0d); // without padding
  whole.set(data.subarray(0, own), before);
  whole.set(data.subarray(own), whole.length - (data.length - own));
  const sideInfo = whole.subarray(sideInfoOffset(header), before);
  sideInfo[0] = 0;
  if (header.mpegVersion === 1) sideInfo[1] = (sideInfo[1] as number) & 0x7f;
  if (header.hasCrc) {
    const crc = crc16(sideInfo, crc16(whole.subarray(2, HEADER_BYTES)));
    whole[HEADER_BYTES] = crc >> 8;
    whole[HEADER_BYTES + 1] = crc & 0xff;
  }
  return whole;
}
