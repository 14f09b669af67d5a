/**
 * The one place where TCP connections come from, those that are opened and those that are accepted
 * (accepting.ts). All begin with TLS, in which both sides prove their ids (tls/identity.ts), and
 * then with the same handshake (wire/hello.ts); only connections that pass both are handed on.
 */
import { connect, createServer, type Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import type { Address, NodeId } from '../../gossamer/core/node.js';
import { joinHostPort, splitHostPort } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { encodeHello } from '../../wire/encoder.js';
import { type DataHello, type Hello, isOfClient, type WatchHello } from '../../wire/hello.js';
import { dialSecurely } from '../tls/dial.js';
import { type Identity, provenId } from '../tls/identity.js';
import type { Membership } from '../tls/membership.js';
import { createAccepting } from './accepting.js';
import type { Admit, ScxHello } from './admission.js';
import { type CloseCause, type Connection, createConnection } from './connection.js';
import type { OverlayCounters } from './counters.js';
import type { OverlayLimits } from './limits.js';
import type { Attempt, Targets } from './targets.js';
import { createUnread, type Unread } from './unread.js';

/** A connection to open. */
interface Opening {
  readonly to: Address;
  readonly hello: Hello;
  /**
   * The peer has proven this id, and our HELLO is on its way: what is sent now arrives with it, and is read
   * if the HELLO is accepted. Not called in private sessions, where the answer shows whether the peer may
   * take part.
   */
  onSecure?(connection: Connection, id: NodeId): void;
  /** The handshake has succeeded: hand the connection to its handler now. */
  onOpen(connection: Connection, answer: ScxHello): void;
  onFailed(cause: CloseCause, reason: string): void;
}

export interface Connections {
  open(opening: Opening): Connection;
  /** Listens, and resolves with the port. Rejects with a UserError when it cannot be bound. */
  listen(host: string, port: number, admit: Admit): Promise<number>;
  /** Closes those of SCXs that may not take part any more. */
  recheck(): void;
  /** Destroys every connection without notifying handlers. */
  close(): Promise<void>;
}

export interface ConnectionsOptions {
  /** Where connections that are opened come from; undefined: the system decides. */
  readonly localAddress?: string | undefined;
  readonly identity: Identity;
  readonly membership: Membership;
  readonly counters: OverlayCounters;
  readonly limits: OverlayLimits;
  readonly targets: Targets;
  readonly log: Logger;
  /** An SCX is connected, and this is its HELLO. */
  readonly onPeer?: ((hello: ScxHello | WatchHello) => void) | undefined;
}

interface State extends ConnectionsOptions {
  /** Every socket until it is closed. Bounded: pendingMax, inboundMax, listeners, and what is opened. */
  readonly sockets: Set<Socket>;
  /** The HELLO of each SCX that is connected, until its socket is closed. */
  readonly peers: Map<Connection, ScxHello | WatchHello>;
  readonly unread: Unread;
  server: Server | undefined;
}

/** Creates an empty set of connections. */
export function createConnections(options: ConnectionsOptions): Connections {
  const state: State = {
    ...options,
    sockets: new Set(),
    peers: new Map(),
    unread: createUnread(options.limits),
    server: undefined,
  };
  return {
    open: (opening) => open(state, opening),
    listen: (host, port, admit) => listen(state, host, port, admit),
    recheck: () => recheck(state),
    close: () => close(state),
  };
}

function open(state: State, { to, hello, onSecure, onOpen, onFailed }: Opening): Connection {
  const { identity, counters, log, targets, membership } = state;
  const attempt = targets.attempt(to);
  const socket = dialSecurely(track(state, dial(state, to, attempt)), identity.context);
  const connection = wrap(state, socket, to);
  const timer = startHandshakeTimer(state, connection);
  socket.on('close', () => clearTimeout(timer));
  let id: NodeId | undefined;
  socket.on('secureConnect', () => {
    connection.send(encodeHello(hello));
    id = provenId(socket);
    if (membership.isOpen && id !== undefined) onSecure?.(connection, id);
  });
  connection.handTo(
    {
      onArrival: (event) => {
        if (event.kind !== 'hello') return;
        const answer = event.hello;
        if (isOfClient(answer) || answer.purpose === 'watch') return;
        clearTimeout(timer);
        const objection = objectionTo(answer, hello, id) ?? membership.objectionTo(answer);
        if (objection !== undefined) return connection.fail('refused', objection);
        counters.connectionsOut++;
        attempt.onProven();
        state.peers.set(connection, answer);
        state.onPeer?.(answer);
        onOpen(connection, answer);
      },
      onDrain: () => {},
      onClose: (cause, reason) => {
        clearTimeout(timer);
        counters.connectFailures++;
        attempt.onFailed();
        log.debug({ to, cause, reason }, 'could not open a connection');
        onFailed(cause, reason);
      },
    },
    'control',
  );
  return connection;
}

/** A socket that connects, or fails soon where it may not connect to. */
function dial({ localAddress }: State, to: Address, { lookup, objection }: Attempt): Socket {
  if (objection !== undefined) return new Socket().destroy(objection);
  const from = localAddress === undefined ? {} : { localAddress };
  return connect({ ...splitHostPort(to), ...from, lookup, noDelay: true });
}

/** Why a HELLO does not answer ours; undefined if it does. `id`: what TLS has proven. */
function objectionTo(answer: ScxHello, hello: Hello, id: NodeId | undefined): string | undefined {
  const purpose = hello.purpose === 'data' ? 'data' : 'control';
  if (answer.id !== id) return 'the id is not that of the key';
  if (answer.purpose !== purpose) return 'the answer is for another purpose';
  if (answer.session !== hello.session) return 'wrong session';
  const isOtherChannel =
    answer.purpose === 'data' && answer.channel !== (hello as DataHello).channel;
  return isOtherChannel ? 'the answer is for another channel' : undefined;
}

function track({ sockets }: State, socket: Socket): Socket {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  return socket;
}

function wrap(state: State, socket: TLSSocket, remoteAddress: string): Connection {
  const { counters, limits, unread, log, peers } = state;
  const options = { socket, remoteAddress, counters, limits, unread, log };
  const connection = createConnection(options);
  socket.on('close', () => peers.delete(connection));
  return connection;
}

function recheck({ peers, membership, log }: State): void {
  for (const [connection, hello] of [...peers]) {
    const objection = membership.objectionTo(hello);
    if (objection === undefined) continue;
    log.info({ peer: hello.id, objection }, 'closed a connection of an SCX that may not take part');
    connection.fail('refused', objection);
  }
}

const startHandshakeTimer = ({ counters, limits }: State, connection: Connection): NodeJS.Timeout =>
  setTimeout(() => {
    counters.handshakesTimedOut++;
    connection.fail('timeout', 'no HELLO in time');
  }, limits.handshakeMs);

function listen(state: State, host: string, port: number, admit: Admit): Promise<number> {
  const accept = createAccepting({
    ...state,
    admit,
    wrap: (socket, remoteAddress) => wrap(state, socket, remoteAddress),
    onAdmitted: (connection, hello) => {
      if (isOfClient(hello)) return;
      state.peers.set(connection, hello);
      state.onPeer?.(hello);
    },
  });
  return new Promise((fulfil, reject) => {
    const server = createServer({ noDelay: true }, (socket) => accept(track(state, socket)));
    state.server = server;
    server.once('error', (error) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      server.on('error', (error) => state.log.warn({ error }, 'cannot accept connections'));
      const bound = server.address();
      fulfil(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): UserError {
  const why = error.code ?? error.message;
  const advice = 'choose another overlay port or address';
  return new UserError(
    EXIT.bind,
    `cannot listen on ${joinHostPort(host, port)} (${why}): ${advice}`,
  );
}

async function close({ server, sockets }: State): Promise<void> {
  const closed = new Promise<void>((done) => {
    if (server?.listening) server.close(() => done());
    else done();
  });
  for (const socket of sockets) socket.destroy();
  await closed;
}
