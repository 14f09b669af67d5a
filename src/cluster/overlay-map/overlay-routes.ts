/**
 * The overlay of a session for operators: the page with the map (web/overlay/), and the events that it
 * shows, as server-sent events whose data are lines of api/overlay-map/overlay-record.ts.
 *
 * The map is the operator's, as it names the addresses of SCXs of all clusters. Without the operator's
 * token it is shown only where the operator allows that, and then without addresses. It never names a
 * listener.
 *
 * Bounded: VIEWERS_MAX, of which PUBLIC_MAX without the token and PER_ADDRESS_MAX at one address; and
 * what waits for each to read.
 */
import { type Request, type Response, Router } from 'express';
import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import { overlayPath, recordHeader } from '../../api/overlay-map/overlay-record.js';
import { limitedAs } from '../../http/ip-address.js';
import type { Ownership } from '../announcements/ownership.js';
import { clientOfRequest } from '../web/client.js';
import { type Refusal, route } from '../web/methods.js';
import { MAP_POLICY } from '../web/page-policy.js';
import { problem } from '../web/problem.js';
import { eventOf } from './overlay-events.js';
import type { OverlayFeeds } from './overlay-feed.js';
import { overlayPage } from './overlay-page.js';

export interface OverlayRoutesOptions {
  readonly url: string;
  readonly ownership: Pick<Ownership, 'objectionToOperate'>;
  /** Everybody may look at the map. */
  readonly isPublic: boolean;
  /** With private sessions, and without. */
  status(url: string): ClusterStatus;
  publicStatus(url: string): ClusterStatus;
  readonly feeds: Pick<OverlayFeeds, 'of'>;
}

/** Guesses: more than look at once, and less than a front end can serve beside its listeners. */
const VIEWERS_MAX = 1200;
const PUBLIC_MAX = 200;
const PER_ADDRESS_MAX = 10;
/** A viewer that does not read is let go, bytes: some seconds of 500 SCXs that all change. */
const UNREAD_MAX = 4 * 1024 * 1024;
/** Shows both ends and all proxies between that the connection lives, ms. */
const BEAT_MS = 15_000;

const UNKNOWN = problem(
  404,
  'There is no such session at this cluster; those that there are begin at /.',
);
const CROWDED = problem(503, 'Too many look at maps of this cluster: try again later.');

/** Counts those that look without the token. */
function createPublicViewers() {
  const byAddress = new Map<string, number>();
  let total = 0;
  return {
    hasRoom: (address: string): boolean =>
      total < PUBLIC_MAX && (byAddress.get(address) ?? 0) < PER_ADDRESS_MAX,
    count: (address: string, change: 1 | -1): void => {
      total += change;
      const here = (byAddress.get(address) ?? 0) + change;
      if (here > 0) byAddress.set(address, here);
      else byAddress.delete(address);
    },
  };
}

interface State extends OverlayRoutesOptions {
  readonly publicViewers: ReturnType<typeof createPublicViewers>;
  viewers: number;
}

/** Sends events until the viewer is gone. */
function stream(state: State, session: SessionStatus, response: Response, isOperator: boolean) {
  response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-store' });
  response.set('X-Accel-Buffering', 'no').flushHeaders();
  const write = (bytes: Buffer | string): void => {
    response.write(bytes);
    if (response.writableLength > UNREAD_MAX) response.destroy();
  };
  write(eventOf(recordHeader(session.session, Date.now())));
  const end = state.feeds
    .of(`${session.session}#${session.key}`)
    .subscribe((events) => write(isOperator ? events.whole : events.withoutAddresses));
  const beating = setInterval(() => write(': \n\n'), BEAT_MS);
  beating.unref();
  state.viewers++;
  response.once('close', () => {
    state.viewers--;
    clearInterval(beating);
    end();
  });
}

/** The path of a session, whose first part is a host name. */
const pathIn = ({ params }: Request): string =>
  `${params.creator}`.toLowerCase().concat('/', `${params.session}`);

/** The session as its viewer may know it. */
function sessionIn(state: State, request: Request, isOperator: boolean): SessionStatus | undefined {
  const { sessions } = (isOperator ? state.status : state.publicStatus)(state.url);
  return sessions.find(({ path }) => path === pathIn(request));
}

async function handle(state: State, request: Request, response: Response): Promise<Refusal> {
  const isPublic = state.isPublic && request.get('Authorization') === undefined;
  const objection = isPublic ? undefined : await state.ownership.objectionToOperate(request);
  if (objection !== undefined) return objection;
  const session = sessionIn(state, request, !isPublic);
  if (session === undefined) return UNKNOWN;
  const address = limitedAs(clientOfRequest(request));
  const hasRoom = !isPublic || state.publicViewers.hasRoom(address);
  if (state.viewers >= VIEWERS_MAX || !hasRoom) return { ...CROWDED, retryAfter: 30 };
  if (request.method === 'HEAD') return void response.type('text/event-stream').end();
  if (isPublic) {
    state.publicViewers.count(address, 1);
    response.once('close', () => state.publicViewers.count(address, -1));
  }
  stream(state, session, response, !isPublic);
  return undefined;
}

function sendPage(response: Response, page: string): undefined {
  response.set({ 'Content-Security-Policy': MAP_POLICY, 'Cache-Control': 'no-cache' });
  response.set('Content-Type', 'text/html; charset=utf-8').send(page);
}

/** The routes of the page, and of the events. */
export function overlayRoutes(options: OverlayRoutesOptions): Router {
  const state: State = {
    ...{ ...options, publicViewers: createPublicViewers() },
    viewers: 0,
  };
  const router = Router({ caseSensitive: true });
  route(router, overlayPath(':creator/:session'), {
    GET: (request, response) => handle(state, request, response),
  });
  route(router, '/overlay', { GET: (_, response) => sendPage(response, overlayPage('.', '')) });
  route(router, '/overlay/:creator/:session', {
    GET: (request, response) => sendPage(response, overlayPage('../..', pathIn(request))),
  });
  return router;
}
