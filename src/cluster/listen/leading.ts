/**
 * Leads a player to an SCX: by one redirect, or, for players that cannot follow one, by passing the
 * stream on (stream-proxy.ts).
 */
import type { Request, Response } from 'express';
import type { RequestRate } from '../../http/server/request-rate.js';
import type { TicketCheck } from '../../http/ticket-check.js';
import { probedBytes } from '../../icecast/stream-request.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { renditionPath } from '../../session/renditions.js';
import { refPath } from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';
import type { ScxClients } from '../admin/scx-clients.js';
import type { AskForListener } from '../nearest/ask-for-listener.js';
import type { Keepers } from '../nearest/keepers.js';
import type { Nearest, SentBecause } from '../nearest/nearest.js';
import type { Recordings } from '../recordings/recordings.js';
import { clientOf } from '../web/client.js';
import type { Refusal } from '../web/methods.js';
import { problem } from '../web/problem.js';
import { inFamilyOf } from '../web/public-url.js';
import { isRedirectShy } from './redirect-shy.js';
import type { StreamProxy } from './stream-proxy.js';
import type { Wanted, WantedDependencies } from './wanted-session.js';

/** The recordings of this cluster; undefined: the operator allows none of this kind. */
interface KeptHere {
  /** Of sessions that are published here. */
  readonly own: Recordings | undefined;
  readonly foreign: Recordings | undefined;
}

/** What knows and asks other clusters. */
interface Elsewhere {
  readonly nearest: Pick<Nearest, 'nearer' | 'instead' | 'onSent'>;
  readonly askForListener: AskForListener;
  /** Those that have recorded a session. */
  readonly keepers: Keepers;
  /** For the metrics. */
  onSent(why: SentBecause): void;
}

export interface ListenDependencies extends WantedDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  readonly proxy: StreamProxy;
  /** There is a certificate: the ports of the SCXs speak https as well. */
  readonly speaksTls: boolean;
  /** There is a listener hook: the SCXs ask listeners for names and passwords. */
  readonly asksListeners: boolean;
  readonly clients: Pick<ScxClients, 'refusalOf'>;
  /** The recordings of this cluster. */
  readonly kept: KeptHere;
  /** Signs what other clusters fetch. */
  readonly clusterKey: SigningKey;
  /** Sends listeners to other clusters. */
  readonly elsewhere: Elsewhere;
}

/** The same, for how many listeners of one address slots are reserved, and who may listen. */
export interface Context extends ListenDependencies {
  readonly reservations: RequestRate;
  readonly objectionTo: TicketCheck;
}

/** The refusal of a listener who has no ticket for a private session; undefined: it is let in. */
export function deniedPrivately(
  { objectionTo }: Context,
  { session, known }: Wanted,
  { originalUrl: target }: Request,
  response: Response,
): Refusal {
  const shown = { target, address: clientOf(response) };
  const objection = objectionTo(session, known?.announcement.privacy, shown);
  return objection === undefined ? undefined : problem(401, objection);
}

export const wantsProxy = ({ query }: Request): boolean => query.proxy === '1';

/**
 * Whether this player gets the stream through us: no player is redirected to another scheme, and none
 * sends the name and password of a cluster to another port.
 */
export const isProxied = (
  { speaksTls, asksListeners }: ListenDependencies,
  request: Request,
): boolean =>
  wantsProxy(request) ||
  (asksListeners && request.get('Authorization') !== undefined) ||
  isRedirectShy(request.get('User-Agent')) ||
  (request.protocol === 'https' && !speaksTls);

/** Parameters of a query that are for us; what is left is the listener's, like a ticket. */
const OURS = /^(announcement|proxy|\.\w+)(=|$)/;

/** The listener's ticket and the time that it asks for, and what it has added for the hook, as it wrote them. */
export function ownQuery({ asksListeners }: ListenDependencies, { originalUrl }: Request) {
  const fields = (/\?([^#]*)/.exec(originalUrl)?.[1] ?? '').split('&');
  const isForward = (field: string): boolean =>
    asksListeners ? field !== '' && !OURS.test(field) : /^(ticket|at|ago)=/.test(field);
  return fields.filter(isForward);
}

/** An SCX's stream, with what the listener has added. */
export const withOwnQuery = (
  context: ListenDependencies,
  request: Request,
  httpUrl: string,
): string =>
  [httpUrl, ownQuery(context, request).join('&')].filter((part) => part !== '').join('?');

/** What the listener asks for at an SCX: its stream, or a rendition of it. */
export const streamAt = (httpUrl: string, { rendition }: Wanted): string =>
  rendition === undefined ? httpUrl : httpUrl.replace(/\.mp3$/, `.${rendition}.mp3`);

/** The SCX's stream by the scheme by which the player came: its port speaks both. */
const streamUrl = (httpUrl: string, request: Request): string =>
  inFamilyOf(httpUrl.replace(/^http:/, `${request.protocol}:`), request);

/** Whether a listener will connect: not after a HEAD, nor after a look at the first bytes. */
export const isListener = (request: Request): boolean =>
  request.method !== 'HEAD' &&
  probedBytes(request.get('Range'), request.get('Icy-MetaData')) === undefined;

/** The slot that the request takes, reserved unless its address has used up its rate. */
export function slotOf({ reservations }: Context, request: Request, response: Response) {
  const takesSlot = isListener(request);
  const client = clientOf(response);
  const unreserved = takesSlot && !reservations.take(client, performance.now());
  return { client, isListener: takesSlot, unreserved };
}

export function redirect(response: Response, location: string): undefined {
  response.status(302).set({ Location: location, 'Content-Length': '0' }).end();
}

/** Sends the client to what is at an SCX, or passes that on. */
export function lead(
  context: Context,
  request: Request,
  response: Response,
  url: string,
): undefined {
  if (!isProxied(context, request)) return redirect(response, streamUrl(url, request));
  context.proxy.stream(request, response, url);
}

/** `creator/session` if it is published here, else `creator/session@KEY`; with the rate of a rendition. */
export function pathOf({ session, known, rendition }: Wanted): string {
  const path = known?.isPublished ? sessionPath(session) : refPath(session);
  return rendition === undefined ? path : renditionPath(path, rendition);
}
