/**
 * The HTTP port of the operator: `GET /metrics`, `/status` (which clusters are there) and `/healthz`, whose
 * status is 503 while no cluster is there. It is small, so that it can face nobody else well enough.
 */
import { createServer } from 'node:http';
import { listening } from '../../http/server/bind-problem.js';
import type { OpenPort } from './udp-port.js';

export interface StatusPortOptions {
  readonly host: string;
  readonly port: number;
  readonly metricsType: string;
  metrics(): Promise<string>;
  status(): object;
  isHealthy(): boolean;
}

const CONNECTIONS_MAX = 32;
const REQUEST_MS = 5000;

interface Page {
  readonly code: number;
  readonly type: string;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';

async function pageAt(path: string, options: StatusPortOptions): Promise<Page> {
  switch (path) {
    case '/metrics':
      return { code: 200, type: options.metricsType, body: await options.metrics() };
    case '/status':
      return { code: 200, type: 'application/json', body: JSON.stringify(options.status()) };
    case '/healthz':
      return options.isHealthy()
        ? { code: 200, type: TEXT, body: 'ok\n' }
        : { code: 503, type: TEXT, body: 'no cluster is there\n' };
    default:
      return { code: 404, type: TEXT, body: 'There are /metrics, /status and /healthz.\n' };
  }
}

/** Opens the port. Rejects with the error of the system. */
export async function openStatusPort(options: StatusPortOptions): Promise<OpenPort> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('request', (request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    const path = (request.url ?? '').split('?')[0] ?? '';
    pageAt(path, options).then(
      ({ code, type, body }) =>
        response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' }).end(body),
      () => response.destroy(),
    );
  });
  server.listen({ host: options.host, port: options.port });
  await listening(server, options.host, options.port);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : options.port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
