/**
 * The one place where TCP connections come from, those that are opened and those that are accepted.
 * Both begin with the same handshake (wire/hello.ts), and only connections that pass it are handed
 * on. Keys and certificates will be checked here.
 *
 * A peer that fails the handshake is told the reason with a REFUSAL where that helps. Until then it
 * holds one of the few places for pending connections, for a short time (inbound-counts.ts).
 */
import { connect, createServer, type Server, Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Address } from '../../gossamer/core/node.js';
import { joinHostPort, splitHostPort } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { encodeHello, encodeRefusal } from '../../wire/encoder.js';
import type { DataHello, Hello } from '../../wire/hello.js';
import type { Admission, Admit, Refusal, ScxHello } from './admission.js';
import { type CloseCause, type Connection, createConnection, NOBODY } from './connection.js';
import type { OverlayCounters } from './counters.js';
import { createInboundCounts, type InboundCounts } from './inbound-counts.js';
import type { OverlayLimits } from './limits.js';
import type { Attempt, Targets } from './targets.js';
import { createUnread, type Unread } from './unread.js';

/** The reason for a peer whose address has too many connections. */
const TOO_MANY = 'too many connections';

/** A connection to open. */
interface Opening {
  readonly to: Address;
  readonly hello: Hello;
  /** The handshake has succeeded: hand the connection to its handler now. */
  onOpen(connection: Connection, answer: ScxHello): void;
  onFailed(cause: CloseCause, reason: string): void;
}

export interface Connections {
  open(opening: Opening): Connection;
  /** Listens, and resolves with the port. Rejects with a UserError when it cannot be bound. */
  listen(host: string, port: number, admit: Admit): Promise<number>;
  /** Destroys every connection without notifying handlers. */
  close(): Promise<void>;
}

interface State {
  readonly counters: OverlayCounters;
  readonly limits: OverlayLimits;
  readonly log: Logger;
  /** Every socket until it is closed. Bounded: pendingMax, inboundMax, and what is opened. */
  readonly sockets: Set<Socket>;
  readonly inbound: InboundCounts<Connection>;
  readonly unread: Unread;
  readonly targets: Targets;
  server: Server | undefined;
}

/** Creates an empty set of connections. */
export function createConnections(
  counters: OverlayCounters,
  limits: OverlayLimits,
  targets: Targets,
  log: Logger,
): Connections {
  const inbound = createInboundCounts<Connection>(limits);
  const state: State = {
    ...{ counters, limits, targets, log, inbound },
    sockets: new Set(),
    unread: createUnread(limits),
    server: undefined,
  };
  return {
    open: (opening) => open(state, opening),
    listen: (host, port, admit) => listen(state, host, port, admit),
    close: () => close(state),
  };
}

function open(state: State, { to, hello, onOpen, onFailed }: Opening): Connection {
  const { counters, log, targets } = state;
  const attempt = targets.attempt(to);
  const socket = dial(to, attempt);
  const connection = wrap(state, socket, to);
  const timer = startHandshakeTimer(state, connection);
  socket.on('close', () => clearTimeout(timer));
  connection.handTo(
    {
      onArrival: (event) => {
        if (event.kind !== 'hello' || event.hello.purpose === 'client') return;
        clearTimeout(timer);
        const objection = objectionTo(event.hello, hello);
        if (objection !== undefined) return connection.fail('refused', objection);
        counters.connectionsOut++;
        attempt.onProven();
        onOpen(connection, event.hello);
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
  connection.send(encodeHello(hello));
  return connection;
}

/** A socket that connects, or fails soon where it may not connect to. */
function dial(to: Address, { lookup, objection }: Attempt): Socket {
  if (objection === undefined) return connect({ ...splitHostPort(to), lookup });
  return new Socket().destroy(objection);
}

/** Why a HELLO does not answer ours; undefined if it does. */
function objectionTo(answer: Hello, hello: Hello): string | undefined {
  const purpose = hello.purpose === 'data' ? 'data' : 'control';
  if (answer.purpose !== purpose) return 'the answer is for another purpose';
  if (answer.session !== hello.session) return 'wrong session';
  const isOtherChannel =
    answer.purpose === 'data' && answer.channel !== (hello as DataHello).channel;
  return isOtherChannel ? 'the answer is for another channel' : undefined;
}

function wrap(
  { counters, limits, unread, log, sockets }: State,
  socket: Socket,
  remoteAddress: string,
) {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
  return createConnection({ socket, remoteAddress, counters, limits, unread, log });
}

const startHandshakeTimer = ({ counters, limits }: State, connection: Connection): NodeJS.Timeout =>
  setTimeout(() => {
    counters.handshakesTimedOut++;
    connection.fail('timeout', 'no HELLO in time');
  }, limits.handshakeMs);

function listen(state: State, host: string, port: number, admit: Admit): Promise<number> {
  return new Promise((fulfil, reject) => {
    const server = createServer((socket) => accept(state, socket, admit));
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

function accept(state: State, socket: Socket, admit: Admit): void {
  const { counters, inbound, log } = state;
  const host = socket.remoteAddress ?? '';
  if (inbound.isFull(host)) {
    counters.connectionsRefused++;
    socket.destroy();
    return;
  }
  counters.connectionsIn++;
  const connection = wrap(state, socket, host);
  const place = inbound.add(connection);
  socket.on('close', place.free);
  const timer = startHandshakeTimer(state, connection);
  connection.handTo(
    {
      onArrival: (event) => {
        clearTimeout(timer);
        if (event.kind !== 'hello') return;
        if (answer(state, connection, admit(event.hello, host))) place.becomeAdmitted();
      },
      onDrain: () => {},
      onClose: (cause, reason) => {
        clearTimeout(timer);
        log.debug({ remoteAddress: host, cause, reason }, 'no handshake');
      },
    },
    'control',
  );
}

/** Answers a HELLO; true if the connection has been admitted. */
function answer(state: State, connection: Connection, admission: Admission): boolean {
  if (admission.kind === 'refused') {
    refuse(state, connection, admission);
    return false;
  }
  const { hasRoom, victim } = state.inbound.makeRoomFor(connection.remoteAddress);
  if (!hasRoom) {
    refuse(state, connection, { reason: TOO_MANY });
    return false;
  }
  if (victim !== undefined) makeRoom(state, victim);
  connection.send(encodeHello(admission.answer));
  admission.onOpen(connection);
  return true;
}

/** Closes a connection of the address with the most, so that another address gets a place. */
function makeRoom({ counters, log }: State, victim: Connection): void {
  const { remoteAddress } = victim;
  counters.connectionsDisplaced++;
  log.debug({ remoteAddress }, 'closed a connection: another address needs its place');
  victim.fail('lost', TOO_MANY);
}

function refuse(state: State, connection: Connection, refusal: Refusal): void {
  const { reason, isFinal, delayMs = 0 } = refusal;
  const { remoteAddress } = connection;
  state.counters.connectionsRefused++;
  state.log.debug({ remoteAddress, reason }, 'refused a connection');
  connection.handTo(NOBODY, 'control');
  const tell = (): void => connection.finish(encodeRefusal(reason, isFinal));
  if (delayMs === 0) tell();
  // While the refusal is delayed the connection counts as pending, and other clients need room,
  // too.
  else if (state.inbound.hasCrowd(remoteAddress)) connection.destroy();
  else setTimeout(tell, delayMs).unref();
}

async function close({ server, sockets }: State): Promise<void> {
  const closed = new Promise<void>((done) => {
    if (server?.listening) server.close(() => done());
    else done();
  });
  for (const socket of sockets) socket.destroy();
  await closed;
}
