/**
 * The connections of listeners. Players are older than HTTP/1.1 and some take a chunk's length for
 * sound, so a stream is the raw body that ends when the connection does: no Content-Length, no
 * chunks. Head and burst leave together; after that each write is one call of the socket, and with
 * titles one gathering write.
 *
 * A connection may last for days and there may be thousands. So it keeps nothing of the request but
 * what is logged at its end, and all connections share their functions, which have a `this` for that
 * reason. What a player still sends is read and discarded, because its departure is noticed by
 * reading; a player that sends much more than a request is disconnected.
 *
 * Bounded: one connection for each listener that `listeners` has let in.
 */
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { AGENT_LENGTH_MAX, type ScxListener } from '../../api/scx-admin.js';
import type { AccessLog } from '../../http/server/access-log.js';
import { freshFor } from '../../http/server/fresh-for.js';
import {
  type Answer,
  type Fields,
  responseHead,
  sendAnswer,
  unavailable,
} from '../../http/server/response.js';
import { endsOf, type SendQueues } from '../../runtime/send-queues.js';
import { type Admission, hookedListener } from './admission.js';
import type { ListenerHook } from './listener-hook.js';
import type { ListenerIdentities, ListeningClient } from './listener-identities.js';
import type { ListenerState, PackedListener } from './listener-state.js';
import type { Listener, ListenerConnection, ListenerPosition } from './listener-writer.js';
import type { Listeners } from './listeners.js';
import { copied, type LoggedRequest } from './logged-request.js';

/** A request for the stream that may be answered with it. */
interface StreamRequest {
  readonly socket: Socket;
  readonly logged: LoggedRequest;
  readonly wantsTitles: boolean;
  /** Its connection is encrypted. */
  readonly isSecure: boolean;
  /** The instant of the request. */
  readonly since: number;
  /** What the operator's hook allowed; undefined without a hook. */
  readonly admission?: Admission | undefined;
}

/** The connections of a port's listeners. */
export interface ListenerConnections {
  /** Makes a request a listener, or answers that the SCX is full. */
  accept(request: StreamRequest & { readonly id?: number }): void;
  /** A number for a listener that is to be accepted. */
  drawId(): number;
  /** Continues a listener that another process has served until now. */
  resume(socket: Socket, state: ListenerState, position: ListenerPosition): void;
  /** Those that are answered with the stream, the oldest first; at most `most`. */
  list(most: number): readonly ScxListener[];
  /** Closes one of them; false if it is not here. */
  end(id: number): boolean;
  /** Stops serving those that hear something, one after the other; their connections stay open. */
  detach(): Generator<DetachedListener, void>;
  /** What the kernel holds beyond `allowance` bytes has not been taken by the player. */
  noteSendQueues(queues: SendQueues, allowance: number): void;
}

/** A listener whose connection is open, but which this process does not serve. */
export interface DetachedListener {
  readonly socket: Socket;
  readonly state: ListenerState;
  readonly icy: ListenerPosition['icy'];
  /** Another SCX serves it: it is not ours any more. */
  release(): void;
  /** It is served again. */
  keep(): void;
}

export interface ListenerConnectionOptions {
  readonly listeners: Listeners;
  readonly identities: ListenerIdentities;
  readonly accessLog: AccessLog;
  /** The operator's hook; undefined: there is none. */
  readonly hook?: Pick<ListenerHook, 'onLeft'> | undefined;
  /** The header fields of the stream. */
  fields(wantsTitles: boolean): Fields;
  now(): number;
}

/** The context that the connections of a port share. */
interface Shared {
  /** The head of the answer; the connection is a listener from then on. */
  head(connection: Connection): string;
  refuse(connection: Connection, answer: Answer): void;
  pack(connection: Connection): PackedListener | undefined;
}

/** One listener's connection. */
interface Connection extends StreamRequest, ListenerConnection {
  readonly shared: Shared;
  /** See ScxListener. */
  readonly id: number;
  listener: Listener | undefined;
  /** Ends it when its time is over; undefined: it has no limit. */
  limit: NodeJS.Timeout | undefined;
  /** The instant from which its limit counts. */
  readonly limitedAt: number;
  /** It was answered with the stream. */
  isAnswered: boolean;
  /** Another process continues it. */
  isHandedOver: boolean;
  /** What the kernel last held for it beyond its allowance, bytes. */
  excessBytes: number;
  /** Bytes sent by other processes. */
  readonly bytesBefore: number;
}

/** A player sends a request, and perhaps a body nobody asked for. Guess. */
const INPUT_BYTES_MAX = 32 * 1024;
/** Retry-After, s: when full, when off the air. Guesses. */
const RETRY_S = { full: 10, offAir: 5 } as const;
/** Streams that begin within this time share their head, whose date has a resolution of 1 s, ms. */
const HEAD_FRESH_MS = 500;
/** Each process numbers its listeners from a random number on, below what JavaScript can count. */
const FIRST_ID_MAX = 2 ** 47;

/** Disconnects a socket that goes on sending. */
function limitInput(this: Socket): void {
  if (this.bytesRead > INPUT_BYTES_MAX) this.destroy();
}

const methods = {
  queuedBytes(this: Connection): number {
    return this.socket.writableLength + this.excessBytes;
  },
  isFlushed(this: Connection): boolean {
    return this.socket.writableLength === 0;
  },
  write(this: Connection, parts: readonly Uint8Array[]): void {
    const { socket } = this;
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return void socket.write(only);
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
  },
  open(this: Connection, parts: readonly Uint8Array[]): void {
    this.write([Buffer.from(this.shared.head(this), 'latin1'), ...parts]);
  },
  refuse(this: Connection): void {
    this.shared.refuse(this, unavailable('The session is off the air.', RETRY_S.offAir));
  },
  end(this: Connection): void {
    this.socket.end();
  },
  abort(this: Connection): void {
    this.socket.destroy();
  },
  pack(this: Connection): PackedListener | undefined {
    return this.shared.pack(this);
  },
};

const identityOf = ({
  logged: { address, agent = '' },
  since,
}: StreamRequest): ListeningClient => ({
  ...{ address, agent, since },
});

const sentBytes = ({ socket, bytesBefore }: Connection): number =>
  bytesBefore + socket.bytesWritten;

/** Creates a function that writes the head of a stream, with titles or without. */
function createHeads({ fields, now }: ListenerConnectionOptions): (titles: boolean) => string {
  const draw = (wantsTitles: boolean) =>
    freshFor(() => responseHead(200, fields(wantsTitles)), HEAD_FRESH_MS, now);
  const [plain, titled] = [draw(false), draw(true)];
  return (wantsTitles) => (wantsTitles ? titled() : plain());
}

const note = (
  options: ListenerConnectionOptions,
  connection: Connection,
  status: number,
  bytes: number,
): void => {
  const durationMs = options.now() - connection.since;
  options.accessLog.add({ ...connection.logged, status, bytes, durationMs });
};

/** The admission of a connection, with the time that is left of it. */
function admissionLeft({ admission, limitedAt }: Connection, now: number): Admission | undefined {
  const { limitMs } = admission ?? {};
  if (admission === undefined || limitMs === undefined) return admission;
  return { ...admission, limitMs: Math.max(0, limitMs - (now - limitedAt)) };
}

/** The state of a connection, for a process that continues it. */
function stateOf(connection: Connection, now: number): ListenerState {
  const { logged, wantsTitles, since, id } = connection;
  const admission = admissionLeft(connection, now);
  const bytes = sentBytes(connection);
  return { ...logged, wantsTitles, sinceMs: now - since, bytes, id, admission };
}

function createShared(options: ListenerConnectionOptions): Shared {
  const { identities, now } = options;
  const headOf = createHeads(options);
  return {
    head: (connection) => {
      connection.isAnswered = true;
      identities.enter(identityOf(connection), now());
      return headOf(connection.wantsTitles);
    },
    refuse: (connection, answer) =>
      note(options, connection, answer.status, sendAnswer(connection.socket, answer)),
    pack: (connection) => {
      const { socket, isSecure } = connection;
      // The keys of a TLS connection stay in this process.
      if (isSecure || socket.destroyed) return undefined;
      const release = (): void => {
        connection.isHandedOver = true;
        socket.destroy();
      };
      return { socket, state: stateOf(connection, now()), release };
    },
  };
}

/** A connection as the operator sees it. */
const listed = ({ id, logged, since }: Connection, now: number): ScxListener => ({
  id,
  address: logged.address,
  agent: (logged.agent ?? '').slice(0, AGENT_LENGTH_MAX),
  connectedS: Math.max(0, Math.floor((now - since) / 1000)),
});

/** Creates an empty set of connections. */
export function createListenerConnections(options: ListenerConnectionOptions): ListenerConnections {
  const { listeners, identities, now } = options;
  const connections = new Map<Socket, Connection>();
  const shared = createShared(options);
  let nextId = randomInt(FIRST_ID_MAX);

  function* answered(): Generator<Connection, void> {
    for (const connection of connections.values()) if (connection.isAnswered) yield connection;
  }

  const tellHook = ({ admission, id, logged, since }: Connection): void => {
    if (admission === undefined) return;
    options.hook?.onLeft(hookedListener(admission, { id, ...logged }), now() - since);
  };

  /** The timers of all share their function. */
  const onLimit = (socket: Socket): void => socket.destroySoon();

  function onClose(this: Socket): void {
    const connection = connections.get(this);
    if (connection?.listener === undefined) return;
    connections.delete(this);
    clearTimeout(connection.limit);
    listeners.leave(connection.listener);
    if (!connection.isHandedOver) tellHook(connection);
    if (!connection.isAnswered) return;
    identities.leave(identityOf(connection), now());
    if (!connection.isHandedOver) note(options, connection, 200, sentBytes(connection));
  }

  const forget = (connection: Connection): void => {
    connections.delete(connection.socket);
    clearTimeout(connection.limit);
    connection.socket.off('close', onClose);
    identities.leave(identityOf(connection), now());
  };

  function* detach(): Generator<DetachedListener, void> {
    for (const connection of [...answered()]) {
      const { socket, listener } = connection;
      const left = listener && !socket.destroyed ? listeners.detach(listener) : undefined;
      if (left === undefined) continue;
      const { position, keep } = left;
      const state = stateOf(connection, now());
      yield { socket, state, icy: position.icy, keep, release: () => forget(connection) };
    }
  }

  const start = (
    request: StreamRequest,
    past: Pick<Connection, 'isAnswered' | 'bytesBefore' | 'id'>,
    admit: (connection: ListenerConnection) => Listener | undefined,
  ): void => {
    const state = { listener: undefined, limit: undefined, limitedAt: now() };
    const connection: Connection = {
      ...{ ...request, ...past, ...state, ...methods },
      ...{ isHandedOver: false, excessBytes: 0, shared },
    };
    const { socket, admission } = request;
    if (past.isAnswered) identities.enter(identityOf(request), now(), true);
    connection.listener = admit(connection);
    if (connection.listener === undefined) {
      tellHook(connection);
      return shared.refuse(connection, unavailable('This relay is full.', RETRY_S.full));
    }
    if (admission?.limitMs !== undefined) {
      connection.limit = setTimeout(onLimit, admission.limitMs, socket);
    }
    connections.set(socket, connection);
    socket.on('data', limitInput).resume();
    socket.on('close', onClose);
  };

  return {
    drawId: () => nextId++,
    accept: ({ id = nextId++, ...request }) => {
      const past = { isAnswered: false, bytesBefore: 0, id };
      const own = { ...request, logged: copied(request.logged) };
      start(own, past, (connection) => listeners.admit(connection, now()));
    },
    resume: (socket, state, position) => {
      const { wantsTitles, sinceMs, bytes, id = nextId++, admission, ...logged } = state;
      const since = now() - sinceMs;
      const request = {
        socket,
        logged: copied(logged as LoggedRequest),
        ...{ wantsTitles, isSecure: false, since, admission },
      };
      const past = { isAnswered: position.isOpen, bytesBefore: bytes, id };
      start(request, past, (connection) => listeners.resume(connection, position, now()));
    },
    detach,
    noteSendQueues: (queues, allowance) => {
      for (const [socket, connection] of connections) {
        const held = queues.size === 0 ? 0 : (queues.get(endsOf(socket)) ?? 0);
        connection.excessBytes = Math.max(0, held - allowance);
      }
    },
    list: (most) => {
      const rows: ScxListener[] = [];
      for (const connection of answered()) {
        if (rows.length >= most) break;
        rows.push(listed(connection, now()));
      }
      return rows;
    },
    end: (id) => {
      for (const connection of answered()) {
        if (connection.id !== id) continue;
        connection.abort();
        return true;
      }
      return false;
    },
  };
}
