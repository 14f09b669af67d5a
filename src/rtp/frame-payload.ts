/**
 * MP3 frames in RTP as RFC 2250 §3.4, §3.5 has it, payload type 14: players have known it for longest.
 * A packet has whole frames; a frame that does not fit is cut, and each piece says where it begins.
 *
 *   offset  bytes  field
 *        0      2  zero
 *        2      2  offset of the first byte in its frame
 *        4      …  frames, or a piece of one
 */
import { joinBytes } from '../lib/bytes/join-bytes.js';
import type { RtpContent } from './rtp-packet.js';

/** MPA (RFC 3551 §4.5.13). */
export const FRAME_PAYLOAD_TYPE = 14;

/** The longest payload, bytes: with its headers it passes an Ethernet. */
export const PAYLOAD_BYTES_MAX = 1400;

/** An MP3 frame, and when it is played. */
export interface TimedFrame {
  readonly bytes: Uint8Array;
  /** In units of RTP_CLOCK_HZ. */
  readonly timestamp: number;
}

const HEADER_BYTES = 4;
const ROOM = PAYLOAD_BYTES_MAX - HEADER_BYTES;

function payloadOf(offset: number, parts: readonly Uint8Array[]): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  new DataView(header.buffer).setUint16(2, offset);
  return joinBytes(header, ...parts);
}

/** Cuts bytes into pieces of at most that length. */
export function cut(bytes: Uint8Array, lengthMax: number): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / lengthMax);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * lengthMax, (index + 1) * lengthMax),
  );
}

/** Frames that go into one packet each; one that does not fit is alone. */
function grouped(frames: readonly TimedFrame[]): readonly (readonly TimedFrame[])[] {
  const groups: TimedFrame[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const frame of frames) {
    bytes += frame.bytes.length;
    if (bytes <= ROOM) groups.at(-1)?.push(frame);
    else {
      groups.push([frame]);
      bytes = frame.bytes.length;
    }
  }
  return groups;
}

/** The packets of frames that follow each other. `marker`: they begin after a pause. */
export function framePackets(frames: readonly TimedFrame[], marker: boolean): RtpContent[] {
  const packets = grouped(frames).flatMap((group) => {
    const timestamp = group[0]?.timestamp ?? 0;
    const parts = group.map(({ bytes }) => bytes);
    const [first] = parts;
    if (first === undefined || first.length <= ROOM) {
      return [{ timestamp, payload: payloadOf(0, parts) }];
    }
    return cut(first, ROOM).map((piece, index) => ({
      timestamp,
      payload: payloadOf(index * ROOM, [piece]),
    }));
  });
  return packets.map((packet, index) => ({ ...packet, marker: marker && index === 0 }));
}
