/**
 * The routes for operators and their tools: /status, Icecast's form of it, /metrics and /healthz.
 */
import { type Response, Router } from 'express';
import type { ClusterStatus } from '../../api/cluster-status.js';
import { route } from '../web/methods.js';
import type { ClusterMetrics } from './cluster-metrics.js';
import { clusterIcestats } from './cluster-status.js';

export interface StatusDependencies {
  status(): ClusterStatus;
  readonly metrics: ClusterMetrics;
  /** Streams that go through the front end now. */
  proxiedStreams(): number;
}

/** For pages of any origin: everything in it is public. */
function sendPublic(response: Response, body: object): undefined {
  response.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' });
  response.json(body);
}

/** The routes of operators. */
export function statusRoutes({ status, metrics, proxiedStreams }: StatusDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/status', {
    GET: (_request, response) => sendPublic(response, status()),
  });
  route(router, '/status-json.xsl', {
    GET: (_request, response) => sendPublic(response, clusterIcestats(status())),
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
  route(router, '/healthz', {
    GET: (_request, response) => {
      response.set('Cache-Control', 'no-store').type('text/plain').send('ok\n');
      return undefined;
    },
  });
  return router;
}
