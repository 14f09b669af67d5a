/**
 * RTP (RFC 3550 §5.1): the header in front of each packet of sound.
 *
 *   offset  bytes  field
 *        0      1  version 2; no padding, no extension, no contributing sources
 *        1      1  marker, payload type
 *        2      2  sequence number, modulo 2^16
 *        4      4  timestamp, modulo 2^32
 *        8      4  SSRC: the stream, drawn at random
 */

/** The clock of the timestamps of MPEG audio (RFC 2250 §2, RFC 5219 §4.1), Hz. */
export const RTP_CLOCK_HZ = 90_000;

const RTP_HEADER_BYTES = 12;

const VERSION = 0x80;
const MARKER = 0x80;

/** What goes into one packet, besides its number and its stream. */
export interface RtpContent {
  /** In units of RTP_CLOCK_HZ. */
  readonly timestamp: number;
  /** It is the first one, or the first one after a pause. */
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

interface RtpPacket extends RtpContent {
  /** 0 to 127. */
  readonly payloadType: number;
  readonly sequence: number;
  readonly ssrc: number;
}

/** The bytes of a packet; numbers are taken modulo the width of their fields. */
export function encodeRtp(packet: RtpPacket): Uint8Array {
  const { payload, payloadType, sequence, timestamp, ssrc, marker } = packet;
  const bytes = new Uint8Array(RTP_HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, (marker ? MARKER : 0) | payloadType);
  view.setUint16(2, sequence);
  view.setUint32(4, timestamp);
  view.setUint32(8, ssrc);
  bytes.set(payload, RTP_HEADER_BYTES);
  return bytes;
}
