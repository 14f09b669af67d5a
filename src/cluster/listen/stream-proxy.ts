/**
 * The stream through the front end, for players that cannot be redirected: the SCX answers as it
 * would answer the player itself, ICY metadata and ranges included, and hears the player's address
 * in X-Forwarded-For. One side's end is the other's, at once: a player that leaves is no listener
 * any more, and a player whose SCX died connects again instead of hanging in silence.
 *
 * Bounded: so many at a time, so that connections are left for everybody else.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import httpProxy from 'http-proxy';
import { urlHost } from '../../lib/host-port.js';
import { problem, sendProblem } from '../web/problem.js';

export interface StreamProxyOptions {
  /** Where the front end itself reaches its SCXs: an address of this machine. */
  readonly scxHost: string;
  /** At a time, >= 1. */
  readonly streamsMax: number;
}

export interface StreamProxy {
  /** Answers the request with what is at `http://any:PORT/PATH`, which is an SCX's stream. */
  stream(request: Request, response: Response, httpUrl: string): void;
  /** Streams under way. */
  readonly count: number;
}

const BUSY = {
  ...problem(503, 'Too many listen through the front end; a player that follows redirects can.'),
  retryAfter: 10, // guess
};
const LOST = { ...problem(502, "The session's SCX does not answer; try again."), retryAfter: 1 };

/** A body without a length that ends with the connection: players take a chunk for sound. */
function neverChunked(response: Response): void {
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
}

/** A stream that was broken off is broken off here, too. Silence is no reason to end one. */
function follow(upstream: IncomingMessage, response: ServerResponse): void {
  response.socket?.setTimeout(0);
  upstream.once('close', () => {
    if (!upstream.complete) response.destroy();
  });
}

/** No stream yet. */
export function createStreamProxy({ scxHost, streamsMax }: StreamProxyOptions): StreamProxy {
  const proxy = httpProxy.createProxyServer({ ignorePath: true, changeOrigin: true });
  proxy.on('proxyRes', (upstream, _request, response) => follow(upstream, response));
  let count = 0;

  const targetOf = (httpUrl: string): string => {
    const url = new URL(httpUrl);
    url.protocol = 'http:';
    url.hostname = urlHost(scxHost);
    return url.href;
  };

  return {
    stream: (request, response, httpUrl) => {
      if (count >= streamsMax) return sendProblem(request, response, BUSY);
      count++;
      response.once('close', () => count--);
      neverChunked(response);
      // Not what the player says of where it comes from: what we found out (front-end.ts).
      const from = request.ip?.replace(/^::ffff:/, '') ?? '';
      const headers = { connection: 'close', 'x-forwarded-for': from };
      proxy.web(request, response, { target: targetOf(httpUrl), headers }, () => {
        if (!response.destroyed) sendProblem(request, response, LOST);
      });
    },
    get count() {
      return count;
    },
  };
}
