/**
 * The one place where connections come from: all that are opened and all that are accepted. Both
 * begin with the same handshake (wire/hello.ts), and only those that pass it are handed on. Keys and
 * certificates will be looked at here.
 *
 * Whoever fails the handshake is told why with a REFUSAL where that helps, and holds at most a place
 * among the strangers, who are few for each host and have little time.
 */

import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { Address } from '../../gossamer/core/node.js';
import { joinHostPort, splitHostPort } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { encodeHello, encodeRefusal } from '../../wire/encoder.js';
import type { ControlHello, DataHello, Hello } from '../../wire/hello.js';
import { type CloseCause, type Connection, createConnection, NOBODY } from './connection.js';
import type { OverlayCounters } from './counters.js';
import { OVERLAY_LIMITS } from './limits.js';

/** An SCX's HELLO, which is also the answer to a client. */
export type ScxHello = ControlHello | DataHello;

interface Opening {
  readonly to: Address;
  readonly hello: Hello;
  /** The handshake is done: hand the connection to its handler now. */
  onOpen(connection: Connection, answer: ScxHello): void;
  onFailed(cause: CloseCause, reason: string): void;
}

/** What becomes of a stranger. */
export type Admission =
  | {
      readonly kind: 'admitted';
      readonly answer: ScxHello;
      /** The answer is sent: hand the connection to its handler now. */
      onOpen(connection: Connection): void;
    }
  | ({ readonly kind: 'refused' } & Refusal);

/** Why a stranger is turned away. */
export interface Refusal {
  readonly reason: string;
  /** Another attempt with the same HELLO would be refused, too. */
  readonly isFinal?: boolean;
  /** It is told so late, because it tries again and again. */
  readonly delayMs?: number;
}

/** What becomes of whoever says HELLO from this IP address. */
type Admit = (hello: Hello, remoteAddress: string) => Admission;

export interface Connections {
  open(opening: Opening): Connection;
  /** Listens, and answers the port. Rejects with a UserError when it is taken. */
  listen(host: string, port: number, admit: Admit): Promise<number>;
  /** Destroys every connection, whoever holds it; no handler hears of it. */
  close(): Promise<void>;
}

/** Why an answer is not the one to our HELLO; undefined if it is. */
function objectionTo(answer: Hello, hello: Hello): string | undefined {
  const purpose = hello.purpose === 'data' ? 'data' : 'control';
  if (answer.purpose !== purpose) return 'the answer is for another purpose';
  if (answer.session !== hello.session) return 'wrong session';
  const isOtherChannel =
    answer.purpose === 'data' && answer.channel !== (hello as DataHello).channel;
  return isOtherChannel ? 'the answer is for another channel' : undefined;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): UserError {
  const why = error.code ?? error.message;
  const advice = 'choose another overlay port or address';
  return new UserError(
    EXIT.bind,
    `cannot listen on ${joinHostPort(host, port)} (${why}): ${advice}`,
  );
}

/** No connections yet. */
export function createConnections(counters: OverlayCounters, log: Logger): Connections {
  /** Every socket until it is closed. Bounded: strangers, inboundMax, and what its users open. */
  const sockets = new Set<Socket>();
  /** Accepted sockets before HELLO, by IP address. Bounded: strangersMax. */
  const strangers = new Map<string, number>();
  let strangerCount = 0;
  let guestCount = 0;
  let server: Server | undefined;

  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };

  const refuse = (connection: Connection, { reason, isFinal, delayMs = 0 }: Refusal): void => {
    const { remoteAddress } = connection;
    counters.connectionsRefused++;
    log.debug({ remoteAddress, reason }, 'refused a connection');
    connection.handTo(NOBODY, 'control');
    const tell = (): void => connection.finish(encodeRefusal(reason, isFinal));
    if (delayMs === 0) return tell();
    // Who waits for an answer holds a stranger's place, of which others are to find one, too.
    const isCrowd = (strangers.get(remoteAddress) ?? 0) > OVERLAY_LIMITS.delayedPerHostMax;
    if (isCrowd) connection.destroy();
    else setTimeout(tell, delayMs).unref();
  };

  const countStranger = (host: string, change: 1 | -1): void => {
    const count = (strangers.get(host) ?? 0) + change;
    strangerCount += change;
    if (count === 0) strangers.delete(host);
    else strangers.set(host, count);
  };

  const areTooMany = (host: string): boolean =>
    strangerCount >= OVERLAY_LIMITS.strangersMax ||
    (strangers.get(host) ?? 0) >= OVERLAY_LIMITS.strangersPerHostMax;

  /** A stranger is one until admitted, and a guest from then on, until the socket is closed. */
  const countIn = (socket: Socket, host: string): (() => void) => {
    let isGuest = false;
    countStranger(host, 1);
    socket.on('close', () => {
      if (isGuest) guestCount--;
      else countStranger(host, -1);
    });
    return () => {
      isGuest = true;
      countStranger(host, -1);
      guestCount++;
    };
  };

  const welcome = (connection: Connection, admission: Admission): boolean => {
    if (admission.kind === 'refused' || guestCount >= OVERLAY_LIMITS.inboundMax) {
      refuse(
        connection,
        admission.kind === 'refused' ? admission : { reason: 'too many connections' },
      );
      return false;
    }
    connection.send(encodeHello(admission.answer));
    admission.onOpen(connection);
    return true;
  };

  const accept = (socket: Socket, admit: Admit): void => {
    const host = socket.remoteAddress ?? '';
    if (areTooMany(host)) {
      counters.connectionsRefused++;
      socket.destroy();
      return;
    }
    track(socket);
    counters.connectionsIn++;
    const becomeGuest = countIn(socket, host);
    const connection = createConnection(socket, host, counters, log);
    const timer = startClock(connection);
    connection.handTo(
      {
        onArrival: (event) => {
          clearTimeout(timer);
          if (event.kind !== 'hello') return;
          if (welcome(connection, admit(event.hello, host))) becomeGuest();
        },
        onDrain: () => {},
        onClose: (cause, reason) => {
          clearTimeout(timer);
          log.debug({ remoteAddress: host, cause, reason }, 'no handshake');
        },
      },
      'control',
    );
  };

  const startClock = (connection: Connection): NodeJS.Timeout =>
    setTimeout(() => {
      counters.handshakesTimedOut++;
      connection.fail('timeout', 'no HELLO in time');
    }, OVERLAY_LIMITS.handshakeMs);

  const open = ({ to, hello, onOpen, onFailed }: Opening): Connection => {
    const socket = connect({ ...splitHostPort(to) });
    track(socket);
    const connection = createConnection(socket, to, counters, log);
    const timer = startClock(connection);
    socket.on('close', () => clearTimeout(timer));
    connection.handTo(
      {
        onArrival: (event) => {
          if (event.kind !== 'hello' || event.hello.purpose === 'client') return;
          clearTimeout(timer);
          const objection = objectionTo(event.hello, hello);
          if (objection !== undefined) return connection.fail('refused', objection);
          counters.connectionsOut++;
          onOpen(connection, event.hello);
        },
        onDrain: () => {},
        onClose: (cause, reason) => {
          clearTimeout(timer);
          counters.connectFailures++;
          log.debug({ to, cause, reason }, 'could not open a connection');
          onFailed(cause, reason);
        },
      },
      'control',
    );
    connection.send(encodeHello(hello));
    return connection;
  };

  const listen: Connections['listen'] = (host, port, admit) =>
    new Promise((fulfil, reject) => {
      const listener = createServer((socket) => accept(socket, admit));
      server = listener;
      listener.once('error', (error) => reject(listenError(error, host, port)));
      listener.listen(port, host, () => {
        listener.on('error', (error) => log.warn({ error }, 'cannot accept connections'));
        const bound = listener.address();
        fulfil(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });

  return {
    open,
    listen,
    close: async () => {
      const closed = new Promise<void>((done) => {
        if (server?.listening) server.close(() => done());
        else done();
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
