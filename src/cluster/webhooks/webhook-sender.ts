/**
 * Brings events to one webhook, one after the other, in their order. A receiver that is away is
 * tried again, later and later; meanwhile events wait here, and when there are too many of them the
 * oldest is dropped. Nothing else waits for any of that.
 *
 * The receiver knows that it was us by the signature, and how old it is by the timestamp, which is
 * signed as well. The URL may hold a secret of its own, so no log shows it.
 *
 * Bounded: WAITING_MAX events, ATTEMPTS_MAX attempts at each.
 */

import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { guardedPost } from '../../http/client/guarded-post.js';
import { FetchProblem } from '../../http/client/guarded-request.js';
import { spreadBackoffMs } from '../../lib/backoff.js';

export interface SenderOptions {
  readonly url: string;
  readonly secret: string;
  readonly allowPrivate: boolean;
  /** Says which webhook of which session it is. */
  readonly log: Logger;
  /** The first wait between two attempts, ms; it doubles. */
  readonly retryMs: number;
  /** What became of an event: `dropped` because of too many, `failed` after all attempts. */
  onOutcome(outcome: 'delivered' | 'failed' | 'dropped'): void;
}

export interface WebhookSender {
  readonly url: string;
  /** Takes the JSON of an event. */
  send(body: string): void;
  /** Gives up what still waits. */
  close(): void;
}

/** All guesses: with 1 s first, a receiver may be away for five minutes. */
const WAITING_MAX = 32;
const ATTEMPTS_MAX = 10;
const RETRY_MS_MAX = 64_000;
const TIMEOUT_MS = 5000;

/** What a receiver is to find in X-Scattercast-Signature. `timestamp`: Unix time, s. */
const signatureOf = (secret: string, timestamp: number, body: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;

/** The wait before an event is sent again, ms. */
const waitMs = (retryMs: number, attempt: number): number =>
  spreadBackoffMs({ firstMs: retryMs, lastMs: RETRY_MS_MAX }, attempt, Math.random());

/** A sender that has nothing to do. */
export function createWebhookSender(options: SenderOptions): WebhookSender {
  const { url, secret, allowPrivate, log, onOutcome } = options;
  const closing = new AbortController();
  const waiting: string[] = [];
  let isBusy = false;

  /** Why the receiver did not take it; undefined: it did. */
  const attempt = async (body: string): Promise<string | undefined> => {
    const timestamp = Math.floor(Date.now() / 1000);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'user-agent': 'scattercast',
      'x-scattercast-timestamp': `${timestamp}`,
      'x-scattercast-signature': signatureOf(secret, timestamp, body),
    };
    try {
      const { signal } = closing;
      const post = { body, headers, allowPrivate, timeoutMs: TIMEOUT_MS, signal };
      const status = await guardedPost(url, post);
      return status >= 200 && status <= 299 ? undefined : `HTTP status ${status}`;
    } catch (error) {
      if (!(error instanceof FetchProblem)) throw error;
      return error.kind; // its message names the URL
    }
  };

  const deliver = async (body: string): Promise<void> => {
    for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
      const problem = await attempt(body);
      if (problem === undefined) return onOutcome('delivered');
      if (closing.signal.aborted) return;
      if (tries === 0) log.warn({ problem }, 'a webhook does not take an event; trying again');
      const { signal } = closing;
      await pause(waitMs(options.retryMs, tries), undefined, { signal, ref: false }).catch(
        () => {},
      );
    }
    if (closing.signal.aborted) return;
    onOutcome('failed');
    log.warn('an event is given up: its webhook did not take it');
  };

  const work = async (): Promise<void> => {
    isBusy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await deliver(next);
    }
    isBusy = false;
  };

  return {
    url,
    send: (body) => {
      waiting.push(body);
      if (waiting.length > WAITING_MAX) {
        waiting.shift();
        onOutcome('dropped');
        log.warn('too many events wait for a webhook: the oldest is dropped');
      }
      if (!isBusy) void work();
    },
    close: () => {
      waiting.length = 0;
      closing.abort();
    },
  };
}
