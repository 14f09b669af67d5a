/**
 * The SCX's HTTP port: the stream for players, and pages for operators. Each connection carries one
 * request, whose head is read by the head gate (http/server/head-gate.ts); then it is a listener or an
 * encoder, or gets a page and is closed. There is no node:http below: it would cost each listener
 * several times the memory, and it cannot read what encoders send.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  createHeadGate,
  type HeadGate,
  type HeadGateCounters,
  type IncomingRequest,
} from '../../http/server/head-gate.js';
import type { Tls } from '../../http/server/tls.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { ListenerState } from '../listeners/listener-state.js';
import type { ListenerPosition } from '../listeners/listener-writer.js';
import { createOpenSockets } from './open-sockets.js';
import {
  createRequestHandler,
  type RequestHandler,
  type RequestOptions,
} from './request-handler.js';

export interface ScxPortOptions extends RequestOptions {
  readonly listenersMax: number;
  /** Connections besides those of listeners: at the head gate, or being answered. */
  readonly spareConnections: number;
  /** A connection was closed because there were too many. */
  onDropped(): void;
  /** Speaks https on the same port; undefined without a certificate. */
  readonly tls: Tls | undefined;
}

/** A socket of Node's own kind that another process has bound to the port, and keeps. */
export interface BoundSocket {
  close(): void;
}

/** An address to listen on, or a socket of another process: the front end's, or a predecessor's. */
export type ListenTarget = { readonly host: string; readonly port: number } | BoundSocket | Server;

/** A listening HTTP port. */
export interface ScxPort {
  readonly port: number;
  readonly headGate: Readonly<HeadGateCounters>;
  /** Connections that have not sent a whole head. */
  readonly pending: number;
  /** Listeners that another SCX serves through this one. */
  readonly movedListeners: number;
  /** For a process that continues the port. */
  readonly server: Server;
  /** Takes no new connections; those that are open stay. */
  stopListening(): void;
  /** Takes an encoder that did not come to the port; false if there is no room for it. */
  takeEncoder(request: IncomingRequest): boolean;
  /** Encoders that were taken in this way. */
  readonly encodersTaken: number;
  /** Takes a listener from another process. */
  takeOver(socket: Socket, state: ListenerState, position: ListenerPosition): void;
  /** Takes no new connections, and cuts off those that are open after `flushMs`. */
  close(flushMs: number): Promise<void>;
}

/** From the connection to the end of the head, ms. Guess. */
const HEAD_MS = 10_000;
/** Connections that have not sent a whole head. Guess: a thousand players that reconnect at once. */
const PENDING_MAX = 4096;
/** Interval at which the head gate looks for slow connections, ms. */
const HEAD_CHECK_MS = 1000;
/** TCP keep-alive, ms: finds listeners whose machine is gone while the session is off the air. */
const KEEP_ALIVE_MS = 30_000;
const BACKLOG = 4096;

/** The close event follows. */
const ignore = (): void => undefined;

function createGate(options: ScxPortOptions, { onRequest }: RequestHandler): HeadGate {
  const { tls, now, listeners, listenersMax, spareConnections } = options;
  /** Those that are being answered keep half of the spare ones; listeners to come lend theirs. */
  const pendingMax = (): number => {
    const absent = listenersMax - listeners.count - listeners.waiting;
    return Math.min(PENDING_MAX, absent + Math.ceil(spareConnections / 2));
  };
  const gate = createHeadGate(
    {
      ...{ headMs: HEAD_MS, secure: tls?.secure, onRequest },
      get pendingMax() {
        return pendingMax();
      },
    },
    now,
  );
  tls?.onSecured((socket) => gate.enter(socket, true));
  return gate;
}

/**
 * Counts the connections that another process has accepted for this one. The server does not count
 * them, so they lessen what it takes. A port that has been closed or handed over takes none.
 */
function createGivenEncoders(server: Server, openMax: number) {
  let open = 0;
  let total = 0;
  const count = (change: 1 | -1): void => {
    open += change;
    server.maxConnections -= change;
  };
  return {
    add: (socket: Socket): boolean => {
      if (!server.listening || open >= openMax) return false;
      total++;
      count(1);
      socket.once('close', () => count(-1));
      return true;
    },
    get total() {
      return total;
    },
  };
}

/** Opens the port. Rejects with a UserError when it is taken or the address is not this machine's. */
export async function openScxPort(options: ScxPortOptions, target: ListenTarget): Promise<ScxPort> {
  const sockets = createOpenSockets();
  const handler = createRequestHandler(options);
  const headGate = createGate(options, handler);
  const server = createServer(
    { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, noDelay: true },
    (socket) => {
      sockets.add(socket);
      headGate.enter(socket);
    },
  );
  server.maxConnections = options.listenersMax + options.spareConnections;
  const given = createGivenEncoders(server, Math.ceil(options.spareConnections / 2));
  server.on('drop', options.onDropped);
  await listen(server, target);
  // What follows are errors of accept (too many open files); other connections go on.
  server.on('error', ignore);
  const checking = setInterval(() => headGate.tick(options.now()), HEAD_CHECK_MS);
  return {
    port: (server.address() as AddressInfo).port,
    headGate: headGate.counters,
    get pending() {
      return headGate.pending;
    },
    get movedListeners() {
      return handler.movedListeners;
    },
    server,
    get encodersTaken() {
      return given.total;
    },
    takeEncoder: (request) => {
      if (!given.add(request.socket)) return false;
      sockets.add(request.socket);
      handler.onRequest(request);
      return true;
    },
    stopListening: () => void server.close(),
    takeOver: (socket, state, position) => {
      sockets.add(socket);
      socket.on('error', ignore);
      handler.onListener(socket, state, position);
    },
    close: async (flushMs) => {
      clearInterval(checking);
      handler.close();
      options.tls?.close();
      server.close();
      await sockets.closeAll(flushMs);
      await options.accessLog.close();
    },
  };
}

function bindProblem({ code }: NodeJS.ErrnoException, target: ListenTarget): UserError {
  const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be opened (${code})`;
  const where = 'port' in target ? ` ${target.port} on ${target.host}` : '';
  return new UserError(EXIT.bind, `HTTP port${where} ${why}: choose another one`);
}

function listen(server: Server, target: ListenTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(bindProblem(error, target)));
    const onListening = (): void => {
      server.removeAllListeners('error');
      resolve();
    };
    // Node takes the backlog of a socket from the second argument only.
    if ('port' in target) server.listen({ ...target, backlog: BACKLOG }, onListening);
    else server.listen(target, BACKLOG, onListening);
  });
}
