/**
 * Accepts connections: TLS, then HELLO, which must name the id that TLS has proven. A peer that
 * fails is told the reason with a REFUSAL where that helps, and one that speaks no TLS in plain
 * bytes. Until HELLO is accepted a connection holds one of the few places for pending ones, for a
 * short time (inbound-counts.ts).
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { encodeHello, encodeRefusal } from '../../wire/encoder.js';
import { type Hello, isOfClient, WIRE_VERSION } from '../../wire/hello.js';
import { createTlsAcceptor, type TlsAcceptor } from '../tls/acceptor.js';
import { type Identity, provenId } from '../tls/identity.js';
import type { Admission, Admit, Refusal } from './admission.js';
import { type Arrival, type Connection, NOBODY } from './connection.js';
import type { OverlayCounters } from './counters.js';
import { createHandshakeBudget, type HandshakeBudget } from './handshake-budget.js';
import { createInboundCounts, type InboundCounts, type InboundPlace } from './inbound-counts.js';
import type { OverlayLimits } from './limits.js';

/** The reason for a peer whose address has too many connections. */
const TOO_MANY = 'too many connections';

const PLAIN =
  `this SCX speaks version ${WIRE_VERSION} of the protocol, over TLS:` +
  ' update the side that connects to it';

export interface AcceptingOptions {
  readonly identity: Identity;
  readonly counters: OverlayCounters;
  readonly limits: OverlayLimits;
  readonly log: Logger;
  readonly admit: Admit;
  /** Makes a connection of a decrypted socket. */
  wrap(socket: TLSSocket, remoteAddress: string): Connection;
  /** A connection has been admitted. */
  onAdmitted(connection: Connection, hello: Hello): void;
}

interface State extends AcceptingOptions {
  readonly inbound: InboundCounts<Connection>;
  readonly budget: HandshakeBudget;
  readonly acceptor: TlsAcceptor;
}

/** One connection until it is admitted. */
interface Newcomer {
  readonly host: string;
  readonly place: InboundPlace<Connection>;
  readonly timer: NodeJS.Timeout;
}

/** Creates a function that takes each socket that the overlay port has accepted. */
export function createAccepting(options: AcceptingOptions): (socket: Socket) => void {
  const { identity, counters, limits, log } = options;
  const onFailed = (remoteAddress: string, reason: string): void => {
    counters.handshakesFailed++;
    log.debug({ remoteAddress, reason }, 'a TLS handshake failed');
  };
  const state: State = {
    ...options,
    inbound: createInboundCounts(limits),
    budget: createHandshakeBudget(limits),
    acceptor: createTlsAcceptor(identity, onFailed),
  };
  return (socket) => accept(state, socket);
}

function accept(state: State, socket: Socket): void {
  const { counters, inbound, budget, acceptor } = state;
  const host = socket.remoteAddress ?? '';
  socket.on('error', () => {}); // `close` follows
  if (inbound.isFull(host)) {
    counters.connectionsRefused++;
    socket.destroy();
    return;
  }
  counters.connectionsIn++;
  const newcomer = { host, place: inbound.add(host), timer: startTimer(state, socket) };
  socket.on('close', () => {
    clearTimeout(newcomer.timer);
    newcomer.place.free();
  });
  acceptor.take(socket, {
    mayBegin: () => budget.take(host, performance.now()) || rejectBegin(state, socket),
    onSecure: (secured) => becomeSecure(state, newcomer, secured),
    onPlain: () => refusePlain(state, socket),
  });
}

const startTimer = ({ counters, limits }: State, socket: Socket): NodeJS.Timeout =>
  setTimeout(() => {
    counters.handshakesTimedOut++;
    socket.destroy();
  }, limits.handshakeMs);

function rejectBegin({ counters }: State, socket: Socket): false {
  counters.handshakesOverBudget++;
  socket.destroy();
  return false;
}

/** What the peer sends meanwhile is not read. It has as much time as for a handshake. */
function refusePlain({ counters, log }: State, socket: Socket): void {
  counters.connectionsRefused++;
  log.debug({ remoteAddress: socket.remoteAddress }, 'refused a connection without TLS');
  socket.end(encodeRefusal(PLAIN));
  socket.resume();
}

function becomeSecure(state: State, newcomer: Newcomer, socket: TLSSocket): void {
  const { host, timer } = newcomer;
  const id = provenId(socket);
  const connection = state.wrap(socket, host);
  connection.handTo(
    {
      onArrival: (event) => {
        clearTimeout(timer);
        if (event.kind === 'hello') handleHello(state, newcomer, connection, event.hello, id);
      },
      onDrain: () => {},
      onClose: (cause, reason) => {
        clearTimeout(timer);
        state.log.debug({ remoteAddress: host, cause, reason }, 'no handshake');
      },
    },
    'control',
  );
}

function handleHello(
  state: State,
  newcomer: Newcomer,
  connection: Connection,
  hello: Hello,
  id: string | undefined,
): void {
  if (!isOfClient(hello) && hello.id !== id) {
    state.counters.impostors++;
    return refuse(state, newcomer, connection, { reason: 'the id is not that of the key' });
  }
  const admission = state.admit(hello, newcomer.host);
  const conclude = (decided: Admission): void => {
    if (!answer(state, newcomer, connection, decided)) return;
    if (!isListener(decided)) newcomer.place.becomeAdmitted(connection);
    state.budget.onAdmitted(newcomer.host);
    state.onAdmitted(connection, hello);
  };
  if (admission instanceof Promise) waitFor(connection, admission, conclude);
  else conclude(admission);
}

/** Until the decision the peer has nothing to say, and still has one of the places for newcomers. */
function waitFor(
  connection: Connection,
  admission: Promise<Admission>,
  conclude: (decided: Admission) => void,
): void {
  let isClosed = false;
  const onClose = (): void => {
    isClosed = true;
  };
  const onArrival = ({ kind }: Arrival): void =>
    connection.reject('unexpected', `${kind} too soon`);
  connection.handTo({ onArrival, onDrain: () => {}, onClose }, 'control');
  void admission.then((decided) => {
    if (!isClosed) conclude(decided);
  });
}

/** Whether the connection takes a slot of the listeners, and no place of this port. */
const isListener = (admission: Admission): boolean =>
  admission.kind === 'admitted' && admission.isListener === true;

/** Answers a HELLO; true if the connection has been admitted. */
function answer(
  state: State,
  newcomer: Newcomer,
  connection: Connection,
  admission: Admission,
): boolean {
  if (admission.kind === 'refused') {
    refuse(state, newcomer, connection, admission);
    return false;
  }
  if (isListener(admission)) newcomer.place.free();
  else if (!takePlace(state, newcomer, connection)) return false;
  connection.send(encodeHello(admission.answer));
  admission.onOpen(connection);
  return true;
}

/** Takes one of the places for connections; false if there is none, and the peer is refused. */
function takePlace(state: State, newcomer: Newcomer, connection: Connection): boolean {
  const { hasRoom, victim } = state.inbound.makeRoomFor(newcomer.host);
  if (!hasRoom) refuse(state, newcomer, connection, { reason: TOO_MANY });
  if (victim !== undefined) makeRoom(state, victim);
  return hasRoom;
}

/** Closes a connection of the address with the most, so that another address gets a place. */
function makeRoom({ counters, log }: State, victim: Connection): void {
  const { remoteAddress } = victim;
  counters.connectionsDisplaced++;
  log.debug({ remoteAddress }, 'closed a connection: another address needs its place');
  victim.fail('lost', TOO_MANY);
}

function refuse(
  state: State,
  { host, place }: Newcomer,
  connection: Connection,
  refusal: Refusal,
): void {
  const { reason, isFinal, delayMs = 0 } = refusal;
  state.counters.connectionsRefused++;
  state.log.debug({ remoteAddress: host, reason }, 'refused a connection');
  connection.handTo(NOBODY, 'control');
  const tell = (): void => connection.finish(encodeRefusal(reason, isFinal));
  if (delayMs === 0) tell();
  // While the refusal is delayed the connection counts as pending, and other clients need room,
  // too.
  else if (state.inbound.hasCrowd(host)) {
    connection.destroy();
    place.free();
  } else setTimeout(tell, delayMs).unref();
}
