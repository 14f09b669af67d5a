/** The routes for operators and their tools: /status, /metrics and /healthz. */
import { type Response, Router } from 'express';
import type { ClusterStatus } from '../../api/cluster-status.js';
import type { HistoryState } from '../history/history.js';
import { publicRoute, route } from '../web/methods.js';
import { publicUrl } from '../web/public-url.js';
import type { ClusterMetrics } from './cluster-metrics.js';

export interface StatusDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  status(url: string): ClusterStatus;
  readonly metrics: ClusterMetrics;
  /** Streams that go through the front end now. */
  proxiedStreams(): number;
  /** How the history is doing; undefined if there is none. */
  history(): HistoryState | undefined;
}

function sendJson(response: Response, body: object): undefined {
  response.set('Cache-Control', 'no-store').json(body);
}

/** The routes of operators. */
export function statusRoutes(dependencies: StatusDependencies): Router {
  const { url, status, metrics, proxiedStreams, history } = dependencies;
  const router = Router({ caseSensitive: true });
  publicRoute(router, '/status', {
    GET: (request, response) => sendJson(response, status(publicUrl(url, request))),
  });
  route(router, '/metrics', {
    GET: async (_request, response) => {
      const { cluster, sessions } = status(url);
      const proxied = proxiedStreams();
      const levels = { ...cluster, sessions: sessions.length, proxied, history: history() };
      const text = await metrics.print(levels);
      response.set({ 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
      response.send(text);
      return undefined;
    },
  });
  publicRoute(router, '/healthz', {
    GET: (_request, response) => {
      response.set('Cache-Control', 'no-store').type('text/plain').send('ok\n');
      return undefined;
    },
  });
  return router;
}
