/**
 * What a request for the stream is answered with if it does not become a listener: a refusal, a HEAD,
 * or a look at the first bytes.
 */
import type { RequestHead } from '../../http/server/request-head.js';
import { type Answer, type Fields, textAnswer, unavailable } from '../../http/server/response.js';
import { ICY_INTERVAL_BYTES } from '../../icecast/icy-metadata.js';
import { probedBytes, wantsTitles } from '../../icecast/stream-request.js';
import type { RenditionKbps } from '../../session/renditions.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { TicketGate } from '../listeners/ticket-gate.js';
import type { AudioRing } from '../sound/audio-ring.js';

export interface StreamAnswerOptions {
  readonly identities: Pick<ListenerIdentities, 'hasSlot'>;
  readonly tickets: TicketGate;
  readonly ring: Pick<AudioRing, 'burst'>;
  /** The `icy-*` header fields of the stream, or of a rendition of it. */
  streamFields(rendition?: RenditionKbps): Fields;
  /** New listeners are refused: the SCX is about to end. */
  isLeaving(): boolean;
  now(): number;
}

/** A request, and the address of its client. */
interface StreamRequest {
  readonly head: RequestHead;
  readonly address: string;
  /** The rendition that it asks for, kbit/s. */
  readonly rendition?: RenditionKbps | undefined;
}

/** Retry-After, s: when the address is full, when leaving. Guesses. */
const RETRY_S = { full: 10, leaving: 1 } as const;

/** The first bytes of a frame, for a look while there is no audio. */
const SYNC = Uint8Array.of(0xff, 0xfb);

/** Whether the client wants titles in the stream. */
export const hasTitles = ({ headers }: RequestHead): boolean =>
  wantsTitles(headers.get('icy-metadata'));

/** The header fields of the stream. */
export const streamFields = (
  options: StreamAnswerOptions,
  withTitles: boolean,
  rendition: RenditionKbps | undefined,
): Fields => ({
  'Content-Type': 'audio/mpeg',
  'Accept-Ranges': 'none',
  ...options.streamFields(rendition),
  ...(withTitles ? { 'icy-metaint': ICY_INTERVAL_BYTES } : {}),
});

const headAnswer = (options: StreamAnswerOptions, { head, rendition }: StreamRequest): Answer => ({
  status: 200,
  body: '',
  fields: { ...streamFields(options, hasTitles(head), rendition), 'Content-Length': undefined },
});

/** Safari goes on only if it gets the range that it asked for; it then asks for everything. */
function probeAnswer(options: StreamAnswerOptions, bytes: number): Answer {
  const start = options.ring.burst(options.now())?.bytes ?? SYNC;
  const body = start.subarray(0, bytes);
  return {
    status: 206,
    body,
    fields: { 'Content-Type': 'audio/mpeg', 'Content-Range': `bytes 0-${body.length - 1}/*` },
  };
}

const addressFull = (): Answer =>
  textAnswer(429, 'Too many listeners at your address.', { 'Retry-After': RETRY_S.full });

/** The answer to a request for the stream; undefined: it becomes a listener. */
export function streamAnswer(
  options: StreamAnswerOptions,
  request: StreamRequest,
): Answer | undefined {
  const { head, address } = request;
  if (options.isLeaving()) return unavailable('This relay is leaving.', RETRY_S.leaving);
  const denied = options.tickets.refusal(head.target, address);
  if (denied !== undefined) return denied;
  if (!options.identities.hasSlot(address)) return addressFull();
  if (head.method === 'HEAD') return headAnswer(options, request);
  const probed = probedBytes(head.headers.get('range'), head.headers.get('icy-metadata'));
  return probed === undefined ? undefined : probeAnswer(options, probed);
}
