/**
 * `/admin`, as the tools of stations know it from Icecast: statistics, listeners, and the commands
 * that end them. Basic credentials with the user `admin` (announcements/admin-login.ts). Answers are
 * Icecast's (icecast/statistics/admin-xml.ts), and so is the 401; clients that guess are answered later each
 * time.
 *
 * The commands are GET requests, because Icecast's are. A browser that remembers the credentials
 * would send them for a page of any other site as well; such requests are refused.
 */
import { type Request, type RequestHandler, type Response, Router } from 'express';
import type { Logger } from 'pino';
import type { ClusterStatus } from '../../api/cluster-status.js';
import { basicAuth, type Credentials } from '../../http/server/basic-auth.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { adminPage } from '../../icecast/statistics/admin-page.js';
import { type AdminAnswer, badRequest, outcomeAnswer } from '../../icecast/statistics/admin-xml.js';
import type { Admin, AdminLogin } from '../announcements/admin-login.js';
import { clientOf } from '../web/client.js';
import { route } from '../web/methods.js';
import { isFromForeignPage } from '../web/own-pages.js';
import { publicUrl } from '../web/public-url.js';
import { COMMANDS, type Command, type CommandDependencies } from './admin-commands.js';
import { SHOUTCAST_MODES } from './shoutcast-modes.js';

export interface AdminDependencies extends CommandDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  status(url: string): ClusterStatus;
  readonly login: AdminLogin;
  readonly log: Logger;
}

/** Icecast's own words. */
const UNAUTHORIZED: AdminAnswer = {
  status: 401,
  type: 'text/plain; charset=utf-8',
  body: 'You need to authenticate\n',
};
const CHALLENGE = 'Basic realm="scattercast"';
const FOREIGN = outcomeAnswer('Not for the pages of another site', false, 403);

function send(response: Response, { status, type, body }: AdminAnswer): undefined {
  response.status(status).set({ 'Content-Type': type, 'Cache-Control': 'no-store' });
  if (status === 401) response.set('WWW-Authenticate', CHALLENGE);
  response.send(body);
}

/** The credentials in the header, or for SHOUTcast's form the password in the query. */
function credentialsIn(request: Request): Credentials | undefined {
  const pass = request.path === '/admin.cgi' ? parameterOf(request)('pass') : undefined;
  const inQuery = pass === undefined ? undefined : { user: 'admin', password: pass };
  return basicAuth(request.headers.authorization) ?? inQuery;
}

/** Checks credentials; `refuse` answers 401, after a delay if the client guesses. */
function createGate({ login, log }: AdminDependencies) {
  const guessDelay = createGuessDelay();

  const refuse = (request: Request, response: Response): undefined => {
    const isGuess = [request.headers.authorization, request.query.pass].some(Boolean);
    const client = clientOf(response);
    if (isGuess) log.warn({ remoteAddress: client }, 'an administrator is refused');
    const delayMs = isGuess ? guessDelay.fail(client, performance.now()) : 0;
    const waiting = setTimeout(() => send(response, UNAUTHORIZED), delayMs);
    response.once('close', () => clearTimeout(waiting));
  };

  return (request: Request, response: Response): Admin | undefined => {
    const admin = login.check(credentialsIn(request));
    if (admin === undefined) return refuse(request, response);
    guessDelay.forgive(clientOf(response));
    return admin;
  };
}

/** A parameter of the query, as long as it is given once. */
const parameterOf =
  ({ query }: Request) =>
  (name: string): string | undefined => {
    const value = query[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };

/** `/admin.cgi` in one mode; the others are those of encoders (ingest/title-routes.ts). */
function onlyMode(
  mode: string,
  answer: (request: Request, response: Response) => Promise<undefined>,
) {
  const router = Router({ caseSensitive: true });
  route(router, '/admin.cgi', { GET: answer });
  const handler: RequestHandler = (request, response, next) => {
    if (request.query.mode === mode) router(request, response, next);
    else next();
  };
  return handler;
}

/** The routes of administrators. */
export function adminRoutes(dependencies: AdminDependencies): Router {
  const { url, status } = dependencies;
  const own = new URL(url).hostname;
  const router = Router({ caseSensitive: true });
  const enter = createGate(dependencies);
  const answering =
    (run: Command, isChange: boolean) =>
    async (request: Request, response: Response): Promise<undefined> => {
      if (isFromForeignPage(request, own)) return send(response, FOREIGN);
      const admin = enter(request, response);
      if (admin === undefined) return;
      if (isChange && request.method !== 'GET') return send(response, badRequest('Use GET'));
      const parameter = parameterOf(request);
      const asked = { admin, status: status(publicUrl(url, request)), parameter };
      return send(response, await run(dependencies, asked));
    };
  for (const { path, run, isChange } of COMMANDS) {
    route(router, path, { GET: answering(run, isChange) });
    if (path.endsWith('.xml')) continue;
    const asPage: Command = async (...asked) => adminPage(await run(...asked));
    route(router, `${path}.xsl`, { GET: answering(asPage, isChange) });
  }
  for (const { mode, run, isChange } of SHOUTCAST_MODES) {
    router.use(onlyMode(mode, answering(run, isChange)));
  }
  return router;
}
