/**
 * The SCX's HTTP port: the stream for players, and what operators ask. Plain node:http, as the
 * time that an SCX takes to start is part of a listener's wait.
 *
 * Everybody may connect here, so each step of a request has a limit: node:http answers 400, 408
 * or 431 by itself and closes. One connection carries one request at a time; whoever sends a second
 * one into an unfinished answer is cut off.
 */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { EXIT, UserError } from '../lib/user-error.js';
import type { Listeners } from './listeners.js';
import { createStreamOutlet, writeStreamHead } from './stream-outlet.js';

export interface HttpOptions {
  /** `/SESSION.mp3`. */
  readonly streamPath: string;
  readonly listenersMax: number;
  readonly listeners: Listeners;
  /** The `icy-*` headers of the stream. */
  streamHeaders(): OutgoingHttpHeaders;
  /** The SCX's status, for JSON. */
  status(): unknown;
  /** Prometheus' text format, and its media type. */
  metrics(): Promise<{ readonly text: string; readonly contentType: string }>;
  /** Newcomers are turned away: the SCX is about to end. */
  isLeaving(): boolean;
  now(): number;
}

/** A listening HTTP port. */
export interface HttpServer {
  readonly port: number;
  /** Takes no new connections, and cuts what is still open after so many ms. */
  close(flushMs: number): Promise<void>;
}

const LIMITS = {
  /** Of the request line and all headers: what Icecast and players send is below 1 KiB. */
  maxHeaderSize: 16 * 1024,
  /** From the connection to the end of the head, ms. Guess. */
  headersTimeout: 10_000,
  /** And to the end of a body, which nobody sends here, ms. Guess. */
  requestTimeout: 15_000,
  connectionsCheckingInterval: 2000,
  keepAliveTimeout: 5000,
  /** Finds listeners whose machine is gone while the session is off the air. */
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
} as const;
const HEADERS_MAX = 100;
/** Neither read nor written for so long, ms; listeners have a limit of their own. Guess. */
const IDLE_MS = 60_000;
/** Connections besides those of listeners: half requests, probes, operators. Guess. */
const SPARE_CONNECTIONS = 1024;
/** "Come back", s: when full, when off the air, when leaving, without metrics. Guesses. */
const RETRY_S = { full: 10, offAir: 5, leaving: 1, metrics: 10 } as const;

const COMMON: OutgoingHttpHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-store',
};

/** Answers with one sentence or document. node:http leaves out the body of a HEAD. */
function answer(
  response: ServerResponse,
  code: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = Buffer.from(text);
  response.writeHead(code, {
    ...COMMON,
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    ...headers,
  });
  response.end(body);
}

const comeBack = (response: ServerResponse, text: string, seconds: number): void =>
  answer(response, 503, `${text}\n`, { 'Retry-After': seconds, Connection: 'close' });

/** The path of a request's target, without query; undefined if it is badly escaped. */
function pathOf(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Opens the port. Rejects with a UserError when it is taken or the address is not ours. */
export async function openHttpServer(
  options: HttpOptions,
  host: string,
  port: number,
): Promise<HttpServer> {
  const server = createServer(LIMITS, (request, response) => handle(options, request, response));
  server.maxHeadersCount = HEADERS_MAX;
  server.maxConnections = options.listenersMax + SPARE_CONNECTIONS;
  server.timeout = IDLE_MS;
  await listen(server, host, port);
  // From now on there are accept errors only: too many open files. Others go on.
  server.on('error', () => undefined);
  return {
    port: (server.address() as AddressInfo).port,
    close: (flushMs) =>
      new Promise((resolve) => {
        const cutting = setTimeout(() => server.closeAllConnections(), flushMs);
        server.close(() => {
          clearTimeout(cutting);
          resolve();
        });
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken' : `cannot be opened (${error.code})`;
      reject(new UserError(EXIT.bind, `HTTP port ${port} on ${host} ${why}: choose another one`));
    });
    server.listen({ host, port, backlog: 4096 }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function handle(options: HttpOptions, request: IncomingMessage, response: ServerResponse): void {
  // Behind an unfinished answer: nobody's player does that.
  if (response.socket === null) return void request.socket.destroy();
  request.resume();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return answer(response, 405, 'Only GET and HEAD are possible here.\n', { Allow: 'GET, HEAD' });
  }
  route(options, pathOf(request.url ?? ''), request, response);
}

function route(
  options: HttpOptions,
  path: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (path) {
    case options.streamPath:
      return request.method === 'HEAD' ? showHead(options, response) : stream(options, response);
    case '/status':
      return answer(response, 200, `${JSON.stringify(options.status())}\n`, {
        'Content-Type': 'application/json; charset=utf-8',
      });
    case '/metrics':
      return void answerMetrics(options, response);
    case '/healthz':
      return options.isLeaving()
        ? comeBack(response, 'leaving', RETRY_S.leaving)
        : answer(response, 200, 'ok\n');
    default:
      return answer(response, 404, `There is nothing here: listen at ${options.streamPath}\n`);
  }
}

/** Its library is read from the disk when it is first asked for, which may fail; sound goes on. */
async function answerMetrics(options: HttpOptions, response: ServerResponse): Promise<void> {
  const metrics = await options.metrics().catch(() => undefined);
  if (metrics === undefined) return comeBack(response, 'No metrics now.', RETRY_S.metrics);
  answer(response, 200, metrics.text, { 'Content-Type': metrics.contentType });
}

const headOf = (options: HttpOptions): OutgoingHttpHeaders => ({
  ...COMMON,
  'Content-Type': 'audio/mpeg',
  'Accept-Ranges': 'none',
  ...options.streamHeaders(),
});

function showHead(options: HttpOptions, response: ServerResponse): void {
  writeStreamHead(response, headOf(options));
  response.end();
}

function stream(options: HttpOptions, response: ServerResponse): void {
  const { listeners } = options;
  const { socket } = response;
  if (socket === null) return;
  if (options.isLeaving()) return comeBack(response, 'This relay is leaving.', RETRY_S.leaving);
  const refuse = (): void => comeBack(response, 'The session is off the air.', RETRY_S.offAir);
  const outlet = createStreamOutlet(response, socket, () => headOf(options), refuse);
  const leave = listeners.admit(outlet, options.now());
  if (leave === undefined) return comeBack(response, 'This relay is full.', RETRY_S.full);
  response.once('close', leave);
}
