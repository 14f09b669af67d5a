/**
 * Sends events to one webhook, one after the other, in their order. A receiver that does not answer
 * is tried again, with a backoff; meanwhile events wait here, and when there are too many the
 * oldest is dropped. Nothing else waits for any of that.
 *
 * The URL may hold a secret of its receiver, so no log shows it.
 *
 * Bounded: WAITING_MAX events, ATTEMPTS_MAX attempts for each.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { spreadBackoffMs } from '../../lib/backoff.js';
import { postEvent, type Receiver } from './post-event.js';

export interface SenderOptions extends Receiver {
  /** Names the session and which of its webhooks it is. */
  readonly log: Logger;
  /** The first wait between two attempts, ms; it doubles. */
  readonly retryMs: number;
  /** The outcome of an event: `dropped` because of too many, `failed` after all attempts. */
  onOutcome(outcome: 'delivered' | 'failed' | 'dropped'): void;
}

export interface WebhookSender {
  readonly url: string;
  /** Takes the JSON of an event. */
  send(body: string): void;
  /** Gives up the events that still wait. */
  close(): void;
}

/** All guesses: with 1 s first, a receiver may be down for five minutes. */
const WAITING_MAX = 32;
const ATTEMPTS_MAX = 10;
const RETRY_MS_MAX = 64_000;

/** The wait before an event is sent again, ms. */
const waitMs = (retryMs: number, attempt: number): number =>
  spreadBackoffMs({ firstMs: retryMs, lastMs: RETRY_MS_MAX }, attempt, Math.random());

/** Sends an event until it is delivered, all attempts have failed, or the signal is aborted. */
async function deliver(options: SenderOptions, body: string, signal: AbortSignal): Promise<void> {
  const { log, onOutcome, retryMs } = options;
  for (let tries = 0; tries < ATTEMPTS_MAX; tries++) {
    const problem = await postEvent(options, body, signal);
    if (problem === undefined) return onOutcome('delivered');
    if (signal.aborted) return;
    if (tries === 0) log.warn({ problem }, 'a webhook does not take an event; trying again');
    const wait = pause(waitMs(retryMs, tries), undefined, { signal, ref: false });
    await wait.catch(() => undefined);
  }
  if (signal.aborted) return;
  onOutcome('failed');
  log.warn('an event is given up: its webhook did not take it');
}

/** Creates a sender that has nothing to send. */
export function createWebhookSender(options: SenderOptions): WebhookSender {
  const { url, log, onOutcome } = options;
  const closing = new AbortController();
  const waiting: string[] = [];
  let isBusy = false;

  const work = async (): Promise<void> => {
    isBusy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await deliver(options, next, closing.signal);
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
