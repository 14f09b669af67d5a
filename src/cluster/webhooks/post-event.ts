/**
 * One attempt at sending an event to a webhook. The receiver knows the sender by the signature, and
 * the age of the event by the timestamp, which is signed as well.
 */
import { createHmac } from 'node:crypto';
import { guardedPost } from '../../http/client/guarded-post.js';
import { FetchProblem } from '../../http/client/guarded-request.js';

export interface Receiver {
  readonly url: string;
  readonly secret: string;
  readonly allowPrivate: boolean;
}

const TIMEOUT_MS = 5000; // guess

/** The value of X-Scattercast-Signature. `timestamp`: Unix time, s. */
const signatureOf = (secret: string, timestamp: number, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

function headersOf(secret: string, body: string) {
  const timestamp = Math.floor(Date.now() / 1000);
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'scattercast',
    'x-scattercast-timestamp': `${timestamp}`,
    'x-scattercast-signature': signatureOf(secret, timestamp, body),
  };
}

/** Why the receiver did not take the event; undefined if it did. Never names the URL. */
export async function postEvent(
  { url, secret, allowPrivate }: Receiver,
  body: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const headers = headersOf(secret, body);
    const post = { body, headers, allowPrivate, timeoutMs: TIMEOUT_MS, signal };
    const status = await guardedPost(url, post);
    return status >= 200 && status <= 299 ? undefined : `HTTP status ${status}`;
  } catch (error) {
    if (!(error instanceof FetchProblem)) throw error;
    return error.kind; // its message names the URL
  }
}
