/**
 * The webhooks of the sessions that are published here. This cluster is their home, so it tells
 * their stations: each renewal of a lease is looked at (session-events.ts), and what is new goes to
 * each of the session's webhooks (webhook-sender.ts).
 *
 * Bounded by the announcements, WEBHOOKS_MAX each.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Owner } from '../announcements/owner.js';
import { createSessionEvents, type SessionEvents, type SessionView } from './session-events.js';
import { createWebhookSender, type SenderOptions, type WebhookSender } from './webhook-sender.js';

export interface WebhooksOptions extends Pick<SenderOptions, 'allowPrivate' | 'onOutcome'> {
  readonly log: Logger;
  /** Ms that only grow. */
  now(): number;
  /** See SenderOptions. */
  readonly retryMs?: number;
}

export interface Webhooks {
  /** The session's SCX tells how things are. `session`: `scattercast://creator/session`. */
  onStatus(session: string, owner: Owner | undefined, view: SessionView): void;
  /** The session is not published here any more. */
  forget(session: string): void;
  /** Gives up all that still waits. */
  close(): void;
}

interface Told {
  readonly events: SessionEvents;
  secret: string;
  senders: readonly WebhookSender[];
}

const RETRY_MS = 1000; // guess

/** No session yet. */
export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { log, now, allowPrivate, onOutcome, retryMs = RETRY_MS } = options;
  const sessions = new Map<string, Told>();

  const forget = (session: string): void => {
    for (const sender of sessions.get(session)?.senders ?? []) sender.close();
    sessions.delete(session);
  };

  const open = (session: string, secret: string): Told => {
    const known = sessions.get(session);
    if (known?.secret === secret) return known;
    forget(session);
    const told: Told = { events: createSessionEvents(), secret, senders: [] };
    sessions.set(session, told);
    return told;
  };

  /** Senders for these URLs; those that are there already go on. */
  const follow = (told: Told, session: string, urls: readonly string[]): void => {
    const { secret, senders } = told;
    for (const sender of senders) if (!urls.includes(sender.url)) sender.close();
    told.senders = urls.map((url, index) => {
      const known = senders.find((sender) => sender.url === url);
      const logHere = log.child({ session, webhook: index + 1 });
      const about = { url, secret, allowPrivate, log: logHere, retryMs, onOutcome };
      return known ?? createWebhookSender(about);
    });
  };

  return {
    onStatus: (session, owner, view) => {
      const { webhooks = [], webhookSecret } = owner ?? {};
      if (webhookSecret === undefined || webhooks.length === 0) return forget(session);
      const told = open(session, webhookSecret);
      follow(told, session, webhooks);
      for (const { event, ...about } of told.events.handle(view, now())) {
        const at = new Date().toISOString();
        const body = JSON.stringify({ event, session, at, ...about, id: randomUUID() });
        for (const sender of told.senders) sender.send(body);
      }
    },
    forget,
    close: () => {
      for (const session of [...sessions.keys()]) forget(session);
    },
  };
}
