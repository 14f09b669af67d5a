/**
 * `/listen`: where every player begins. It is sent to an SCX of the session with one redirect, made
 * so that the oddest player follows it: an absolute URL that ends in `.mp3`, never cached, no body,
 * the connection closed. A player that cannot follow redirects, or cannot follow one to another
 * scheme, gets the stream through the front end (stream-proxy.ts). Beside the stream there are
 * playlists that lead here.
 */
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { ScxStatus } from '../../api/scx-status.js';
import { createRequestRate } from '../../http/server/request-rate.js';
import { createTicketCheck } from '../../http/ticket-check.js';
import { type ListenEnding, listenUrl } from '../../icecast/listen-url.js';
import { parseStreamPath } from '../../icecast/stream-path.js';
import { type SessionName, sessionPath } from '../../session/session-name.js';
import type { RefusedListener } from '../admin/scx-clients.js';
import { clientOf } from '../web/client.js';
import { publicHandler, publicRoute, type Refusal } from '../web/methods.js';
import { type OrProblem, problem } from '../web/problem.js';
import { inFamilyOf, publicUrl } from '../web/public-url.js';
import { earlierElsewhere } from './earlier.js';
import { isFromCluster, locationElsewhere } from './elsewhere.js';
import { fetchSegment, listenByHls } from './hls-routes.js';
import {
  type Context,
  deniedPrivately,
  isListener,
  isProxied,
  type ListenDependencies,
  lead,
  ownQuery,
  pathOf,
  redirect,
  slotOf,
  streamAt,
  wantsProxy,
  withOwnQuery,
} from './leading.js';
import { PLAYLIST_KINDS, type PlaylistKind, printPlaylist } from './playlists.js';
import { createRecordingHandlers } from './recording-routes.js';
import { heardAt, type Wanted, wantedAt, wantedByPath, wantedByQuery } from './wanted-session.js';

/**
 * Slots that are reserved for listeners of one address until they connect to the SCX that they were
 * sent to: each for 5 s, so about two hundred at a time. Further ones are sent to an SCX as well,
 * but without a reservation. Guess.
 */
const RESERVATIONS = { atOnce: 100, perSecond: 20 } as const;

const ASKS_ITSELF = problem(
  403,
  'This cluster asks its listeners for names and passwords: they have to come here themselves.',
);

const ONE_PLAYLIST = problem(404, 'HLS has all bit rates in one list: leave the rate out.');

/** Retry-After while the hook does not answer, s. Guess. */
const RETRY_S = 10;

/**
 * Asks the hook before a player is redirected. A player that is denied is asked for name and password
 * here, because it sends them to no other port, and many send them only when they are asked.
 */
async function refusalOf(
  context: ListenDependencies,
  request: Request,
  response: Response,
  scx: ScxStatus,
  httpUrl: string,
): Promise<RefusedListener | undefined> {
  const { asksListeners, clients } = context;
  if (!asksListeners || !isListener(request) || isProxied(context, request)) return undefined;
  const { pathname, search } = new URL(httpUrl);
  const target = `${pathname}${search}`;
  const agent = request.get('User-Agent');
  return clients.refusalOf(scx, { target, address: clientOf(response), agent });
}

function refuse(
  response: Response,
  name: SessionName,
  { status, message }: RefusedListener,
): undefined {
  if (status === 401) response.set('WWW-Authenticate', `Basic realm="${sessionPath(name)}"`);
  else response.set('Retry-After', `${RETRY_S}`);
  response.status(status).type('text/plain').send(`${message}\n`);
}

async function listen(
  context: Context,
  request: Request,
  response: Response,
  wanted: Wanted,
): Promise<Refusal> {
  const { session, known } = wanted;
  if (context.asksListeners && isFromCluster(request)) return ASKS_ITSELF;
  const earlier = await earlierElsewhere(context, request, wanted, 'mp3');
  if (earlier !== undefined) return redirect(response, earlier);
  const nearer = await locationElsewhere(context, request, response, wanted, 'nearer');
  if (nearer !== undefined) return redirect(response, nearer);
  const scx = await context.scxs.forListener(session.id, known, slotOf(context, request, response));
  if (!scx.ok) {
    const other = await locationElsewhere(context, request, response, wanted, 'full');
    return other === undefined ? scx.problem : redirect(response, other);
  }
  const httpUrl = withOwnQuery(context, request, streamAt(scx.value.httpUrl, wanted));
  const refusal = await refusalOf(context, request, response, scx.value, httpUrl);
  if (refusal !== undefined) return refuse(response, session, refusal);
  return lead(context, request, response, httpUrl);
}

/** The address in a playlist. */
function entryUrl(context: ListenDependencies, request: Request, wanted: Wanted): string {
  const { known } = wanted;
  const query = [
    ...(wantsProxy(request) ? ['proxy=1'] : []),
    ...(known === undefined || known.isPublished
      ? []
      : [`announcement=${encodeURIComponent(known.url)}`]),
    ...ownQuery(context, request),
  ];
  const cluster = inFamilyOf(publicUrl(context.url, request), request);
  return listenUrl(cluster, pathOf(wanted), 'mp3', query);
}

function sendPlaylist(
  context: ListenDependencies,
  request: Request,
  response: Response,
  kind: PlaylistKind,
  wanted: Wanted,
): undefined {
  const title = wanted.known?.announcement.title ?? sessionPath(wanted.session);
  const { type, body } = printPlaylist(kind, { url: entryUrl(context, request, wanted), title });
  response.set('Content-Type', type).send(body);
}

/** Sends the player to the description of what the SCX sends by multicast. */
async function describe(
  context: Context,
  request: Request,
  response: Response,
  { session, known }: Wanted,
): Promise<Refusal> {
  const slot = { client: clientOf(response), isListener: false, unreserved: true };
  const scx = await context.scxs.forListener(session.id, known, slot);
  if (!scx.ok) return scx.problem;
  const url = scx.value.httpUrl.replace(/\.mp3$/, '.sdp');
  const format = /[?&](format=\w{1,16})(?=&|$)/.exec(request.originalUrl)?.[1];
  return lead(context, request, response, [url, format].filter(Boolean).join('?'));
}

/** Answers with the stream or the playlist that the ending of the name stands for. */
async function answer(
  context: Context,
  request: Request,
  response: Response,
  ending: ListenEnding,
  wanted: OrProblem<Wanted>,
): Promise<Refusal> {
  response.set({ 'Cache-Control': 'no-store', Connection: 'close' });
  if (!wanted.ok) return wanted.problem;
  const denied = deniedPrivately(context, wanted.value, request, response);
  if (denied !== undefined) return denied;
  if (ending === 'mp3') return listen(context, request, response, wanted.value);
  if (ending === 'm3u8' && wanted.value.rendition !== undefined) return ONE_PLAYLIST;
  if (ending === 'm3u8') return listenByHls(context, request, response, wanted.value);
  if (ending === 'sdp') return describe(context, request, response, wanted.value);
  return sendPlaylist(context, request, response, ending, wanted.value);
}

async function answerFile(
  context: Context,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const { creator, file } = request.params;
  const { mount, ending } = parseStreamPath(`${creator}/${file}`);
  return answer(context, request, response, ending, await wantedByPath(context, request, mount));
}

/** The routes of `/listen`. */
function listenRouter(context: Context): Router {
  const router = Router({ caseSensitive: true });
  const byQuery = (path: string, ending: ListenEnding): void =>
    publicRoute(router, path, {
      GET: async (request, response) =>
        answer(context, request, response, ending, await wantedByQuery(context, request)),
    });
  byQuery('/listen', 'mp3');
  byQuery('/listen.m3u8', 'm3u8');
  for (const kind of PLAYLIST_KINDS) byQuery(`/listen.${kind}`, kind);
  publicRoute(router, '/listen/:creator/:file', {
    GET: (request, response) => answerFile(context, request, response),
  });
  publicRoute(router, '/listen/:creator/:session/:segment', {
    GET: (request, response) => fetchSegment(context, request, response),
  });
  return router;
}

/** What was played before. */
function recordingRouter(context: Context): Router {
  const router = Router({ caseSensitive: true });
  const { list, hour, stretches } = createRecordingHandlers(context);
  publicRoute(router, '/recordings/:creator/:session', { GET: list });
  publicRoute(router, '/recordings/:creator/:session/stretches', { GET: stretches });
  publicRoute(router, '/recordings/:creator/:session/:hour', { GET: hour });
  return router;
}

/** What is fed at a mount is heard there. */
function mountHandler(context: Context): RequestHandler {
  const atMount = publicHandler('/MOUNT', {
    GET: async (request, response) => {
      const mounted = heardAt(context, request.path);
      if (mounted === undefined) return problem(404, 'There is no stream here any more.');
      const wanted = await wantedAt(context, request, mounted);
      return answer(context, request, response, mounted.ending, wanted);
    },
  });
  return (request, response, next) => {
    const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
    if (!isRead || heardAt(context, request.path) === undefined) return next();
    return atMount(request, response, next);
  };
}

/** The routes of players. */
export interface ListenRoutes {
  readonly listen: Router;
  /** Of hours that were played before. */
  readonly recordings: Router;
  /**
   * Every other path at which an encoder can feed a session: its own mount `/CREATOR/SESSION`, those
   * of the operator, and `/;` for the first session. It is to be asked last, so that it hides no page.
   */
  readonly mounts: RequestHandler;
}

/** Creates the routes of players. */
export function listenRoutes(dependencies: ListenDependencies): ListenRoutes {
  const reservations = createRequestRate(RESERVATIONS);
  const context = { ...dependencies, reservations, objectionTo: createTicketCheck() };
  return {
    listen: listenRouter(context),
    recordings: recordingRouter(context),
    mounts: mountHandler(context),
  };
}
