/**
 * Who asked for what at the SCX's port, and what becomes of it: a listener, or a page and good-bye.
 * Looking is not listening: neither a HEAD nor a probe of the first bytes takes a place.
 */
import type { Socket } from 'node:net';
import type { AccessLog } from '../../http/server/access-log.js';
import { clientAddress, type IsTrusted } from '../../http/server/client-address.js';
import type { IncomingRequest } from '../../http/server/head-gate.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { createRequestRate } from '../../http/server/request-rate.js';
import {
  type Answer,
  type Fields,
  sendAnswer,
  textAnswer,
  unavailable,
} from '../../http/server/response.js';
import { ICY_INTERVAL_BYTES } from '../../icecast/icy-metadata.js';
import { withoutSecrets } from '../../icecast/title-update.js';
import { pathOf } from '../../lib/url-path.js';
import { type Ingest, isForIngest } from '../ingest/ingest.js';
import { type Asked, createStays } from '../listeners/listener-connection.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { ListenerState } from '../listeners/listener-state.js';
import type { ListenerPosition, Listeners } from '../listeners/listeners.js';
import type { AudioRing } from '../sound/audio-ring.js';
import type { OperatorPages } from './operator-pages.js';

export interface RequestOptions {
  /** `/SESSION.mp3`. */
  readonly streamPath: string;
  readonly listeners: Listeners;
  readonly identities: ListenerIdentities;
  readonly ring: AudioRing;
  readonly pages: OperatorPages;
  readonly ingest: Ingest;
  readonly accessLog: AccessLog;
  /** Whose X-Forwarded-For counts. */
  readonly trust: IsTrusted;
  /** The `icy-*` headers of the stream. */
  streamFields(): Fields;
  /** Newcomers are turned away: the SCX is about to end. */
  isLeaving(): boolean;
  now(): number;
}

/** "Come back", s: when its address is full, when leaving, when asking too often. Guesses. */
const RETRY_S = { full: 10, leaving: 1, often: 10 } as const;

/** OperatorPages of one address. Guesses: one that polls needs one or two a second. */
const PAGE_TURNS = { atOnce: 40, perSecond: 10 } as const;

/** Players that look before they listen ask for the first byte or two (Safari). */
const PROBE = /^bytes=0-([0-9])$/;
const SYNC = Uint8Array.of(0xff, 0xfb);

interface Request extends IncomingRequest {
  readonly address: string;
  readonly since: number;
}

/** Who comes, and from where. */
export interface RequestHandler {
  onRequest(visitor: IncomingRequest): void;
  /** A listener whom another process has served until now. */
  onListener(socket: Socket, passport: ListenerState, seat: ListenerPosition): void;
}

function askedBy({ head, address }: Request): Asked {
  const { method, protocol, headers } = head;
  const target = withoutSecrets(head.target);
  const [referer, agent] = [headers.get('referer'), headers.get('user-agent')];
  return { address, method, target, protocol, referer, agent };
}

/** Answers visitors. */
export function createRequestHandler(options: RequestOptions): RequestHandler {
  const turns = createRequestRate(PAGE_TURNS);

  const stays = createStays({
    ...options,
    fields: (titles) => streamFields(options, titles),
  });

  const note = (request: Request, status: number, bytes: number): void => {
    const durationMs = options.now() - request.since;
    options.accessLog.add({ ...askedBy(request), status, bytes, durationMs });
  };

  const reply = (request: Request, answer: Answer): void => {
    const bytes = sendAnswer(request.socket, answer, request.head.method === 'HEAD');
    note(request, answer.status, bytes);
  };

  const page = async (request: Request, path: string | undefined): Promise<void> => {
    if (!turns.take(request.address, options.now())) {
      const often = { 'Retry-After': RETRY_S.often };
      return reply(request, textAnswer(429, 'You ask too often; come back later.', often));
    }
    reply(request, await options.pages(path));
  };

  const stream = (request: Request): void => {
    const refusal = refusalOf(options, request);
    if (refusal !== undefined) return reply(request, refusal);
    if (request.head.method === 'HEAD') return reply(request, headOnly(options, request.head));
    const probe = PROBE.exec(request.head.headers.get('range') ?? '')?.[1];
    if (probe !== undefined) return reply(request, probeAnswer(options, Number(probe)));
    const { socket, isSecure, since, head } = request;
    const titles = wantsTitles(head);
    stays.enter({ socket, isSecure, since, wantsTitles: titles, asked: askedBy(request) });
  };

  const feed = (request: Request): void =>
    options.ingest.handle({
      ...request,
      who: { address: request.address, agent: request.head.headers.get('user-agent') ?? '' },
      reply: (answer) => reply(request, answer),
      note: (status) => note(request, status, 0),
    });

  const onRequest: RequestHandler['onRequest'] = (visitor) => {
    const { head, socket } = visitor;
    const peer = socket.remoteAddress ?? '';
    const forwarded = head.headers.get('x-forwarded-for');
    const address = clientAddress(peer, forwarded, options.trust);
    const request = { ...visitor, address, since: options.now() };
    if (isForIngest(head)) return feed(request);
    if (head.method !== 'GET' && head.method !== 'HEAD') {
      const allow = { Allow: 'GET, HEAD, PUT, OPTIONS, SOURCE' };
      return reply(request, textAnswer(405, 'That is not possible here.', allow));
    }
    const path = pathOf(head.target);
    if (path === options.streamPath) stream(request);
    else void page(request, path);
  };

  return { onRequest, onListener: stays.resume };
}

const wantsTitles = (head: RequestHead): boolean => head.headers.get('icy-metadata') === '1';

const streamFields = (options: RequestOptions, titles: boolean): Fields => ({
  'Content-Type': 'audio/mpeg',
  'Accept-Ranges': 'none',
  ...options.streamFields(),
  ...(titles ? { 'icy-metaint': ICY_INTERVAL_BYTES } : {}),
});

const headOnly = (options: RequestOptions, head: RequestHead): Answer => ({
  status: 200,
  body: '',
  fields: { ...streamFields(options, wantsTitles(head)), 'Content-Length': undefined },
});

/** Safari goes on only if it gets the range that it asked for; it then asks for the whole. */
function probeAnswer(options: RequestOptions, last: number): Answer {
  const start = options.ring.burst(options.now())?.bytes ?? SYNC;
  const body = start.subarray(0, last + 1);
  return {
    status: 206,
    body,
    fields: { 'Content-Type': 'audio/mpeg', 'Content-Range': `bytes 0-${body.length - 1}/*` },
  };
}

function refusalOf(options: RequestOptions, { address }: Request): Answer | undefined {
  if (options.isLeaving()) return unavailable('This relay is leaving.', RETRY_S.leaving);
  if (options.identities.hasSlot(address)) return undefined;
  return textAnswer(429, 'Too many listeners at your address.', { 'Retry-After': RETRY_S.full });
}
