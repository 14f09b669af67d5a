/**
 * The front end: the one address of a cluster that clients know. This file puts the groups of
 * routes together with what all of them have in common: headers, counting, and the last word
 * when something went wrong. The server around it is http-server.ts.
 */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { announcementRoutes } from './announcements/announcement-routes.js';
import { fallbackRoutes } from './fallback/fallback-routes.js';
import { drainRoutes } from './fleet/drain-routes.js';
import { leaseRoutes } from './fleet/lease-routes.js';
import type { FrontEndContext } from './front-end-context.js';
import { ingestRoutes } from './ingest/title-routes.js';
import { attachRoutes } from './listen/attach-routes.js';
import { listenRoutes } from './listen/listen-routes.js';
import { statusRoutes } from './status/status-routes.js';
import { pageRoutes } from './web/pages.js';
import { type Problem, problem, sendProblem } from './web/problem.js';
import { webhookRoutes } from './webhooks/webhook-routes.js';

/** For whatever is not a page: nobody runs, frames or guesses what we send. */
const harmless: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
};

const counted =
  ({ metrics, log }: FrontEndContext): RequestHandler =>
  (request, response, next) => {
    response.once('close', () => {
      const { statusCode: status } = response;
      metrics.countRequest(`${response.locals.route ?? 'other'}`, status);
      const { method, path, ip } = request;
      log.debug({ method, path, ip, status }, 'answered');
    });
    next();
  };

/** Errors of the HTTP layer, which are the client's; undefined for ours. */
function clientProblem(error: unknown): Problem | undefined {
  const { status, type } = (error ?? {}) as { readonly status?: unknown; readonly type?: unknown };
  if (type === 'entity.too.large') return problem(413, 'The body is too large.');
  if (type === 'encoding.unsupported') return problem(415, 'Send the body uncompressed.');
  if (error instanceof URIError) return problem(400, 'The path is not well encoded.');
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return problem(status, 'The request makes no sense.');
}

const failed =
  ({ log }: FrontEndContext): ErrorRequestHandler =>
  (error, request, response, _next) => {
    const theirs = clientProblem(error);
    if (theirs === undefined) log.error({ err: error, path: request.path }, 'a request failed');
    const ours = problem(500, 'Something went wrong here; the log of the cluster says what.');
    sendProblem(request, response, theirs ?? ours);
  };

/** The application. */
export function createFrontEnd(context: FrontEndContext): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', [...context.trustedProxies]);
  app.use(harmless, counted(context));
  app.use(listenRoutes(context), attachRoutes(context), leaseRoutes(context));
  app.use(announcementRoutes(context), webhookRoutes(context), fallbackRoutes(context));
  app.use(ingestRoutes(context), drainRoutes(context));
  app.use(statusRoutes(context), pageRoutes(context.pages));
  app.use((request, response) =>
    sendProblem(request, response, problem(404, 'There is nothing here; the pages begin at /.')),
  );
  app.use(failed(context));
  return app;
}
