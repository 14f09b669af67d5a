/**
 * The set of all listeners' connections of a port (listener-connection.ts is one of them): which
 * requests become listeners, which leave for another process, and what is told at their end.
 *
 * Bounded: one connection for each listener that `listeners` has let in.
 */
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { AGENT_LENGTH_MAX, type ScxListener } from '../../api/scx-admin.js';
import { unavailable } from '../../http/server/response.js';
import { endsOf, type SendQueues } from '../../runtime/system/send-queues.js';
import { hookedListener } from './admission.js';
import {
  type Connection,
  createShared,
  identityOf,
  type ListenerConnectionOptions,
  limitInput,
  methods,
  note,
  RETRY_S,
  type StreamRequest,
  sentBytes,
  stateOf,
} from './listener-connection.js';
import type { ListenerState } from './listener-state.js';
import type { Listener, ListenerConnection, ListenerPosition } from './listener-writer.js';
import { copied, type LoggedRequest } from './logged-request.js';

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
  /** Closes those whose target may not go on. */
  endUnless(mayGoOn: (target: string) => boolean): void;
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

/** Each process numbers its listeners from a random number on, below what JavaScript can count. */
const FIRST_ID_MAX = 2 ** 47;

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
      rendition: options.renditionIn?.(request.logged.target),
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
      start(own, past, (connection) => listeners.admit(connection, now(), request.tape));
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
    endUnless: (mayGoOn) => {
      for (const connection of [...connections.values()]) {
        if (!mayGoOn(connection.logged.target)) connection.abort();
      }
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
