/**
 * The description of a stream (SDP, RFC 8866), as players need it: the group, the port and the format.
 * Each format has a description of its own, because players play all streams of one.
 */
import { write } from 'sdp-transform';
import { plainText } from '../lib/plain-text.js';
import { ADU_PAYLOAD_TYPE } from './adu-payload.js';
import { FRAME_PAYLOAD_TYPE } from './frame-payload.js';
import { RTP_CLOCK_HZ } from './rtp-packet.js';

/** RFC 2250, or RFC 5219. */
export type RtpFormat = 'frames' | 'adus';

/** By format: its payload type, and the name of its encoding. */
export const RTP_FORMATS = Object.freeze({
  frames: { payloadType: FRAME_PAYLOAD_TYPE, codec: 'MPA' },
  adus: { payloadType: ADU_PAYLOAD_TYPE, codec: 'mpa-robust' },
} as const);

export interface StreamFacts {
  readonly format: RtpFormat;
  /** Of the sender: an IPv4 address. */
  readonly origin: string;
  /** The same for each description of a stream, and a number that grows with what has changed. */
  readonly id: number;
  readonly version: number;
  readonly title: string;
  readonly text?: string | undefined;
  readonly homepage?: string | undefined;
  readonly group: string;
  readonly ttl: number;
  readonly port: number;
}

export const SDP_TYPE = 'application/sdp';

const TEXT_MAX = 256;

const line = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : plainText(text, TEXT_MAX);

/** The description, lines that end with CR LF. */
export function printSdp(facts: StreamFacts): string {
  const { origin, group, ttl, format } = facts;
  const { payloadType, codec } = RTP_FORMATS[format];
  const description = line(facts.text);
  const uri = line(facts.homepage);
  return write({
    version: 0,
    origin: {
      ...{ username: '-', sessionId: facts.id, sessionVersion: facts.version },
      ...{ netType: 'IN', ipVer: 4, address: origin },
    },
    name: line(facts.title) ?? '-',
    ...(description === undefined ? {} : { description }),
    ...(uri === undefined ? {} : { uri }),
    connection: { version: 4, ip: `${group}/${ttl}` },
    timing: { start: 0, stop: 0 },
    direction: 'recvonly',
    media: [
      {
        ...{ type: 'audio', port: facts.port, protocol: 'RTP/AVP', payloads: `${payloadType}` },
        rtp: [{ payload: payloadType, codec, rate: RTP_CLOCK_HZ }],
        fmtp: [],
      },
    ],
  });
}
