/**
 * A listener starts in mid-stream. The first frames use bytes of frames that the player never
 * received (side-info.ts: the bit reservoir): players report errors, and some play noise. So the
 * frames at the beginning that cannot be decoded become silent frames with the same header and
 * length: their side information claims no bits, their main data stays in place, and the frames
 * that follow find their reservoir in it. That concerns one or two frames at 128 kbit/s.
 *
 * A silent frame sets `main_data_begin` not to 0 but to everything there is so far. mpg123 keeps
 * only as many old bytes as each frame asks for, so with 0 the next frame would lack the bytes that
 * it needs. (Measured: mpg123 1.31 then decodes wrong bytes, and reports it.)
 */
import { crc16 } from './crc16.js';
import { HEADER_BYTES, parseFrameHeader } from './frame-header.js';
import { mainDataBegin, mainDataBytes, sideInfoBytes, sideInfoOffset } from './side-info.js';

/**
 * The same frames, with those silenced that need bytes from before the first one. What is not a
 * frame stays as it is. Frames that need no change are the same objects.
 */
export function leadIn(frames: readonly Uint8Array[]): Uint8Array[] {
  return frames.map(createLeadIn());
}

/**
 * Creates a filter like `leadIn` for frames that come one by one. Once the reservoir is complete,
 * nothing changes.
 */
export function createLeadIn(): (frame: Uint8Array) => Uint8Array {
  let suppliedBytes = 0;
  return (frame) => {
    const header = parseFrameHeader(frame, 0);
    if (header === undefined) return frame;
    const missing = (mainDataBegin(frame) ?? 0) > suppliedBytes;
    const played = missing ? silence(frame, suppliedBytes) : frame;
    suppliedBytes += mainDataBytes(header);
    return played;
  };
}

/** The frame without its sound, after frames that are missing. */
export const silenced = (frame: Uint8Array): Uint8Array => silence(frame, 0);

/** The index of the first frame that needs no earlier bytes; undefined if there is none. */
export function reservoirStart(frames: readonly Uint8Array[]): number | undefined {
  const index = frames.findIndex((frame) => mainDataBegin(frame) === 0);
  return index === -1 ? undefined : index;
}

/** A copy of the frame without sound; its main data begins `reachBytes` before it. */
function silence(frame: Uint8Array, reachBytes: number): Uint8Array {
  const silent = new Uint8Array(frame);
  const header = parseFrameHeader(frame, 0);
  if (header === undefined) return silent;
  const offset = sideInfoOffset(header);
  const sideInfo = silent.subarray(offset, offset + sideInfoBytes(header));
  sideInfo.fill(0);
  sideInfo[0] = header.mpegVersion === 1 ? reachBytes >> 1 : reachBytes;
  if (header.mpegVersion === 1) sideInfo[1] = (reachBytes & 1) << 7;
  if (header.hasCrc) {
    const crc = crc16(sideInfo, crc16(silent.subarray(2, HEADER_BYTES)));
    silent[HEADER_BYTES] = crc >> 8;
    silent[HEADER_BYTES + 1] = crc & 0xff;
  }
  return silent;
}
