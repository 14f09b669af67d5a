/**
 * The dashboard for operators: its page, and the events that it shows, each of them all that there is now
 * (api/dashboard/snapshot.ts). Only the holder of the operator's token is told anything; nothing is changed.
 *
 * Bounded: VIEWERS_MAX, and what waits for each to read. A snapshot is drawn once for all of them.
 */
import { type Request, type Response, Router } from 'express';
import type { Ownership } from '../announcements/ownership.js';
import { type Refusal, route } from '../web/methods.js';
import { PAGE_POLICY } from '../web/page-policy.js';
import { problem } from '../web/problem.js';
import type { Dashboard } from './dashboard.js';
import { dashboardPage } from './dashboard-page.js';

export interface DashboardRoutesOptions {
  readonly url: string;
  readonly ownership: Pick<Ownership, 'objectionToOperate'>;
  readonly dashboard: Pick<Dashboard, 'snapshot'>;
}

const DASHBOARD_EVENTS = '/api/dashboard';

/** Guess: all operators of a station, and their screens. */
const VIEWERS_MAX = 50;
const EVENT_MS = 2000;
/** A viewer that does not read is let go, bytes: some snapshots of a large cluster. */
const UNREAD_MAX = 2 * 1024 * 1024;

const CROWDED = { ...problem(503, 'Too many look at this dashboard: try again.'), retryAfter: 30 };

/** Draws a snapshot at intervals, while there are viewers. */
function createFeed({ url, dashboard }: DashboardRoutesOptions) {
  const viewers = new Set<Response>();
  let drawing: NodeJS.Timeout | undefined;
  const draw = (): string => `data: ${JSON.stringify(dashboard.snapshot(url))}\n\n`;
  const send = (response: Response, event: string): void => {
    response.write(event);
    if (response.writableLength > UNREAD_MAX) response.destroy();
  };
  const sendAll = (): void => {
    const event = draw();
    for (const viewer of [...viewers]) send(viewer, event);
  };
  const drop = (viewer: Response): void => {
    viewers.delete(viewer);
    if (viewers.size > 0) return;
    clearInterval(drawing);
    drawing = undefined;
  };
  return {
    get size() {
      return viewers.size;
    },
    add: (viewer: Response): void => {
      viewers.add(viewer);
      viewer.once('close', () => drop(viewer));
      drawing ??= setInterval(sendAll, EVENT_MS).unref();
      send(viewer, draw());
    },
  };
}

/** The routes of the page, and of the events. */
export function dashboardRoutes(options: DashboardRoutesOptions): Router {
  const feed = createFeed(options);

  const handle = async (request: Request, response: Response): Promise<Refusal> => {
    const objection = await options.ownership.objectionToOperate(request);
    if (objection !== undefined) return objection;
    if (feed.size >= VIEWERS_MAX) return CROWDED;
    response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'X-Accel-Buffering': 'no' });
    response.set('Cache-Control', 'no-store');
    if (request.method === 'HEAD') return void response.end();
    response.flushHeaders();
    feed.add(response);
    return undefined;
  };

  const router = Router({ caseSensitive: true });
  route(router, DASHBOARD_EVENTS, { GET: handle });
  route(router, '/dashboard', {
    GET: (_request, response) => {
      response.set({ 'Content-Security-Policy': PAGE_POLICY, 'Cache-Control': 'no-cache' });
      response.set('Content-Type', 'text/html; charset=utf-8').send(dashboardPage('.'));
      return undefined;
    },
  });
  return router;
}
