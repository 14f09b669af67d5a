/** Tells something to a URL that a stranger gave us: guarded (guarded-request.ts), once, and briefly. */
import type { OutgoingHttpHeaders } from 'node:http';
import { guardedRequest, parseUrl, problemOf } from './guarded-request.js';

export interface PostOptions {
  readonly body: string;
  readonly headers: OutgoingHttpHeaders;
  /** Also loopback, private and shared ranges; for clusters that live in one. */
  readonly allowPrivate: boolean;
  /** Until the answer's headers are there. */
  readonly timeoutMs: number;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/**
 * The HTTP status that a POST is answered with, a redirect's as well; nobody reads the answer's
 * body. Rejects with a FetchProblem, and with nothing else.
 */
export async function guardedPost(text: string, options: PostOptions): Promise<number> {
  const { timeoutMs, ...request } = options;
  const url = parseUrl(text);
  const clock = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([clock, options.signal]);
  try {
    const response = await guardedRequest({ ...request, url, method: 'POST', signal });
    response.on('error', () => undefined);
    response.destroy();
    return response.statusCode ?? 0;
  } catch (error) {
    throw problemOf(error, url, clock.aborted, timeoutMs);
  }
}
