/** POSTs to a URL that a stranger has given: guarded (guarded-request.ts), without redirects or retries. */
import type { OutgoingHttpHeaders } from 'node:http';
import { guardedRequest, parseUrl, problemOf } from './guarded-request.js';

export interface PostOptions {
  readonly body: string;
  readonly headers: OutgoingHttpHeaders;
  /** Allows loopback, private and shared addresses, for clusters in such a network. */
  readonly allowPrivate: boolean;
  /** Time until the answer's headers have come, ms. */
  readonly timeoutMs: number;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

/**
 * The HTTP status of the answer, also that of a redirect; the answer's body is not read. Rejects with
 * a FetchProblem, and with nothing else.
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
