/** Leads players of HLS to the playlists and segments of an SCX. */
import type { Request, Response } from 'express';
import { parseSegmentName } from '../../icecast/segment-name.js';
import { clientOf } from '../web/client.js';
import type { Refusal } from '../web/methods.js';
import { problem } from '../web/problem.js';
import { publicUrl } from '../web/public-url.js';
import { earlierElsewhere } from './earlier.js';
import {
  type Context,
  deniedPrivately,
  isProxied,
  lead,
  pathOf,
  redirect,
  slotOf,
  streamAt,
} from './leading.js';
import { type Wanted, wantedByPath } from './wanted-session.js';

const PARAMETERS = {
  id: /[?&](id=[0-9a-f]{1,64})(?=&|$)/,
  rate: /[?&](rate=\d{2,3})(?=&|$)/,
  t: /[?&](t=[0-9a-f]{1,64})(?=&|$)/,
  ago: /[?&](ago=\d{1,7}[smh]?)(?=&|$)/,
  at: /[?&](at=[\w:.%+-]{1,48})(?=&|$)/,
  from: /[?&](from=\d{1,15}(?:\.\d{1,15}){2,4})(?=&|$)/,
  kept: /[?&](kept=\d{1,15})(?=&|$)/,
  ticket: /[?&](ticket=[\w.-]{1,256})(?=&|$)/,
} as const;

/** `NAME=VALUE` in the query of a request for HLS, if it is there. */
const parameterOf = ({ originalUrl }: Request, name: keyof typeof PARAMETERS): string | undefined =>
  PARAMETERS[name].exec(originalUrl)?.[1];

/** Those of a request, in this order. */
const parametersOf = (request: Request, ...names: (keyof typeof PARAMETERS)[]): string[] =>
  names.flatMap((name) => parameterOf(request, name) ?? []);

/** Where a playlist of HLS is, with the segments behind it. */
const hlsPath = (wanted: Wanted): string => `/listen/${pathOf(wanted)}.m3u8`;

/**
 * Sends the player to a playlist of HLS. Only the first request is that of a listener, who then has an
 * id. The addresses in the playlist are relative, so those that we pass on must come from its own path.
 */
export async function listenByHls(
  context: Context,
  request: Request,
  response: Response,
  wanted: Wanted,
): Promise<Refusal> {
  const { session, known } = wanted;
  const id = parameterOf(request, 'id');
  // The rendition, and where earlier sound begins, as the listener asks for it, or as an SCX has answered that.
  const begin = parametersOf(request, 'rate', 'ago', 'at', 'from');
  const ticket = parametersOf(request, 'ticket');
  if (isProxied(context, request) && !request.path.startsWith('/listen/')) {
    const url = `${publicUrl(context.url, request)}${hlsPath(wanted)}`;
    const query = [...begin, ...ticket].join('&');
    return redirect(response, [url, query].filter(Boolean).join('?'));
  }
  const earlier = await earlierElsewhere(context, request, wanted, 'm3u8');
  if (earlier !== undefined) return redirect(response, earlier);
  const slot = slotOf(context, request, response);
  const isListener = slot.isListener && id === undefined;
  const scx = await context.scxs.forListener(session.id, known, { ...slot, isListener });
  if (!scx.ok) return scx.problem;
  const playlist = scx.value.httpUrl.replace(/\.mp3$/, '.m3u8');
  // An SCX knows its session by the name alone.
  const as = isProxied(context, request) ? `as=${pathOf(wanted).split('/')[1]}` : undefined;
  const query = [id, as, ...begin, ...ticket].filter(Boolean).join('&');
  return lead(context, request, response, [playlist, query].filter(Boolean).join('?'));
}

/** Sends the player to a segment of HLS, which every SCX of the session has. */
export async function fetchSegment(
  context: Context,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const { creator, session: part, segment = '' } = request.params;
  if (parseSegmentName(`${segment}`) === undefined) return problem(404, 'There is nothing here.');
  response.set({ 'Cache-Control': 'no-store', Connection: 'close' });
  const wanted = await wantedByPath(context, request, `${creator}/${part}`);
  if (!wanted.ok) return wanted.problem;
  const denied = deniedPrivately(context, wanted.value, request, response);
  if (denied !== undefined) return denied;
  const { session, known } = wanted.value;
  const slot = { client: clientOf(response), isListener: false, unreserved: true };
  const scx = await context.scxs.forListener(session.id, known, slot);
  if (!scx.ok) return scx.problem;
  const folder = streamAt(scx.value.httpUrl, wanted.value).replace(/\.mp3$/, '');
  const file = `${folder}/${segment}`;
  const query = parametersOf(request, 't', 'kept', 'ticket').join('&');
  return lead(context, request, response, [file, query].filter(Boolean).join('?'));
}
