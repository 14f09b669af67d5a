/**
 * `/listen`: where every player begins. It is sent to an SCX of the session with one redirect, made
 * so that the oddest player follows it: an absolute URL that ends in `.mp3`, never cached, no
 * body, the connection closed. Who cannot follow it, or not to another scheme, gets the stream
 * through us. Beside it, playlists that lead here.
 */
import { type Request, type Response, Router } from 'express';
import type { ScxStatus } from '../../api/scx-status.js';
import { plainAddress } from '../../http/ip-address.js';
import { parseSessionPath, type SessionName, sessionPath } from '../../session/session-name.js';
import type { Known } from '../announcements/announcement-finder.js';
import { listenerScx, runningScx } from '../fleet/scx-for-session.js';
import type { FrontEndContext } from '../front-end-context.js';
import { route } from '../web/methods.js';
import { type Found, found, missing, problem, sendProblem } from '../web/problem.js';
import { PLAYLIST_KINDS, type PlaylistKind, printPlaylist } from './playlists.js';
import { isRedirectShy } from './redirect-shy.js';

const USAGE = 'Write /listen?announcement=URL, or /listen/CREATOR/SESSION.mp3.';

/** What somebody wants to listen to. */
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

async function byAnnouncement(context: FrontEndContext, request: Request): Promise<Found<Wanted>> {
  const url = announcementOf(request);
  if (url === undefined) return missing(problem(400, USAGE));
  const known = await context.finder.find(url, request.headers.host);
  if (known.kind === 'problem') return known;
  return found({ name: known.value.announcement.name, known: known.value });
}

/** A session that is not known here, of which the query tells more. */
async function byBoth(context: FrontEndContext, request: Request, name: SessionName) {
  const wanted = await byAnnouncement(context, request);
  if (wanted.kind === 'problem' || wanted.value.name.text === name.text) return wanted;
  return missing(problem(404, `That announcement is for ${wanted.value.name.text}.`));
}

async function byName(
  context: FrontEndContext,
  request: Request,
  path: string,
): Promise<Found<Wanted>> {
  const name = parseSessionPath(path);
  if (!name.ok) return missing(problem(404, 'There is no such session:', name.problems));
  const known = context.finder.recall(name.value.text);
  if (known !== undefined) return found({ name: name.value, known });
  if (announcementOf(request) !== undefined) return byBoth(context, request, name.value);
  // A front end that was restarted has forgotten what it fetched, but its SCXs are still there.
  const running = runningScx(context, name.value.text);
  if (running !== undefined) return found({ name: name.value, known: undefined });
  const message = `${name.value.text} is not known at this cluster. `;
  return missing(problem(404, `${message}Ask for it by its announcement. ${USAGE}`));
}

/** Whether this player gets the stream from us: nobody is sent to another scheme. */
const isProxied = ({ speaksTls }: FrontEndContext, request: Request): boolean =>
  wantsProxy(request) ||
  isRedirectShy(request.get('User-Agent')) ||
  (request.protocol === 'https' && !speaksTls);

/** The SCX's stream by the scheme by which the player came: its port speaks both. */
const streamUrl = ({ httpUrl }: ScxStatus, { protocol }: Request): string =>
  httpUrl.replace(/^http:/, `${protocol}:`);

/** Whether it is a listener who stays; not a HEAD, nor Safari's look at the first two bytes. */
const takesPlace = ({ method, headers }: Request): boolean =>
  method !== 'HEAD' && !/^bytes=0-[01]$/.test(headers.range ?? '');

/** The place of this request, which is held for it unless very many of its address ask. */
function seatOf({ places }: FrontEndContext, request: Request) {
  const place = takesPlace(request);
  return {
    place,
    unheld: place && !places.take(plainAddress(request.ip ?? ''), performance.now()),
  };
}

async function listen(
  context: FrontEndContext,
  request: Request,
  response: Response,
  { name, known }: Wanted,
): Promise<void> {
  const scx = await listenerScx(context, name, known, seatOf(context, request));
  if (scx.kind === 'problem') return sendProblem(request, response, scx.problem);
  const { httpUrl } = scx.value;
  if (isProxied(context, request)) return context.proxy.stream(request, response, httpUrl);
  const location = streamUrl(scx.value, request);
  response.status(302).set({ Location: location, 'Content-Length': '0' }).end();
}

/**
 * As this listener reaches us: our own address, but by another scheme the name that a proxy in
 * front of us goes by, which ended the encryption.
 */
function reachedAt({ url }: FrontEndContext, request: Request): string {
  const seen = `${request.protocol}://${request.host}`;
  const isOther = request.protocol === 'https' && !url.startsWith('https:');
  return isOther && URL.canParse(seen) && new URL(seen).origin === seen ? seen : url;
}

/** The address in a playlist. Nothing that matters follows an `&`, where some radios cut it. */
function entryUrl(context: FrontEndContext, request: Request, { name, known }: Wanted): string {
  const isKept = context.store.get(name.text) !== undefined;
  const query = [
    ...(wantsProxy(request) ? ['proxy=1'] : []),
    ...(isKept || known === undefined ? [] : [`announcement=${encodeURIComponent(known.url)}`]),
  ];
  const path = `${reachedAt(context, request)}/listen/${sessionPath(name)}.mp3`;
  return query.length === 0 ? path : `${path}?${query.join('&')}`;
}

function sendPlaylist(
  context: FrontEndContext,
  request: Request,
  response: Response,
  kind: PlaylistKind,
  wanted: Wanted,
): void {
  const title = wanted.known?.announcement.title ?? sessionPath(wanted.name);
  const { type, body } = printPlaylist(kind, { url: entryUrl(context, request, wanted), title });
  response.set('Content-Type', type).send(body);
}

/** Answers with what the ending of a name stands for. */
async function answer(
  context: FrontEndContext,
  request: Request,
  response: Response,
  ending: 'mp3' | PlaylistKind,
  wanted: Found<Wanted>,
): Promise<void> {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  if (wanted.kind === 'problem') return sendProblem(request, response, wanted.problem);
  if (ending === 'mp3') return listen(context, request, response, wanted.value);
  sendPlaylist(context, request, response, ending, wanted.value);
}

/** `night` and `mp3` of `night.mp3`. */
function splitFile(file: string) {
  const dot = file.lastIndexOf('.');
  const ending = (['mp3', ...PLAYLIST_KINDS] as const).find((each) => each === file.slice(dot + 1));
  return { session: file.slice(0, dot), ending: dot < 0 ? undefined : ending };
}

async function answerFile(context: FrontEndContext, request: Request, response: Response) {
  const { session, ending } = splitFile(`${request.params.file}`);
  if (ending === undefined) return sendProblem(request, response, problem(404, USAGE));
  const wanted = await byName(context, request, `${request.params.creator}/${session}`);
  return answer(context, request, response, ending, wanted);
}

/** Pages of any origin may listen, also with ICY metadata, for which browsers ask first. */
function allowPages(_request: Request, response: Response): void {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': 'Icy-MetaData, Range',
    'Access-Control-Max-Age': '86400',
  });
  response.status(204).end();
}

/** The routes of players. */
export function listenRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  const byQuery = (path: string, ending: 'mp3' | PlaylistKind): void =>
    route(router, path, {
      GET: async (request, response) =>
        answer(context, request, response, ending, await byAnnouncement(context, request)),
      OPTIONS: allowPages,
    });
  byQuery('/listen', 'mp3');
  for (const kind of PLAYLIST_KINDS) byQuery(`/listen.${kind}`, kind);
  route(router, '/listen/:creator/:file', {
    GET: (request, response) => answerFile(context, request, response),
    OPTIONS: allowPages,
  });
  return router;
}
