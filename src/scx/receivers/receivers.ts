/**
 * The clients that receive at this SCX (§2.5): "As long as the client is part of the session, it sends
 * periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure via an AM_LEAVING
 * message. The SCX uses this message (or the loss of KEEP_ALIVE messages) as an indication of the
 * client's death."
 *
 * They are listeners: they count as such, take the same slots, and keep the SCX alive.
 *
 * Bounded: the listeners' slots (receiver-gate.ts).
 */
import type { Logger } from 'pino';
import type { ReceiverConnection } from '../../overlay/data/receiver-connection.js';
import type { Refusal } from '../../overlay/sockets/admission.js';
import type { ListenerHook } from '../listeners/listener-hook.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { SourceAudience } from '../sources/source-client.js';
import { CLIENT_SILENT_MS } from '../sources/source-timeouts.js';
import type { AduFeed } from './adu-feed.js';
import { createReceiver, type Receiver } from './receiver.js';
import { type ReceiverGate, TUNE_AGENT } from './receiver-gate.js';

/** The counters for `GET /metrics`. */
interface ReceiverCounters {
  accepted: number;
  refused: number;
  /** Ended because no KEEP_ALIVE came. */
  silent: number;
  /** Ended because they took nothing. */
  idle: number;
  /** Times that a slow one went on with what is recent. */
  skipped: number;
}

export interface Receivers {
  readonly gate: Pick<ReceiverGate, 'objectionTo'>;
  /** Takes a client that was let in. */
  handleReceiver(connection: ReceiverConnection): void;
  /** Ends those that are silent or take nothing; call it a few times per second. */
  tick(): void;
  /** Ends those that may not go on. */
  check(): void;
  /** Tells all to attach elsewhere. */
  tellLeaving(): void;
  readonly count: number;
  readonly counters: Readonly<ReceiverCounters>;
}

export interface ReceiversOptions {
  readonly feed: AduFeed;
  readonly gate: ReceiverGate;
  readonly hook: Pick<ListenerHook, 'onLeft'>;
  readonly identities: Pick<ListenerIdentities, 'enter' | 'leave'>;
  readonly log: Logger;
  /** The listeners of what is played, and those here. */
  audience(): SourceAudience;
  now(): number;
  /** Measures silence (runtime/attended-clock.ts), ms. */
  attended(): number;
}

/** One client. */
interface Client {
  readonly connection: ReceiverConnection;
  readonly receiver: Receiver;
  readonly since: number;
  limit: NodeJS.Timeout | undefined;
  /** The instant of its last KEEP_ALIVE, by the clock that measures silence. */
  heardAt: number;
  /** Since when so much waits for it that it is sent nothing more; undefined: it takes it. */
  stuckSince: number | undefined;
}

/** What comes within this time is sent together: a player has seconds of it already, ms. Guess. */
const TOGETHER_MS = 100;
/** One that takes nothing for this long is closed, as a player is, ms. */
const IDLE_MS = 60_000;

const LEAVING: Refusal = { reason: 'it is leaving' };

/** Creates a set without clients. */
export function createReceivers(options: ReceiversOptions): Receivers {
  const { feed, gate, hook, identities, log, now, attended } = options;
  const clients = new Set<Client>();
  const counters = { accepted: 0, refused: 0, silent: 0, idle: 0, skipped: 0 };
  let serving: NodeJS.Timeout | undefined;
  let isLeaving = false;

  const serve = (client: Client): void => {
    counters.skipped += client.receiver.serve(now());
    client.stuckSince = client.connection.isFull ? (client.stuckSince ?? attended()) : undefined;
  };

  const serveAll = (): void => {
    serving = undefined;
    for (const client of clients) serve(client);
  };

  feed.onNews(() => {
    if (clients.size === 0 || serving !== undefined) return;
    serving = setTimeout(serveAll, TOGETHER_MS);
  });

  const identityOf = ({ connection, since }: Client) => ({
    ...{ address: connection.remoteAddress, agent: TUNE_AGENT, since },
  });

  const end = (client: Client, reason: string): void => {
    if (!clients.delete(client)) return;
    clearTimeout(client.limit);
    identities.leave(identityOf(client), now());
    const admission = gate.takeAdmitted(client.connection.hello);
    if (admission !== undefined) hook.onLeft(admission.listener, now() - client.since);
    log.debug({ remoteAddress: client.connection.remoteAddress, reason }, 'A receiver has left.');
  };

  const close = (client: Client, reason: string): void => {
    end(client, reason);
    client.connection.close(reason);
  };

  const onKeepAlive = (client: Client): void => {
    client.heardAt = attended();
    client.connection.send({ kind: 'alive', ...options.audience() });
  };

  const attach = (connection: ReceiverConnection): void => {
    const since = now();
    const client: Client = {
      ...{ connection, since, receiver: createReceiver(connection, feed, since) },
      ...{ limit: undefined, heardAt: attended(), stuckSince: undefined },
    };
    clients.add(client);
    counters.accepted++;
    identities.enter(identityOf(client), since);
    const limitMs = gate.takeAdmitted(connection.hello)?.limitMs;
    if (limitMs !== undefined) client.limit = setTimeout(close, limitMs, client, 'time is up');
    connection.listen({
      onKeepAlive: () => onKeepAlive(client),
      onLeaving: () => {
        end(client, 'it said that it is leaving');
        connection.close();
      },
      onDrain: () => {
        client.stuckSince = undefined;
        serve(client);
      },
      onClose: (reason) => end(client, reason),
    });
    serve(client);
  };

  const look = (client: Client): void => {
    const at = attended();
    if (at - client.heardAt > CLIENT_SILENT_MS) {
      counters.silent++;
      close(client, 'no KEEP_ALIVE came');
    } else if (at - (client.stuckSince ?? at) > IDLE_MS) {
      counters.idle++;
      close(client, 'it takes nothing');
    }
  };

  return {
    gate: {
      objectionTo: async (hello, address) => {
        const refusal = isLeaving ? LEAVING : await gate.objectionTo(hello, address);
        if (refusal !== undefined) counters.refused++;
        return refusal;
      },
    },
    handleReceiver: attach,
    tick: () => {
      for (const client of [...clients]) look(client);
    },
    check: () => {
      for (const client of [...clients]) {
        if (!gate.mayGoOn(client.connection.hello)) close(client, 'your ticket holds no longer');
      }
    },
    tellLeaving: () => {
      isLeaving = true;
      for (const { connection } of clients) connection.send({ kind: 'leaving' });
    },
    get count() {
      return clients.size;
    },
    counters,
  };
}
