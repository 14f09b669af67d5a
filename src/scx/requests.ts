/**
 * Who asked for what at the SCX's port, and what becomes of it: a listener, or a page and good-bye.
 * Looking is not listening: neither a HEAD nor a probe of the first bytes takes a place.
 */
import { ICY_INTERVAL_BYTES } from '../mp3/icy.js';
import type { AccessLog } from './access-log.js';
import { type Answer, comeBack, type Fields, headText, sendAnswer, sentence } from './answer.js';
import type { Audience, Identity } from './audience.js';
import type { AudioRing } from './audio-ring.js';
import type { Visitor } from './door.js';
import { clientAddress, type IsTrusted } from './forwarded.js';
import { type Ingest, isForIngest } from './ingest.js';
import { withoutSecrets } from './ingest-metadata.js';
import type { Listeners } from './listeners.js';
import { createPageBudget } from './page-budget.js';
import type { Pages } from './pages.js';
import { pathOf, type RequestHead } from './request-head.js';
import { createStreamOutlet, ignoreInput } from './stream-outlet.js';

export interface RequestOptions {
  /** `/SESSION.mp3`. */
  readonly streamPath: string;
  readonly listeners: Listeners;
  readonly audience: Audience;
  readonly ring: AudioRing;
  readonly pages: Pages;
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

/** "Come back", s: when full, when off the air, when leaving, when asking too often. Guesses. */
const RETRY_S = { full: 10, offAir: 5, leaving: 1, often: 10 } as const;

/** Players that look before they listen ask for the first byte or two (Safari). */
const PROBE = /^bytes=0-([0-9])$/;
const SYNC = Uint8Array.of(0xff, 0xfb);

interface Request extends Visitor {
  readonly who: Identity;
  readonly since: number;
}

/** Answers visitors. */
export function createHandler(options: RequestOptions): (visitor: Visitor) => void {
  const budget = createPageBudget();

  const note = (request: Request, status: number, bytes: number): void => {
    const { method, protocol, headers } = request.head;
    const target = withoutSecrets(request.head.target);
    const agent = headers.get('user-agent');
    const referer = headers.get('referer');
    const durationMs = options.now() - request.since;
    const { address } = request.who;
    const access = { address, method, target, protocol, status, bytes, referer, agent, durationMs };
    options.accessLog.add(access);
  };

  const reply = (request: Request, answer: Answer): void => {
    const bytes = sendAnswer(request.socket, answer, request.head.method === 'HEAD');
    note(request, answer.status, bytes);
  };

  const page = async (request: Request, path: string | undefined): Promise<void> => {
    if (!budget.take(request.who.address, options.now())) {
      const often = { 'Retry-After': RETRY_S.often };
      return reply(request, sentence(429, 'You ask too often; come back later.', often));
    }
    reply(request, await options.pages(path));
  };

  const stream = (request: Request): void => {
    const refusal = refusalOf(options, request);
    if (refusal !== undefined) return reply(request, refusal);
    if (request.head.method === 'HEAD') return reply(request, headOnly(options, request.head));
    const probe = PROBE.exec(request.head.headers.get('range') ?? '')?.[1];
    if (probe !== undefined) return reply(request, probeAnswer(options, Number(probe)));
    admit(options, request, reply, note);
  };

  const feed = (request: Request): void =>
    options.ingest.handle({
      ...request,
      reply: (answer) => reply(request, answer),
      note: (status) => note(request, status, 0),
    });

  return (visitor) => {
    const { head, socket } = visitor;
    const peer = socket.remoteAddress ?? '';
    const forwarded = head.headers.get('x-forwarded-for');
    const address = clientAddress(peer, forwarded, options.trust);
    const agent = head.headers.get('user-agent') ?? '';
    const request = { ...visitor, who: { address, agent }, since: options.now() };
    if (isForIngest(head)) return feed(request);
    if (head.method !== 'GET' && head.method !== 'HEAD') {
      const allow = { Allow: 'GET, HEAD, PUT, OPTIONS, SOURCE' };
      return reply(request, sentence(405, 'That is not possible here.', allow));
    }
    const path = pathOf(head.target);
    if (path === options.streamPath) stream(request);
    else void page(request, path);
  };
}

const wantsTitles = (head: RequestHead): boolean => head.headers.get('icy-metadata') === '1';

/** What is logged of somebody who may stay for days: copies, as a part keeps the whole in memory. */
function slim({ head, who, ...rest }: Request): Request {
  const copyOf = (text: string): string => Buffer.from(text).toString();
  const kept = ['user-agent', 'referer'].flatMap((name) => {
    const value = head.headers.get(name);
    return value === undefined ? [] : [[name, copyOf(value)] as const];
  });
  return {
    ...rest,
    who: { address: copyOf(who.address), agent: copyOf(who.agent) },
    head: { ...head, target: copyOf(head.target), headers: new Map(kept) },
    rest: new Uint8Array(0),
  };
}

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

function refusalOf(options: RequestOptions, { who }: Request): Answer | undefined {
  if (options.isLeaving()) return comeBack('This relay is leaving.', RETRY_S.leaving);
  if (options.audience.hasPlace(who.address)) return undefined;
  return sentence(429, 'Too many listeners at your address.', { 'Retry-After': RETRY_S.full });
}

function admit(
  options: RequestOptions,
  visit: Request,
  reply: (request: Request, answer: Answer) => void,
  note: (request: Request, status: number, bytes: number) => void,
): void {
  const { listeners, audience } = options;
  const titles = wantsTitles(visit.head);
  const request = slim(visit);
  const { socket, who } = request;
  let opened: ((now: number) => void) | undefined;
  const outlet = createStreamOutlet(socket, {
    wantsTitles: titles,
    head: () => {
      opened = audience.enter(who, options.now());
      return headText(200, streamFields(options, titles));
    },
    refuse: () => reply(request, comeBack('The session is off the air.', RETRY_S.offAir)),
  });
  const leave = listeners.admit(outlet, options.now());
  if (leave === undefined) return reply(request, comeBack('This relay is full.', RETRY_S.full));
  ignoreInput(socket);
  socket.once('close', () => {
    leave();
    if (opened === undefined) return;
    opened(options.now());
    note(request, 200, socket.bytesWritten);
  });
}
