/**
 * The routes of a session's page: the page itself, the small player for pages of others, and the same
 * as JSON. The page has the address at which players hear the session: a browser that opens it says so in
 * `Sec-Fetch-Dest`, or at least that it takes HTML; a player, the browser's own included, gets the stream.
 */
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import { freshFor } from '../../http/server/fresh-for.js';
import type { TitleHistory } from '../status/title-history.js';
import { publicRoute, type Refusal, route } from '../web/methods.js';
import { EMBED_POLICY, PAGE_POLICY } from '../web/page-policy.js';
import { problem } from '../web/problem.js';
import { publicUrl } from '../web/public-url.js';
import { embedPage } from './embed-page.js';
import { sessionPage } from './session-page.js';
import { type SessionView, sessionView } from './session-view.js';

export interface SessionPageDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  readonly titles: Pick<TitleHistory, 'of'>;
  status(url: string): ClusterStatus;
  now(): number;
}

/** How long a status is shown, ms: each page of a listener asks every few seconds. Guess. */
const FRESH_MS = 500;

const UNKNOWN = 'There is no such session at this cluster; those that there are begin at /.';

/** Where a browser shows what it asks for (Fetch Metadata). */
const SHOWN: readonly string[] = ['document', 'iframe', 'frame'];

/** Whether a browser opens a page, rather than a player a stream. */
function isNavigation(request: Request): boolean {
  if (request.get('Icy-MetaData') !== undefined || request.get('Range') !== undefined) return false;
  const destination = request.get('Sec-Fetch-Dest');
  if (destination !== undefined) return SHOWN.includes(destination);
  return /\btext\/html\b/.test(request.get('Accept') ?? '');
}

/** The path of a session, whose first part is a host name. */
const pathIn = ({ params }: Request): string =>
  `${params.creator}`.toLowerCase().concat('/', `${params.session}`);

/** Creates a reader of the sessions that are here. */
function createSessions({ url, titles, status, now }: SessionPageDependencies) {
  const byPath = freshFor(
    () => new Map<string, SessionStatus>(status(url).sessions.map((one) => [one.path, one])),
    FRESH_MS,
    now,
  );
  return (request: Request): SessionView | undefined => {
    const found = byPath().get(pathIn(request));
    return found && sessionView(found, titles.of(found.path), publicUrl(url, request));
  };
}

function sendPage(response: Response, page: string, policy: string): undefined {
  response.set({ 'Content-Security-Policy': policy, 'Cache-Control': 'no-cache' });
  response.set('Content-Type', 'text/html; charset=utf-8').send(page);
}

/** The routes of pages about one session. */
export function sessionPageRoutes(dependencies: SessionPageDependencies): Router {
  const find = createSessions(dependencies);
  const router = Router({ caseSensitive: true });
  publicRoute(router, '/api/sessions/:creator/:session', {
    GET: (request, response): Refusal => {
      const view = find(request);
      if (view === undefined) return problem(404, UNKNOWN);
      response.set('Cache-Control', 'no-cache').json(view);
      return undefined;
    },
  });
  route(router, '/embed/:creator/:session', {
    GET: (request, response): Refusal => {
      const view = find(request);
      if (view === undefined) return problem(404, UNKNOWN);
      return sendPage(response, embedPage(view), EMBED_POLICY);
    },
  });
  return router;
}

/** The page of a session; everything else, a player's request included, is passed on. */
export function sessionPageHandler(dependencies: SessionPageDependencies): RequestHandler {
  const find = createSessions(dependencies);
  const router = Router({ caseSensitive: true });
  router.all('/:creator/:session', (request, response, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    response.vary('Accept, Sec-Fetch-Dest');
    const view = isNavigation(request) ? find(request) : undefined;
    if (view === undefined) return next();
    response.locals.route = '/CREATOR/SESSION';
    sendPage(response, sessionPage(view), PAGE_POLICY);
  });
  return router;
}
