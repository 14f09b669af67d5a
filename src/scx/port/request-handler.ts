/**
 * Requests at the SCX's port, and what becomes of each: an encoder, a listener, or a page and the end
 * of the connection. A request that only looks takes no slot of a listener: neither a HEAD nor a
 * probe of the first bytes.
 */
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import type { AccessLog } from '../../http/server/access-log.js';
import { clientAddress, type IsTrusted } from '../../http/server/client-address.js';
import { PREFLIGHT } from '../../http/server/cors.js';
import type { IncomingRequest } from '../../http/server/head-gate.js';
import { FOREIGN_PAGE, isFromPage } from '../../http/server/page-origin.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { createRequestRate, rateExceeded } from '../../http/server/request-rate.js';
import { type Answer, sendAnswer, textAnswer } from '../../http/server/response.js';
import { isStreamOf, renditionAt } from '../../icecast/stream-path.js';
import { withoutSecrets } from '../../icecast/title-update.js';
import { pathOf } from '../../lib/url-path.js';
import { withoutTicket } from '../../runtime/ticket.js';
import { isRenditionRate, type RenditionKbps, renditionPath } from '../../session/renditions.js';
import type { PlacedSession } from '../../session/session-id.js';
import type { Ingest } from '../ingest/ingest.js';
import { isForIngest } from '../ingest/source-request.js';
import { type Admission, hookedListener, shownIn } from '../listeners/admission.js';
import {
  createListenerConnections,
  type ListenerConnections,
} from '../listeners/listener-connections.js';
import type { ListenerHook } from '../listeners/listener-hook.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { ListenerState } from '../listeners/listener-state.js';
import type { ListenerPosition } from '../listeners/listener-writer.js';
import type { Listeners } from '../listeners/listeners.js';
import type { LoggedRequest } from '../listeners/logged-request.js';
import { createPromisedAdmissions } from '../listeners/promised-admissions.js';
import { watchSendQueues } from '../listeners/send-queue-watch.js';
import type { Multicast } from '../multicast/multicast.js';
import type { Receivers } from '../receivers/receivers.js';
import type { Rewind } from '../recording/rewind.js';
import type { Tape } from '../recording/tape.js';
import type { Renditions } from '../renditions/renditions.js';
import type { AudioRing } from '../sound/audio-ring.js';
import { createClientAdmin, type SourcesAdmin } from './client-admin.js';
import type { HlsAnswers } from './hls-answers.js';
import { admitAhead, askHook, type HookedParts } from './hooked-requests.js';
import { createMovedListeners } from './moved-listeners.js';
import type { OperatorPages } from './operator-pages.js';
import type { OverlayStream } from './overlay-stream.js';
import {
  hasTitles,
  type StreamAnswerOptions,
  streamAnswer,
  streamFields,
} from './stream-answers.js';

export interface RequestOptions extends StreamAnswerOptions {
  readonly ring: AudioRing;
  /** The renditions that are offered. Default: none. */
  readonly renditions?: Pick<Renditions, 'rates'>;
  readonly name: PlacedSession;
  readonly listeners: Listeners;
  readonly identities: ListenerIdentities;
  /** Asked about each listener; undefined: everybody may listen. */
  readonly hook?: ListenerHook | undefined;
  readonly hls: HlsAnswers;
  /** Clients that receive, who are listeners as well. */
  readonly receivers?: Pick<Receivers, 'list' | 'end'>;
  /** Descriptions of what is sent by multicast. */
  readonly multicast?: Pick<Multicast, 'answer'>;
  /** Earlier sound; undefined: none is kept. */
  readonly rewind?: Pick<Rewind, 'wanted' | 'isWanted'>;
  readonly pages: OperatorPages;
  readonly ingest: Ingest;
  /** The cluster's secret, with which the front end asks about clients. */
  readonly secret: string;
  readonly sources: SourcesAdmin;
  readonly overlay: OverlayStream;
  readonly listenersMax: number;
  readonly log: Logger;
  readonly accessLog: AccessLog;
  /** Proxies whose X-Forwarded-For counts. */
  readonly trust: IsTrusted;
}

/** Pages for one address. Guesses: a client that polls needs one or two per second. */
const PAGE_RATE = { atOnce: 40, perSecond: 10 } as const;

/** Questions to the hook for one address. Guesses: a campus comes back at once, a guess is slow. */
const HOOK_RATE = { atOnce: 1000, perSecond: 50 } as const;

/** A request, and the client that sent it. */
interface Request extends IncomingRequest {
  readonly address: string;
  /** The instant of the request. */
  readonly since: number;
  /** The earlier sound that it asks for. */
  readonly tape?: Tape;
  /** The rendition that it asks for, kbit/s. */
  readonly rendition?: RenditionKbps;
}

/** Handles the requests of a port. */
export interface RequestHandler {
  onRequest(request: IncomingRequest): void;
  /** Listeners that another SCX serves through this one. */
  readonly movedListeners: number;
  /** Continues a listener that another process has served until now. */
  onListener(socket: Socket, state: ListenerState, position: ListenerPosition): void;
  /** Ends what runs regularly. */
  close(): void;
}

function loggedOf({ head, address }: Request): LoggedRequest {
  const { method, protocol, headers } = head;
  const target = withoutTicket(withoutSecrets(head.target));
  const [referer, agent] = [headers.get('referer'), headers.get('user-agent')];
  return { address, method, target, protocol, referer, agent };
}

const methodNotAllowed = (): Answer =>
  textAnswer(405, 'That is not possible here.', { Allow: 'GET, HEAD, PUT, OPTIONS, SOURCE' });

/** Whether a browser asks what a page of another origin may do here. */
const isPreflight = ({ method, headers }: RequestHead): boolean =>
  method === 'OPTIONS' && headers.has('access-control-request-method');

const PREFLIGHT_ANSWER: Answer = { status: 204, body: '', fields: PREFLIGHT };

const ticketRefusal = ({ tickets }: RequestOptions, { head, address }: Request) =>
  tickets.refusal(head.target, address);

/** The rendition that the path of a listener's request asks for. */
function renditionIn(path: string | undefined, name: PlacedSession): RenditionKbps | undefined {
  if (path === undefined || isStreamOf(path, name)) return undefined;
  const kbps = renditionAt(path, name) ?? 0;
  return isRenditionRate(kbps) ? kbps : undefined;
}

function noRendition({ renditions, name }: RequestOptions, kbps: number): Answer {
  const rates = renditions?.rates ?? [];
  const paths = rates.map((rate) => `/${renditionPath(name.session, rate)}.mp3`);
  const others = [`/${name.session}.mp3`, ...paths].join(', ');
  return textAnswer(404, `This session is not offered at ${kbps} kbit/s: listen at ${others}`);
}

const ONLY_ORIGINAL = textAnswer(
  404,
  'Earlier sound is kept as it was sent only, not in renditions.',
);

/** Pages that tell what a private session plays. */
const tellsTitles = (path: string | undefined): boolean =>
  path === '/status' || path === '/status-json.xsl';

/** Writes to the access log. */
function note(options: RequestOptions, request: Request, status: number, bytes: number): void {
  const durationMs = options.now() - request.since;
  options.accessLog.add({ ...loggedOf(request), status, bytes, durationMs });
}

function reply(options: RequestOptions, request: Request, answer: Answer): void {
  const { socket, head, isSilent } = request;
  if (isSilent === true) socket.destroySoon();
  const bytes = isSilent === true ? 0 : sendAnswer(socket, answer, head.method === 'HEAD');
  note(options, request, answer.status, bytes);
}

function acceptListener(
  connections: ListenerConnections,
  request: Request,
  asked: { readonly id?: number; readonly admission?: Admission } = {},
): void {
  const { socket, isSecure, since, head, tape } = request;
  const logged = loggedOf(request);
  connections.accept({
    socket,
    isSecure,
    since,
    tape,
    wantsTitles: hasTitles(head),
    logged,
    ...asked,
  });
}

/** Asks the hook about a listener. Meanwhile it may have gone, and others may have come. */
async function handleHooked(
  options: RequestOptions,
  connections: ListenerConnections,
  request: Request,
  hook: ListenerHook,
): Promise<void> {
  const { head, socket, address, since } = request;
  const connection = { id: connections.drawId(), address, agent: head.headers.get('user-agent') };
  const outcome = await askHook(hook, options.name, head, connection);
  if (outcome.kind === 'refused') return reply(options, request, outcome.answer);
  const { admission } = outcome;
  const answer = socket.destroyed ? undefined : streamAnswer(options, request);
  if (!socket.destroyed && answer === undefined) {
    return acceptListener(connections, request, { id: connection.id, admission });
  }
  hook.onLeft(hookedListener(admission, connection), options.now() - since);
  if (answer !== undefined) reply(options, request, answer);
}

function handleStream(
  options: RequestOptions,
  { connections, hookRate, promised }: HookedParts,
  request: Request,
): void {
  const { hook, now, name } = options;
  const { head, address } = request;
  const answer = streamAnswer(options, request);
  if (answer !== undefined) return reply(options, request, answer);
  if (hook?.isSet !== true) return acceptListener(connections, request);
  const client = { address, agent: head.headers.get('user-agent') };
  const { connection, admission } = promised.take(shownIn(head, name), client) ?? {};
  if (connection !== undefined && admission !== undefined) {
    return acceptListener(connections, request, { id: connection.id, admission });
  }
  if (!hookRate.take(request.address, now())) return reply(options, request, rateExceeded());
  void handleHooked(options, connections, request, hook);
}

/** Looks for earlier sound. Meanwhile the client may have gone. */
async function handleRewind(
  options: RequestOptions,
  parts: HookedParts,
  request: Request,
  wanted: Answer | Promise<Tape | Answer>,
): Promise<void> {
  const found = await wanted;
  if (request.socket.destroyed) return;
  if ('status' in found) return reply(options, request, found);
  handleStream(options, parts, { ...request, tape: found });
}

function handleEncoder(options: RequestOptions, request: Request): void {
  const agent = request.head.headers.get('user-agent') ?? '';
  options.ingest.handle({
    ...request,
    client: { address: request.address, agent },
    reply: (answer) => reply(options, request, answer),
    note: (status) => note(options, request, status, 0),
  });
}

/** Listeners by HTTP, and those that receive by the overlay port. */
const withReceivers = (
  connections: Pick<ListenerConnections, 'list' | 'end'>,
  receivers: RequestOptions['receivers'],
): Pick<ListenerConnections, 'list' | 'end'> => ({
  list: (most) => {
    const players = connections.list(most);
    return [...players, ...(receivers?.list(most - players.length) ?? [])];
  },
  end: (id) => connections.end(id) || receivers?.end(id) === true,
});

/** Creates a handler for the requests of one port. */
export function createRequestHandler(options: RequestOptions): RequestHandler {
  const rate = createRequestRate(PAGE_RATE);
  const hookRate = createRequestRate(HOOK_RATE);
  const connections = createListenerConnections({
    ...options,
    fields: (withTitles, rendition) => streamFields(options, withTitles, rendition),
    renditionIn: (target) => renditionIn(pathOf(target), options.name),
  });

  const moved = createMovedListeners({ ...options, connections });
  const promised = createPromisedAdmissions(({ admission, connection }) =>
    options.hook?.onLeft(hookedListener(admission, connection), 0),
  );
  const parts = { connections, hookRate, promised };
  const asking = { ...parts, name: options.name, now: options.now };
  const requestOf = (incoming: IncomingRequest): Request => {
    const forwarded = incoming.head.headers.get('x-forwarded-for');
    const address = clientAddress(incoming.socket.remoteAddress ?? '', forwarded, options.trust);
    return { ...incoming, address, since: options.now() };
  };
  const clientAdmin = createClientAdmin({
    ...{ ...options, moved },
    connections: withReceivers(connections, options.receivers),
    admit: (incoming, target) => void admitAhead(asking, options.hook, requestOf(incoming), target),
  });

  options.tickets.onChange(() => connections.endUnless(options.tickets.mayGoOn));

  const endWatch = watchSendQueues({ ...options, connections });

  const handlePage = async (request: Request, path: string | undefined): Promise<void> => {
    const isAllowed = rate.take(request.address, options.now());
    if (!isAllowed) return reply(options, request, rateExceeded());
    const denied = tellsTitles(path) ? ticketRefusal(options, request) : undefined;
    reply(options, request, denied ?? (await options.pages(path)));
  };

  const handleDescription = (request: Request, answer: Answer): void => {
    const isAllowed = rate.take(request.address, options.now());
    reply(options, request, isAllowed ? answer : rateExceeded());
  };

  const handleHls = async (request: Request, hls: Answer | Promise<Answer>): Promise<void> => {
    const answer = await hls;
    if (!request.socket.destroyed) reply(options, request, answer);
  };

  /** A rendition, or a page. */
  const handleOther = (request: Request, path: string): void => {
    const asked = renditionAt(path, options.name);
    if (asked === undefined) return void handlePage(request, path);
    const rendition = options.renditions?.rates.find((rate) => rate === asked);
    const refused = ticketRefusal(options, request);
    if (refused !== undefined) return reply(options, request, refused);
    if (rendition === undefined) return reply(options, request, noRendition(options, asked));
    if (options.rewind?.isWanted(request.head)) return reply(options, request, ONLY_ORIGINAL);
    handleStream(options, parts, { ...request, rendition });
  };

  const handleRead = (request: Request): void => {
    const path = pathOf(request.head.target);
    const hls = options.hls(request);
    if (hls !== undefined) return void handleHls(request, hls);
    const description = options.multicast?.answer(request.head.target);
    if (description !== undefined) return handleDescription(request, description);
    if (path === undefined) return void handlePage(request, path);
    if (!isStreamOf(path, options.name)) return handleOther(request, path);
    const refused = ticketRefusal(options, request);
    const wanted = refused ?? options.rewind?.wanted(request.head);
    if (wanted === undefined) return handleStream(options, parts, request);
    void handleRewind(options, parts, request, wanted);
  };

  return {
    onRequest: (incoming) => {
      const { head } = incoming;
      const request = requestOf(incoming);
      if (isPreflight(head)) return reply(options, request, PREFLIGHT_ANSWER);
      const forFrontEnd = clientAdmin(request);
      if (forFrontEnd === 'taken') return;
      if (forFrontEnd !== undefined) return reply(options, request, forFrontEnd);
      if (isForIngest(head)) {
        if (isFromPage(head)) return reply(options, request, textAnswer(403, FOREIGN_PAGE));
        return handleEncoder(options, request);
      }
      if (head.method !== 'GET' && head.method !== 'HEAD') {
        return reply(options, request, methodNotAllowed());
      }
      handleRead(request);
    },
    onListener: connections.resume,
    close: () => {
      endWatch();
      promised.close();
    },
    get movedListeners() {
      return moved.count;
    },
  };
}
