/**
 * The webhooks of the sessions that are published here. Each lease renewal of a session's SCX is
 * compared with the last one (session-events.ts), and the events that result are sent to each of
 * the session's webhooks (webhook-sender.ts).
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
  /** Ms, monotonic. */
  now(): number;
  /** See SenderOptions. */
  readonly retryMs?: number;
  /** Whether this front end tells; all of a cluster see the same. Default: it does. */
  readonly leads?: (() => boolean) | undefined;
}

export interface Webhooks {
  /** The session's SCX reported its status. `session`: `scattercast://creator/session`. */
  onStatus(session: string, owner: Owner | undefined, view: SessionView): void;
  /** The session is no longer published here. */
  forget(session: string): void;
  /** Gives up the events that still wait. */
  close(): void;
}

interface Subscribed {
  readonly events: SessionEvents;
  secret: string;
  senders: readonly WebhookSender[];
}

const RETRY_MS = 1000; // guess

/** Creates the webhooks of a cluster, without sessions. */
export function createWebhooks(options: WebhooksOptions): Webhooks {
  const { log, now, allowPrivate, onOutcome, retryMs = RETRY_MS, leads } = options;
  const sessions = new Map<string, Subscribed>();

  const forget = (session: string): void => {
    for (const sender of sessions.get(session)?.senders ?? []) sender.close();
    sessions.delete(session);
  };

  const open = (session: string, secret: string): Subscribed => {
    const known = sessions.get(session);
    if (known?.secret === secret) return known;
    forget(session);
    const subscribed: Subscribed = { events: createSessionEvents(), secret, senders: [] };
    sessions.set(session, subscribed);
    return subscribed;
  };

  /** Has a sender for each of these URLs; senders that exist already go on. */
  const follow = (subscribed: Subscribed, session: string, urls: readonly string[]): void => {
    const { secret, senders } = subscribed;
    for (const sender of senders) if (!urls.includes(sender.url)) sender.close();
    subscribed.senders = urls.map((url, index) => {
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
      const subscribed = open(session, webhookSecret);
      follow(subscribed, session, webhooks);
      const happened = subscribed.events.handle(view, now());
      if (leads?.() === false) return;
      for (const { event, ...about } of happened) {
        const at = new Date().toISOString();
        const body = JSON.stringify({ event, session, at, ...about, id: randomUUID() });
        for (const sender of subscribed.senders) sender.send(body);
      }
    },
    forget,
    close: () => {
      for (const session of [...sessions.keys()]) forget(session);
    },
  };
}
