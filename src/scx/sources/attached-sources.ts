/**
 * The source clients that are attached here (§2.5): "As long as the client is part of the session,
 * it sends periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure via an
 * AM_LEAVING message. The SCX uses this message (or the loss of KEEP_ALIVE messages) as an
 * indication of the client's death."
 *
 * Beyond: a client whose connection breaks has a moment to come back before its source is
 * withdrawn, so that the session's trees stay. It comes back with a higher epoch, and takes the
 * place of the old connection even if nobody has noticed yet that it is dead. ADUs count as
 * KEEP_ALIVE.
 *
 * Bounded: ATTACHED_MAX clients.
 */
import type { Logger } from 'pino';
import type { Input } from '../../gossamer/core/effects.js';
import type { NodeId, SourceId } from '../../gossamer/core/node.js';
import type { ClientConnection } from '../../overlay/sockets/client-connection.js';
import { type AduAdmission, createAduAdmission } from './adu-admission.js';

export interface AttachedSourcesOptions {
  readonly self: NodeId;
  /** The session's channels. */
  readonly channels: readonly number[];
  feed(input: Input): void;
  /** Who hears a source, in the whole session and at this SCX. */
  audience(source: SourceId): { readonly listeners: number; readonly scxListeners: number };
  now(): number;
  readonly log: Logger;
}

/** What `GET /metrics` tells. */
interface SourceCounters {
  attached: number;
  /** Connections that were turned away. */
  refused: number;
  /** AttachedSources that came back before they were withdrawn. */
  resumed: number;
  published: number;
  /** ADUs that did not pass the checks. */
  dropped: number;
}

/** The attached source clients. */
export interface AttachedSources {
  handleClient(connection: ClientConnection): void;
  /** Looks after clients that have fallen silent or have not come back. */
  tick(now: number): void;
  /** Closes all connections; who may still broadcast comes back before its source is withdrawn. */
  closeAll(reason: string): void;
  /** Tells clients, all or some, that this SCX is leaving, so that they attach elsewhere. */
  tellLeaving(isTold?: (id: SourceId) => boolean): void;
  /** Whether it is connected, or may come back. */
  has(id: SourceId | undefined): boolean;
  /** How many are. */
  readonly count: number;
  readonly counters: Readonly<SourceCounters>;
}

/** AttachedSources attached here at most. Guess: a studio, a fallback, and many misconfigured ones. */
const ATTACHED_MAX = 16;
/** A client that says nothing for so long is dead, ms. Guess: five KEEP_ALIVEs. */
const SILENCE_MS = 5000;
/** How long a client that broke off may take to come back, ms. Guess. */
const GRACE_MS = 5000;

interface Attached {
  readonly id: SourceId;
  readonly epoch: number;
  readonly admission: AduAdmission;
  /** Undefined since `lostAt`. */
  connection: ClientConnection | undefined;
  wordAt: number;
  lostAt: number;
}

/** No source is attached yet. */
export function createAttachedSources(options: AttachedSourcesOptions): AttachedSources {
  const { log, feed } = options;
  const attached = new Map<SourceId, Attached>();
  const counters = { attached: 0, refused: 0, resumed: 0, published: 0, dropped: 0 };

  const withdraw = (client: Attached, reason: string): void => {
    attached.delete(client.id);
    client.connection?.close();
    client.connection = undefined;
    log.info({ source: client.id, reason }, 'A source is withdrawn.');
    feed({ kind: 'withdrawSource', source: client.id });
  };

  const becomeLost = (client: Attached, reason: string): void => {
    if (client.connection === undefined) return;
    const { connection } = client;
    client.connection = undefined;
    client.lostAt = options.now();
    connection.close(reason);
    log.warn({ source: client.id, reason }, 'A source client is lost; it may come back.');
  };

  const handleAdu = (client: Attached, adu: Parameters<AduAdmission>[0]): void => {
    client.wordAt = options.now();
    const verdict = client.admission(adu, client.wordAt);
    switch (verdict.kind) {
      case 'publish':
        counters.published++;
        return feed({ kind: 'publish', adu: verdict.adu });
      case 'drop':
        counters.dropped++;
        return;
      case 'close':
        counters.dropped++;
        return becomeLost(client, verdict.reason);
    }
  };

  const listen = (client: Attached, connection: ClientConnection): void => {
    // A connection that was replaced may still have something to say.
    const isCurrent = (): boolean => client.connection === connection;
    connection.onAdu((adu) => {
      if (isCurrent()) handleAdu(client, adu);
    });
    connection.onMessage((message) => {
      if (!isCurrent()) return;
      client.wordAt = options.now();
      if (message.kind === 'amLeaving') withdraw(client, 'it said that it is leaving');
      if (message.kind === 'keepAlive') {
        connection.send({ kind: 'alive', ...options.audience(client.id) });
      }
    });
    connection.onClose(() => {
      if (isCurrent()) becomeLost(client, 'its connection closed');
    });
  };

  const objection = (connection: ClientConnection): string | undefined => {
    const { id, epoch } = connection.source;
    const present = attached.get(id);
    if (present === undefined) {
      return attached.size < ATTACHED_MAX ? undefined : 'too many sources are attached here';
    }
    return epoch > present.epoch ? undefined : 'this source is attached here already';
  };

  const attach = (connection: ClientConnection): void => {
    const { source } = connection;
    const now = options.now();
    const previous = attached.get(source.id);
    const admission = createAduAdmission(source.id, options.self, options.channels, now);
    const client: Attached = {
      id: source.id,
      epoch: source.epoch,
      admission,
      connection,
      wordAt: now,
      lostAt: now,
    };
    attached.set(source.id, client);
    if (previous === undefined) counters.attached++;
    else counters.resumed++;
    if (previous !== undefined) becomeReplaced(previous);
    log.info({ source, remoteAddress: connection.remoteAddress }, 'A source is attached.');
    feed({ kind: 'announceSource', source });
    listen(client, connection);
  };

  const becomeReplaced = (client: Attached): void => {
    const { connection } = client;
    client.connection = undefined;
    connection?.close('the source came back on another connection');
  };

  return {
    handleClient: (connection) => {
      const reason = objection(connection);
      if (reason === undefined) return attach(connection);
      counters.refused++;
      log.warn({ source: connection.source, reason }, 'A source client is refused.');
      connection.close(reason);
    },
    tick: (now) => {
      for (const client of [...attached.values()]) {
        const isSilent = now - client.wordAt > SILENCE_MS;
        if (client.connection !== undefined && isSilent) becomeLost(client, 'it fell silent');
        const isGone = client.connection === undefined && now - client.lostAt > GRACE_MS;
        if (isGone) withdraw(client, 'it did not come back');
      }
    },
    closeAll: (reason) => {
      for (const client of attached.values()) becomeLost(client, reason);
    },
    tellLeaving: (isTold = () => true) => {
      for (const { id, connection } of attached.values()) {
        if (isTold(id)) connection?.send({ kind: 'leaving' });
      }
    },
    has: (id) => id !== undefined && attached.has(id),
    get count() {
      return attached.size;
    },
    counters,
  };
}
