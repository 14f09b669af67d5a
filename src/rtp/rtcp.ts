/**
 * RTCP (RFC 3550 §6), beside each RTP stream on the next port: the sender tells what its timestamps mean
 * and its name; receivers report. A report is read for one thing only, that somebody listens.
 *
 * What is read comes from anybody: it is bounded in length and number, and cannot throw.
 */
import { joinBytes } from '../lib/bytes/join-bytes.js';

const VERSION = 0x80;
const TYPE = Object.freeze({
  senderReport: 200,
  receiverReport: 201,
  description: 202,
  goodbye: 203,
});
const CNAME = 1;
const CNAME_BYTES_MAX = 255;
const U32_SPAN = 2 ** 32;
/** From 1900, when NTP begins, to 1970, s. */
const NTP_EPOCH_S = 2_208_988_800;

/** Reports, one after the other, that one datagram may have. */
const PACKETS_MAX = 16;
/** SSRCs of one packet: its count has five bits. */
const COUNT_MASK = 0x1f;

export interface SenderState {
  readonly ssrc: number;
  /** The name of the stream (§6.5.1), ASCII. */
  readonly cname: string;
  /** Now, ms since 1970, and the timestamp of the sound that is sent now. */
  readonly timeMs: number;
  readonly timestamp: number;
  /** Sent since the start. */
  readonly packets: number;
  /** Of payloads. */
  readonly bytes: number;
}

/** The first word of a packet: its length is counted in words, without this one. */
function startPacket(type: number, count: number, words: number): DataView {
  const view = new DataView(new ArrayBuffer(4 * (words + 1)));
  view.setUint8(0, VERSION | count);
  view.setUint8(1, type);
  view.setUint16(2, words);
  return view;
}

const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

function senderReport({ ssrc, timeMs, timestamp, packets, bytes }: SenderState): Uint8Array {
  const view = startPacket(TYPE.senderReport, 0, 6);
  view.setUint32(4, ssrc);
  view.setUint32(8, Math.floor(timeMs / 1000) + NTP_EPOCH_S);
  view.setUint32(12, Math.floor(((timeMs % 1000) / 1000) * U32_SPAN));
  view.setUint32(16, timestamp % U32_SPAN);
  view.setUint32(20, packets % U32_SPAN);
  view.setUint32(24, bytes % U32_SPAN);
  return bytesOf(view);
}

/** The name, which ends with at least one zero, up to a whole word. */
function description({ ssrc, cname }: Pick<SenderState, 'ssrc' | 'cname'>): Uint8Array {
  const name = new TextEncoder().encode(cname).subarray(0, CNAME_BYTES_MAX);
  const words = 1 + Math.floor((2 + name.length) / 4) + 1;
  const view = startPacket(TYPE.description, 1, words);
  view.setUint32(4, ssrc);
  view.setUint8(8, CNAME);
  view.setUint8(9, name.length);
  bytesOf(view).set(name, 10);
  return bytesOf(view);
}

/** A sender report with the sender's name: a datagram. */
export const encodeSenderReport = (state: SenderState): Uint8Array =>
  joinBytes(senderReport(state), description(state));

/** The same, and that the stream ends (§6.6). */
export function encodeGoodbye(state: SenderState): Uint8Array {
  const goodbye = startPacket(TYPE.goodbye, 1, 1);
  goodbye.setUint32(4, state.ssrc);
  return joinBytes(encodeSenderReport(state), bytesOf(goodbye));
}

/** Receivers of which a datagram tells, by SSRC. */
export interface Reports {
  /** They listen, or are about to. */
  readonly present: readonly number[];
  /** They have left. */
  readonly gone: readonly number[];
}

/** The receivers that a datagram tells of, up to the first packet that is malformed. */
export function readReports(datagram: Uint8Array): Reports {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const present: number[] = [];
  const gone: number[] = [];
  let at = 0;
  for (let index = 0; index < PACKETS_MAX && at + 8 <= view.byteLength; index++) {
    const first = view.getUint8(at);
    const type = view.getUint8(at + 1);
    const end = at + 4 * (view.getUint16(at + 2) + 1);
    const isSound = first >> 6 === 2 && type >= TYPE.senderReport && end <= view.byteLength;
    if (!isSound || end < at + 8) break;
    if (type === TYPE.receiverReport) present.push(view.getUint32(at + 4));
    if (type === TYPE.goodbye) {
      const last = Math.min(end, at + 4 * ((first & COUNT_MASK) + 1));
      for (let each = at + 4; each < last; each += 4) gone.push(view.getUint32(each));
    }
    at = end;
  }
  return { present: present.filter((ssrc) => !gone.includes(ssrc)), gone };
}
