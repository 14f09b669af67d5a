/**
 * The routes for operators and their tools: /status, Icecast's form of it, /metrics and /healthz.
 */
import { type Response, Router } from 'express';
import type { ClusterStatus } from '../../api/cluster-status.js';
import { publicRoute, route } from '../web/methods.js';
import type { ClusterMetrics } from './cluster-metrics.js';
import { clusterIcestats } from './cluster-status.js';

export interface StatusDependencies {
  status(): ClusterStatus;
  readonly metrics: ClusterMetrics;
  /** Streams that go through the front end now. */
  proxiedStreams(): number;
}

function sendJson(response: Response, body: object): undefined {
  response.set('Cache-Control', 'no-store').json(body);
}

/** The routes of operators. */
export function statusRoutes({ status, metrics, proxiedStreams }: StatusDependencies): Router {
  const router = Router({ caseSensitive: true });
  publicRoute(router, '/status', {
    GET: (_request, response) => sendJson(response, status()),
  });
  publicRoute(router, '/status-json.xsl', {
    GET: (_request, response) => sendJson(response, clusterIcestats(status())),
  });
  route(router, '/metrics', {
    GET: async (_request, response) => {
      const { cluster, sessions } = status();
      const proxied = proxiedStreams();
      const text = await metrics.print({ ...cluster, sessions: sessions.length, proxied });
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
