/**
 * MP3 as application data units in RTP (RFC 5219), the *loss-tolerant* payload format: a packet has one
 * whole ADU, which decodes without the packets before it. ADUs are not interleaved (§6 makes that
 * optional), so nothing has to be put in order. Each packet begins with the ADU's descriptor (§4.2):
 * a bit C for a continuation, a bit T = 1 for a descriptor of two bytes, and the length of the whole
 * ADU in 14 bits. An ADU that does not fit is cut, and each piece has the descriptor of the whole.
 */
import { cut, PAYLOAD_BYTES_MAX, type TimedFrame } from './frame-payload.js';
import type { RtpContent } from './rtp-packet.js';

/** Of the dynamic ones (RFC 3551 §3); the SDP says what it is. */
export const ADU_PAYLOAD_TYPE = 97;

const DESCRIPTOR_BYTES = 2;
const CONTINUATION = 0x8000;
const TWO_BYTES = 0x4000;
/** A length has 14 bits. An ADU has less: a frame of 1441 bytes, and 511 of the reservoir. */
const LENGTH_MAX = 0x3fff;

function payloadOf(descriptor: number, piece: Uint8Array): Uint8Array {
  const payload = new Uint8Array(DESCRIPTOR_BYTES + piece.length);
  new DataView(payload.buffer).setUint16(0, descriptor);
  payload.set(piece, DESCRIPTOR_BYTES);
  return payload;
}

/** The packets of an ADU: one, if it fits. `marker`: it begins after a pause. */
export function aduPackets({ bytes, timestamp }: TimedFrame, marker: boolean): RtpContent[] {
  if (bytes.length > LENGTH_MAX) return [];
  const descriptor = TWO_BYTES | bytes.length;
  return cut(bytes, PAYLOAD_BYTES_MAX - DESCRIPTOR_BYTES).map((piece, index) => ({
    ...{ timestamp, marker: marker && index === 0 },
    payload: payloadOf(index === 0 ? descriptor : descriptor | CONTINUATION, piece),
  }));
}
