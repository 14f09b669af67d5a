/**
 * The stream through the front end, for players that cannot be redirected. The SCX answers as it
 * would answer the player itself, ICY metadata and ranges included, and learns the player's address
 * from X-Forwarded-For. When one side ends, the other is ended at once: a player that leaves is no
 * longer counted as a listener, and a player whose SCX died connects again instead of hanging in
 * silence.
 *
 * Bounded: `streamsMax` at a time, so that connections are left for all other clients; what waits for a
 * player (proxied-queues.ts).
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import httpProxy from 'http-proxy';
import { urlHost } from '../../lib/host-port.js';
import type { ScxHostOf } from '../ports/scx-host.js';
import { clientOf } from '../web/client.js';
import { problem, sendProblem } from '../web/problem.js';
import { createProxiedQueues } from './proxied-queues.js';

export interface StreamProxyOptions {
  readonly scxHostOf: ScxHostOf;
  /** At a time, >= 1. */
  readonly streamsMax: number;
  /** For tests: how often the kernel's queues are looked at. */
  readonly looks?: Parameters<typeof createProxiedQueues>[1];
}

export interface StreamProxy {
  /** Answers the request with what is at `http://any:PORT/PATH`, which is an SCX's stream. */
  stream(request: Request, response: Response, httpUrl: string): void;
  /** Streams that are being passed on. */
  readonly count: number;
  /** Ends what runs regularly. */
  close(): void;
}

const BUSY = {
  ...problem(
    503,
    'The front end passes on as many streams as it may. Use a player that follows redirects, ' +
      'or try again later.',
  ),
  retryAfter: 10, // guess
};
const LOST = { ...problem(502, "The session's SCX does not answer: try again."), retryAfter: 1 };

/** A body without a length ends with the connection: players would play chunk headers as sound. */
function neverChunked(response: Response): void {
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
}

/** Breaks off what the SCX broke off. A stream that is silent for long goes on. */
function follow(upstream: IncomingMessage, response: ServerResponse): void {
  response.socket?.setTimeout(0);
  upstream.once('close', () => {
    if (!upstream.complete) response.destroy();
  });
}

/** Creates a proxy for at most `streamsMax` streams. */
export function createStreamProxy(options: StreamProxyOptions): StreamProxy {
  const { scxHostOf, streamsMax, looks } = options;
  const proxy = httpProxy.createProxyServer({ ignorePath: true, changeOrigin: true });
  const queues = createProxiedQueues(() => performance.now(), looks);
  proxy.on('proxyRes', (upstream, _request, response) => {
    follow(upstream, response);
    queues.add(upstream, response);
  });
  let count = 0;

  const targetOf = (httpUrl: string): string => {
    const url = new URL(httpUrl);
    url.protocol = 'http:';
    url.hostname = urlHost(scxHostOf(httpUrl));
    return url.href;
  };

  return {
    stream: (request, response, httpUrl) => {
      if (count >= streamsMax) return sendProblem(request, response, BUSY);
      count++;
      response.once('close', () => count--);
      neverChunked(response);
      // Not the header as the player sent it: the address that we found (web/client.ts).
      const headers = { connection: 'close', 'x-forwarded-for': clientOf(response) };
      proxy.web(request, response, { target: targetOf(httpUrl), headers }, () => {
        if (!response.destroyed) sendProblem(request, response, LOST);
      });
    },
    get count() {
      return count;
    },
    close: queues.close,
  };
}
