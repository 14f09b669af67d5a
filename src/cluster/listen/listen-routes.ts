/**
 * `/listen`: where every player begins. It is sent to an SCX of the session with one redirect, made
 * so that the oddest player follows it: an absolute URL that ends in `.mp3`, never cached, no body,
 * the connection closed. A player that cannot follow redirects, or cannot follow one to another
 * scheme, gets the stream through the front end (stream-proxy.ts). Beside the stream there are
 * playlists that lead here.
 */
import { type Request, type Response, Router } from 'express';
import { type ListenEnding, listenUrl } from '../../api/listen-url.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { createRequestRate, type RequestRate } from '../../http/server/request-rate.js';
import { good } from '../../lib/result.js';
import { parseSessionPath, type SessionName, sessionPath } from '../../session/session-name.js';
import type { AnnouncementFinder, Known } from '../announcements/announcement-finder.js';
import type { SessionScxs } from '../fleet/scx-for-session.js';
import { clientOf } from '../web/client.js';
import { publicRoute, type Refusal } from '../web/methods.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import { inFamilyOf, publicUrl } from '../web/public-url.js';
import { PLAYLIST_KINDS, type PlaylistKind, printPlaylist } from './playlists.js';
import { isRedirectShy } from './redirect-shy.js';
import type { StreamProxy } from './stream-proxy.js';

export interface ListenDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  readonly finder: AnnouncementFinder;
  readonly scxs: SessionScxs;
  readonly proxy: StreamProxy;
  /** There is a certificate: the ports of the SCXs speak https as well. */
  readonly speaksTls: boolean;
}

/** The same, and for how many listeners of one address slots are reserved. */
interface Context extends ListenDependencies {
  readonly reservations: RequestRate;
}

/**
 * Slots that are reserved for listeners of one address until they connect to the SCX that they were
 * sent to: each for 5 s, so about two hundred at a time. Further ones are sent to an SCX as well,
 * but without a reservation. Guess.
 */
const RESERVATIONS = { atOnce: 100, perSecond: 20 } as const;

const USAGE = 'Write /listen?announcement=URL, or /listen/CREATOR/SESSION.mp3.';

/** The session that a listener asks for. */
interface Wanted {
  readonly name: SessionName;
  /** Undefined if only its SCX is known: the front end was restarted. */
  readonly known: Known | undefined;
}

/** The announcement's URL in the query, if there is one. */
function announcementOf({ query }: Request): string | undefined {
  const { announcement } = query;
  return typeof announcement === 'string' && announcement !== '' ? announcement : undefined;
}

const wantsProxy = ({ query }: Request): boolean => query.proxy === '1';

async function byAnnouncement(
  { finder }: ListenDependencies,
  request: Request,
): Promise<OrProblem<Wanted>> {
  const url = announcementOf(request);
  if (url === undefined) return refused(problem(400, USAGE));
  const known = await finder.find(url, request.host);
  if (!known.ok) return known;
  return good({ name: known.value.announcement.name, known: known.value });
}

/** By an announcement that must be that of the session. */
async function byBoth(
  context: ListenDependencies,
  request: Request,
  name: SessionName,
): Promise<OrProblem<Wanted>> {
  const wanted = await byAnnouncement(context, request);
  if (!wanted.ok || wanted.value.name.text === name.text) return wanted;
  return refused(problem(404, `That announcement is for ${wanted.value.name.text}.`));
}

async function byName(
  context: ListenDependencies,
  request: Request,
  path: string,
): Promise<OrProblem<Wanted>> {
  const name = parseSessionPath(path);
  if (!name.ok) return refused(problem(404, 'Malformed session name:', name.problems));
  const known = context.finder.recall(name.value.text);
  if (known !== undefined) return good({ name: name.value, known });
  if (announcementOf(request) !== undefined) return byBoth(context, request, name.value);
  // Its SCX outlived an earlier front end, whose disk did not keep the announcement.
  if (context.scxs.exists(name.value.text)) return good({ name: name.value, known: undefined });
  const message = `${name.value.text} is not known at this cluster. `;
  return refused(problem(404, `${message}Ask for it by its announcement. ${USAGE}`));
}

/** Whether this player gets the stream through us: no player is redirected to another scheme. */
const isProxied = ({ speaksTls }: ListenDependencies, request: Request): boolean =>
  wantsProxy(request) ||
  isRedirectShy(request.get('User-Agent')) ||
  (request.protocol === 'https' && !speaksTls);

/** The SCX's stream by the scheme by which the player came: its port speaks both. */
const streamUrl = ({ httpUrl }: ScxStatus, request: Request): string =>
  inFamilyOf(httpUrl.replace(/^http:/, `${request.protocol}:`), request);

/** Whether a listener will connect: not after a HEAD, nor after Safari's look at two bytes. */
const isListener = ({ method, headers }: Request): boolean =>
  method !== 'HEAD' && !/^bytes=0-[01]$/.test(headers.range ?? '');

/** The slot that the request takes, reserved unless its address has used up its rate. */
function slotOf({ reservations }: Context, request: Request, response: Response) {
  const takesSlot = isListener(request);
  const unreserved = takesSlot && !reservations.take(clientOf(response), performance.now());
  return { isListener: takesSlot, unreserved };
}

async function listen(
  context: Context,
  request: Request,
  response: Response,
  { name, known }: Wanted,
): Promise<Refusal> {
  const scx = await context.scxs.forListener(name, known, slotOf(context, request, response));
  if (!scx.ok) return scx.problem;
  if (isProxied(context, request)) {
    context.proxy.stream(request, response, scx.value.httpUrl);
    return undefined;
  }
  const location = streamUrl(scx.value, request);
  response.status(302).set({ Location: location, 'Content-Length': '0' }).end();
  return undefined;
}

/** The address in a playlist. */
function entryUrl(context: ListenDependencies, request: Request, { name, known }: Wanted): string {
  const isPublished = context.finder.recall(name.text)?.isPublished ?? false;
  const query = [
    ...(wantsProxy(request) ? ['proxy=1'] : []),
    ...(isPublished || known === undefined
      ? []
      : [`announcement=${encodeURIComponent(known.url)}`]),
  ];
  const cluster = inFamilyOf(publicUrl(context.url, request), request);
  return listenUrl(cluster, sessionPath(name), 'mp3', query);
}

function sendPlaylist(
  context: ListenDependencies,
  request: Request,
  response: Response,
  kind: PlaylistKind,
  wanted: Wanted,
): undefined {
  const title = wanted.known?.announcement.title ?? sessionPath(wanted.name);
  const { type, body } = printPlaylist(kind, { url: entryUrl(context, request, wanted), title });
  response.set('Content-Type', type).send(body);
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
  if (ending === 'mp3') return listen(context, request, response, wanted.value);
  return sendPlaylist(context, request, response, ending, wanted.value);
}

/** `night` and `mp3` of `night.mp3`. */
function splitFile(file: string) {
  const dot = file.lastIndexOf('.');
  const ending = (['mp3', ...PLAYLIST_KINDS] as const).find((each) => each === file.slice(dot + 1));
  return { session: file.slice(0, dot), ending: dot < 0 ? undefined : ending };
}

async function answerFile(
  context: Context,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const { session, ending } = splitFile(`${request.params.file}`);
  if (ending === undefined) return problem(404, USAGE);
  const wanted = await byName(context, request, `${request.params.creator}/${session}`);
  return answer(context, request, response, ending, wanted);
}

/** The routes of players. */
export function listenRoutes(dependencies: ListenDependencies): Router {
  const context = { ...dependencies, reservations: createRequestRate(RESERVATIONS) };
  const router = Router({ caseSensitive: true });
  const byQuery = (path: string, ending: ListenEnding): void =>
    publicRoute(router, path, {
      GET: async (request, response) =>
        answer(context, request, response, ending, await byAnnouncement(context, request)),
    });
  byQuery('/listen', 'mp3');
  for (const kind of PLAYLIST_KINDS) byQuery(`/listen.${kind}`, kind);
  publicRoute(router, '/listen/:creator/:file', {
    GET: (request, response) => answerFile(context, request, response),
  });
  return router;
}
