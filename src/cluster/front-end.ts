/**
 * The front end: the one address of a cluster that clients know. This file gives each group of
 * routes what it needs, and adds what all of them have in common: headers, counting, and the answer
 * when something fails. The server around it is web/front-end-port.ts.
 */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { trustIn } from '../http/server/client-address.js';
import { seal } from '../runtime/sealed-text.js';
import { steadyTimeMs } from '../runtime/steady-time.js';
import { parseSessionId, refPath } from '../session/session-id.js';
import { sessionPath } from '../session/session-name.js';
import { adminRoutes } from './admin/admin-routes.js';
import { announcementRoutes } from './announcements/announcement-routes.js';
import { dashboardRoutes } from './dashboard/dashboard-routes.js';
import { directoryRoutes } from './directory/directory-routes.js';
import { entryRoutes } from './directory/entry-routes.js';
import { fallbackRoutes } from './fallback/fallback-routes.js';
import { drainRoutes } from './fleet/drain-routes.js';
import { joinRoutes } from './fleet/join-routes.js';
import { leaseRoutes } from './fleet/lease-routes.js';
import { termsFrom } from './fleet/lease-terms.js';
import { rendezvousRoutes } from './fleet/rendezvous-routes.js';
import { certificateRoutes, shareCertificate } from './fleet/shared-certificate.js';
import { spareRoutes } from './fleet/spare-routes.js';
import { historyRoutes } from './history/history-routes.js';
import { imageRoutes } from './images/image-routes.js';
import { titleRoutes } from './ingest/title-routes.js';
import { attachRoutes } from './listen/attach-routes.js';
import { listenRoutes } from './listen/listen-routes.js';
import { networkRoutes } from './nearest/network-routes.js';
import { overlayRoutes } from './overlay-map/overlay-routes.js';
import { replicaRoutes } from './replica/replica-routes.js';
import type { Services } from './services.js';
import { feedRoutes } from './session-pages/feed-routes.js';
import { sessionPageHandler, sessionPageRoutes } from './session-pages/session-page-routes.js';
import { icecastRoutes } from './status/icecast-routes.js';
import { listenersOf } from './status/icecast-sources.js';
import { roomRoutes } from './status/room-routes.js';
import { statusRoutes } from './status/status-routes.js';
import { clientOf, noteClient } from './web/client.js';
import { refuseForeignPages } from './web/own-pages.js';
import { pageRoutes } from './web/pages.js';
import { type Problem, problem, sendProblem } from './web/problem.js';
import { type IsBusy, refuseWhenBusy } from './web/watch-connections.js';
import { webhookRoutes } from './webhooks/webhook-routes.js';

/** For all that is not a page: browsers run nothing of it, frame nothing and guess no type. */
const harmless: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  });
  next();
};

const counted =
  ({ metrics, options }: Services): RequestHandler =>
  (request, response, next) => {
    response.once('close', () => {
      const { statusCode: status } = response;
      metrics.countRequest(`${response.locals.route ?? 'other'}`, status);
      const { method, path } = request;
      options.log.debug({ method, path, ip: clientOf(response), status }, 'answered');
    });
    next();
  };

/** The time of the cluster, ms since 1970: that of most of its front ends, where it has several. */
const clusterTime = ({ replicator }: Services) => steadyTimeMs() + (replicator?.aheadMs() ?? 0);

/** Where there are several front ends, answers tell the time of the cluster: announcements are dated by it. */
const tellTime =
  (services: Services): RequestHandler =>
  (_request, response, next) => {
    if (services.replicator) response.set('Date', new Date(clusterTime(services)).toUTCString());
    next();
  };

/** Errors of the HTTP layer that the client causes; undefined for our own. */
function clientProblem(error: unknown): Problem | undefined {
  const { status, type } = (error ?? {}) as { readonly status?: unknown; readonly type?: unknown };
  if (type === 'entity.too.large') return problem(413, 'The body is too large.');
  if (type === 'encoding.unsupported') return problem(415, 'Send the body uncompressed.');
  if (error instanceof URIError) return problem(400, 'The path is not correctly percent-encoded.');
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  return problem(status, 'Malformed request.');
}

const failed =
  ({ options }: Services): ErrorRequestHandler =>
  (error, request, response, _next) => {
    const theirs = clientProblem(error);
    if (theirs === undefined) {
      options.log.error({ err: error, path: request.path }, 'a request failed');
    }
    const ours = problem(
      500,
      "Something went wrong at this cluster; the cluster's log has details.",
    );
    sendProblem(request, response, theirs ?? ours);
  };

/** Publishing, and what belongs to an announcement. */
function publishingRoutes(services: Services) {
  const { url, store, ownership, fallbacks, onPublished, onWithdrawn } = services;
  const { proofs, secret, replicator, images, imageFinder } = services;
  const { log, allowPrivate } = services.options;
  const announcements = announcementRoutes({
    ...{ url, store, ownership, log, onPublished, onWithdrawn },
    timeMs: () => clusterTime(services),
  });
  const replica =
    replicator === undefined
      ? []
      : [replicaRoutes({ proofs, secret, id: replicator.id, store, fallbacks })];
  return [
    announcements,
    ...replica,
    webhookRoutes({ store, ownership, allowPrivate }),
    fallbackRoutes({ store, ownership, fallbacks, log }),
    imageRoutes({ store, images, imageFinder }),
  ];
}

/** Routes for SCXs, those of this cluster and those of others. */
function scxRoutes(services: Services) {
  const { proofs, fleet, finder, store, fallbacks, scxs, webhooks, metrics } = services;
  const { titles, directory } = services;
  /** Of the whole session, as far as they are known here. */
  const listenersAt = (path: string): number => {
    const found = services.status(services.url).sessions.find((one) => one.path === path);
    return found === undefined ? 0 : listenersOf(found);
  };
  const onRenewed = (id: string): void => {
    metrics.countLease();
    const view = scxs.running(id);
    const session = parseSessionId(id);
    if (view === undefined || !session.ok) return;
    const { text } = session.value;
    const isPublished = finder.recall(id)?.isPublished === true;
    const path = isPublished ? sessionPath(session.value) : refPath(session.value);
    titles.onStatus(path, view, () => listenersAt(path));
    if (isPublished) webhooks.onStatus(text, store.get(text)?.owner, view);
  };
  const { log, scx } = services.options;
  const { listenerHook, recording } = scx ?? {};
  const { shared, clusterKey, secret } = services;
  const frontEnds = () => shared?.frontEnds();
  const sealed = (text: string): string => seal(secret, text);
  const certificate = shareCertificate(secret, shared && services.tls?.pair);
  const others = () => services.locating.trusted();
  const sources = { finder, store, fallbacks, listenerHook, recording, frontEnds, others };
  const termsOf = termsFrom({ ...sources, certificate: certificate.mark, seal: sealed });
  return [
    leaseRoutes({ proofs, renew: fleet.renew, shared, termsOf, onRenewed, log }),
    ...(shared
      ? [
          joinRoutes({ proofs, shared, clusterKey, listenerHook, certificate }),
          spareRoutes({ proofs, shared }),
          certificateRoutes({ proofs, certificate }),
        ]
      : []),
    rendezvousRoutes({ finder, scxs }),
    entryRoutes({ proofs, ...directory }),
  ];
}

/** Routes for players. */
function playerRoutes(services: Services) {
  const { url, finder, scxs, proxy, sessions, clients, options, locating, metrics } = services;
  const speaksTls = options.scx?.certificate !== undefined;
  const asksListeners = options.scx?.listenerHook !== undefined;
  const asking = { asksListeners, clients };
  const { nearest, askForListener, keepers } = locating;
  const elsewhere = { nearest, askForListener, keepers, onSent: metrics.countSentElsewhere };
  const kept = { own: services.recordings, foreign: services.foreignRecordings };
  const { clusterKey } = services;
  const listening = { url, finder, scxs, proxy, sessions, speaksTls, elsewhere, ...asking };
  return listenRoutes({ ...listening, clusterKey, kept });
}

/** Routes for broadcasters and encoders. */
function clientRoutes({ finder, scxs, proxy, sessions, login, secret }: Services) {
  return [attachRoutes({ finder, scxs }), titleRoutes({ sessions, scxs, proxy, login, secret })];
}

/** Routes for administrators, of a session or of the cluster. */
function administration({ url, status, sessions, clients, titles, login, options }: Services) {
  return adminRoutes({ url, status, sessions, clients, titles, login, log: options.log });
}

/** Routes for the operator and for browsers. */
function operatorRoutes({
  url,
  proofs,
  fleet,
  publicStatus: status,
  sessions,
  titles,
  metrics,
  proxy,
  pages,
  options,
  board,
  directory,
  clusterKey,
  room,
  locating,
  dashboard,
}: Services) {
  return [
    drainRoutes({ proofs, drain: fleet.drain, log: options.log }),
    icecastRoutes({ url, status, sessions, titles }),
    statusRoutes({
      ...{ url, status, metrics, proxiedStreams: () => proxy.count },
      history: () => dashboard.history?.state,
    }),
    directoryRoutes({
      ...{ board, url, status, carries: options.carryFrom === undefined },
      isConnected: () => directory.session() !== undefined,
    }),
    roomRoutes({ clusterKey, room, now: () => performance.now() }),
    networkRoutes({ own: locating.own, clusterKey, now: () => performance.now() }),
    pageRoutes(pages),
  ];
}

/** The map of a session's overlay. */
function mapRoutes({ url, ownership, status, publicStatus, overlayFeeds, options }: Services) {
  const { publicMap: isPublic = false } = options;
  return overlayRoutes({ url, ownership, status, publicStatus, feeds: overlayFeeds, isPublic });
}

/** The dashboard of the operator, and the history of the cluster. */
function dashboardOf({ url, ownership, dashboard }: Services) {
  const { history } = dashboard;
  return [dashboardRoutes({ url, ownership, dashboard }), historyRoutes({ history, ownership })];
}

/** The pages of sessions. */
function sessionPages({ url, publicStatus: status, titles }: Services) {
  const dependencies = { url, status, titles, now: () => performance.now() };
  const routes = [sessionPageRoutes(dependencies), feedRoutes(dependencies)];
  return { routes, page: sessionPageHandler(dependencies) };
}

/** Creates the application with all routes. `isBusy`: whether there are too many connections. */
export function createFrontEnd(services: Services, isBusy: IsBusy): Express {
  const trust = trustIn(services.trustedProxies);
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', trust); // for the scheme and the host of a request
  app.use(
    tellTime(services),
    harmless,
    noteClient(trust),
    counted(services),
    refuseWhenBusy(isBusy),
  );
  app.use(refuseForeignPages(services.options.host));
  const players = playerRoutes(services);
  app.use(players.listen, players.recordings, administration(services), ...clientRoutes(services));
  app.use(...scxRoutes(services));
  const pages = sessionPages(services);
  app.use(...publishingRoutes(services), ...operatorRoutes(services), ...pages.routes);
  app.use(mapRoutes(services), ...dashboardOf(services));
  app.use(pages.page, players.mounts);
  app.use((request, response) =>
    sendProblem(request, response, problem(404, 'There is nothing here; the pages begin at /.')),
  );
  app.use(failed(services));
  return app;
}
