/**
 * The clients that receive at this SCX (§2.5): "As long as the client is part of the session, it sends
 * periodic KEEP_ALIVE messages to the SCX. It announces its imminent departure via an AM_LEAVING
 * message. The SCX uses this message (or the loss of KEEP_ALIVE messages) as an indication of the
 * client's death."
 *
 * They are listeners: they count as such, take the same slots, and keep the SCX alive. Where the SCX has a
 * group in the local network, those that want it are invited, moved to it when they hear it, and moved
 * back when they say so.
 *
 * Bounded: the listeners' slots (receiver-gate.ts).
 */
import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { ScxListener } from '../../api/scx-admin.js';
import type { ReceiverConnection } from '../../overlay/data/receiver-connection.js';
import type { Refusal } from '../../overlay/sockets/admission.js';
import type { Position } from '../../wire/hello.js';
import type { ListenerHook } from '../listeners/listener-hook.js';
import type { ListenerIdentities } from '../listeners/listener-identities.js';
import type { SourceAudience } from '../sources/source-client.js';
import { CLIENT_SILENT_MS } from '../sources/source-timeouts.js';
import type { AduFeed } from './adu-feed.js';
import type { GroupAudience, OwnGroup } from './own-group.js';
import { createReceiver, type Receiver } from './receiver.js';
import { FIRST_ID, type ReceiverGate, TUNE_AGENT } from './receiver-gate.js';

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
  /** Times that one was moved to the group, and back. */
  moved: number;
  movedBack: number;
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
  /** At most so many of them, for an administrator, who may end one by its id. */
  list(most: number): readonly ScxListener[];
  end(id: number): boolean;
  /** Those that have to do with the group. */
  readonly ofGroup: GroupAudience;
  /** Invites those that are here, and whoever comes, to the group that has been opened. */
  setGroup(opened: OwnGroup): void;
  readonly counters: Readonly<ReceiverCounters>;
  /** Undefined: there is no group. */
  groupCounters(): ReturnType<OwnGroup['counters']> | undefined;
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
  /** By which an administrator ends it; no listener of the HTTP port has the same. */
  readonly id: number;
  readonly connection: ReceiverConnection;
  readonly receiver: Receiver;
  readonly since: number;
  limit: NodeJS.Timeout | undefined;
  /** `invited`: it listens to the group, too; `moving`: the last ADUs over the connection are sent. */
  onGroup: 'never' | 'invited' | 'moving' | 'moved';
  /** The instant of its last KEEP_ALIVE, by the clock that measures silence. */
  heardAt: number;
  /** Since when so much waits for it that it is sent nothing more; undefined: it takes it. */
  stuckSince: number | undefined;
}

/** What comes within this time is sent together: a player has seconds of it already, ms. Guess. */
const TOGETHER_MS = 100;
/** One that takes nothing for this long is closed, as a player is, ms. */
const IDLE_MS = 60_000;

const listed = ({ id, connection, since }: Client, now: number): ScxListener => ({
  ...{ id, address: connection.remoteAddress, agent: TUNE_AGENT },
  connectedS: Math.max(0, Math.floor((now - since) / 1000)),
});

/** Whether it needs the group, or is about to. */
const isOnGroup = ({ onGroup }: Client): boolean => onGroup === 'moving' || onGroup === 'moved';

const LEAVING: Refusal = { reason: 'it is leaving' };

/** Creates a set without clients. */
export function createReceivers(options: ReceiversOptions): Receivers {
  const { feed, gate, hook, identities, log, now, attended } = options;
  const clients = new Set<Client>();
  const counters = {
    accepted: 0,
    refused: 0,
    silent: 0,
    idle: 0,
    skipped: 0,
    moved: 0,
    movedBack: 0,
  };
  let group: OwnGroup | undefined;
  let serving: NodeJS.Timeout | undefined;
  let isLeaving = false;
  let nextId = FIRST_ID + randomInt(2 ** 47);

  const ofGroup = (): GroupAudience => {
    const all = [...clients].filter(({ onGroup }) => onGroup !== 'never');
    return { invited: all.length, moved: all.filter(isOnGroup).length };
  };

  const invite = (client: Client): void => {
    const { hello } = client.connection;
    const isUsed = group?.channels.some((channel) => hello.channels.includes(channel)) === true;
    if (group === undefined || !isUsed || hello.group !== true) return;
    client.onGroup = 'invited';
    client.connection.send({ kind: 'group', ...group.invitation });
  };

  /** Tells a client that has been sent the last ADU over its connection where the group goes on. */
  const move = (client: Client): void => {
    const places = client.receiver.moved();
    if (places === undefined) return;
    client.onGroup = 'moved';
    client.connection.send({ kind: 'onGroup', places });
  };

  const serve = (client: Client): void => {
    counters.skipped += client.receiver.serve(now());
    if (client.onGroup === 'moving') move(client);
    client.stuckSince = client.connection.isFull ? (client.stuckSince ?? attended()) : undefined;
  };

  const serveAll = (): void => {
    serving = undefined;
    for (const client of clients) serve(client);
    group?.sendNews(ofGroup());
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
    const places = client.onGroup === 'moved' ? { places: group?.places() ?? [] } : {};
    client.connection.send({ kind: 'alive', ...options.audience(), ...places });
  };

  const onHeard = (client: Client): void => {
    if (group === undefined || client.onGroup !== 'invited') return;
    counters.moved++;
    client.onGroup = 'moving';
    client.receiver.moveTo(group.places());
    serve(client);
  };

  const onUnheard = (client: Client, positions: readonly Position[]): void => {
    if (!isOnGroup(client)) return;
    counters.movedBack++;
    client.onGroup = 'invited';
    client.receiver.comeBack(positions, now());
    serve(client);
  };

  const attach = (connection: ReceiverConnection): void => {
    const since = now();
    const client: Client = {
      ...{ id: nextId++, connection, since, receiver: createReceiver(connection, feed, since) },
      ...{ limit: undefined, heardAt: attended(), stuckSince: undefined, onGroup: 'never' },
    };
    clients.add(client);
    counters.accepted++;
    identities.enter(identityOf(client), since);
    const limitMs = gate.takeAdmitted(connection.hello)?.limitMs;
    if (limitMs !== undefined) client.limit = setTimeout(close, limitMs, client, 'time is up');
    connection.listen({
      onKeepAlive: () => onKeepAlive(client),
      onHeard: () => onHeard(client),
      onUnheard: (positions) => onUnheard(client, positions),
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
    invite(client);
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
    list: (most) => [...clients].slice(0, most).map((client) => listed(client, now())),
    end: (id) => {
      const client = [...clients].find((one) => one.id === id);
      if (client !== undefined) close(client, 'you were disconnected by an administrator');
      return client !== undefined;
    },
    get ofGroup() {
      return ofGroup();
    },
    setGroup: (opened) => {
      group = opened;
      for (const client of clients) invite(client);
    },
    counters,
    groupCounters: () => group?.counters(),
  };
}
