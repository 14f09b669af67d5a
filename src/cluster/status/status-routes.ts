/** What operators and their tools ask: /status, Icecast's form of it, /metrics and /healthz. */
import { Router } from 'express';
import type { FrontEndContext } from '../front-end-context.js';
import { route } from '../web/methods.js';
import { clusterIcestats } from './cluster-status.js';

/** The routes of operators. */
export function statusRoutes({ status, metrics, proxy }: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/status', {
    GET: (_request, response) => {
      response.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' });
      response.json(status());
    },
  });
  route(router, '/status-json.xsl', {
    GET: (_request, response) => {
      response.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' });
      response.json(clusterIcestats(status()));
    },
  });
  route(router, '/metrics', {
    GET: async (_request, response) => {
      const { cluster, sessions } = status();
      const text = await metrics.print({
        ...cluster,
        sessions: sessions.length,
        proxied: proxy.count,
      });
      response.set({ 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' });
      response.send(text);
    },
  });
  route(router, '/healthz', {
    GET: (_request, response) => {
      response.set('Cache-Control', 'no-store').type('text/plain').send('ok\n');
    },
  });
  return router;
}
