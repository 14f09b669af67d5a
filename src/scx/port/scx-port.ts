/**
 * The SCX's HTTP port: the stream for players, and what operators ask. Each connection carries
 * one request, whose head is read by headGate.ts; then it is a listener (stream-outlet.ts) or gets a
 * page and is closed. There is no node:http below: it would cost each listener several times the
 * memory, and it cannot read what source clients send.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createHeadGate, type HeadGateCounters } from '../../http/server/head-gate.js';
import type { Tls } from '../../http/server/tls.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { ListenerState } from '../listeners/listener-state.js';
import type { ListenerPosition } from '../listeners/listeners.js';
import { createRequestHandler, type RequestOptions } from './request-handler.js';

export interface ScxPortOptions extends RequestOptions {
  readonly listenersMax: number;
  /** Speaks https on the same port; undefined where there is no certificate. */
  readonly security: Tls | undefined;
}

/** Where to listen: there, or at what another process of ours has opened. */
export type ListenTarget = { readonly host: string; readonly port: number } | Server;

/** A listening HTTP port. */
export interface ScxPort {
  readonly port: number;
  readonly headGate: Readonly<HeadGateCounters>;
  /** Those who have come and not shown a whole head. */
  readonly knocking: number;
  /** For a process that goes on with the port. */
  readonly server: Server;
  /** Takes no new connections; those that are open stay. */
  stopListening(): void;
  /** A listener comes from another process. */
  takeOver(socket: Socket, passport: ListenerState, seat: ListenerPosition): void;
  /** Takes no new connections, and cuts what is still open after so many ms. */
  close(flushMs: number): Promise<void>;
}

/** From the connection to the end of the head, ms. Guess. */
const HEAD_MS = 10_000;
/** Connections that have not shown a whole head. Guess: a storm of newcomers in one go. */
const KNOCKING_MAX = 4096;
/** Connections besides those of listeners: at the headGate, or being answered. Guess. */
const SPARE_CONNECTIONS = 8192;
const MAINTENANCE_MS = 1000;
/** Finds listeners whose machine is gone while the session is off the air. */
const KEEP_ALIVE_MS = 30_000;
const BACKLOG = 4096;

/** Its close follows. */
const ignore = (): void => undefined;

/** Opens the port. Rejects with a UserError when it is taken or the address is not ours. */
export async function openScxPort(options: ScxPortOptions, place: ListenTarget): Promise<ScxPort> {
  const sockets = new Set<Socket>();
  let onEmpty = (): void => undefined;
  function forget(this: Socket): void {
    sockets.delete(this);
    if (sockets.size === 0) onEmpty();
  }
  const { onRequest, onListener } = createRequestHandler(options);
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', forget);
  };
  const { security } = options;
  const secure = security?.secure;
  const limits = { headMs: HEAD_MS, pendingMax: KNOCKING_MAX, secure, onRequest };
  const headGate = createHeadGate(limits, options.now);
  security?.onSecured((socket) => headGate.enter(socket, true));
  const server = createServer(
    { keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, noDelay: true },
    (socket) => {
      track(socket);
      headGate.enter(socket);
    },
  );
  server.maxConnections = options.listenersMax + SPARE_CONNECTIONS;
  await listen(server, place);
  // From now on there are accept errors only: too many open files. Others go on.
  server.on('error', () => undefined);
  const maintaining = setInterval(() => headGate.tick(options.now()), MAINTENANCE_MS);
  return {
    port: (server.address() as AddressInfo).port,
    headGate: headGate.counters,
    get knocking() {
      return headGate.knocking;
    },
    server,
    stopListening: () => void server.close(),
    takeOver: (socket, passport, seat) => {
      track(socket);
      socket.on('error', ignore);
      onListener(socket, passport, seat);
    },
    close: async (flushMs) => {
      clearInterval(maintaining);
      security?.close();
      server.close();
      // Not the server's own event: it waits for processes that took sockets, and died.
      const closed = new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
      const cutting = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, flushMs);
      if (sockets.size > 0) await closed;
      clearTimeout(cutting);
      await options.accessLog.close();
    },
  };
}

function bindProblem({ code }: NodeJS.ErrnoException, place: ListenTarget): UserError {
  const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be opened (${code})`;
  const where = 'port' in place ? ` ${place.port} on ${place.host}` : '';
  return new UserError(EXIT.bind, `HTTP port${where} ${why}: choose another one`);
}

function listen(server: Server, place: ListenTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(bindProblem(error, place)));
    const onListening = (): void => {
      server.removeAllListeners('error');
      resolve();
    };
    if ('port' in place) server.listen({ ...place, backlog: BACKLOG }, onListening);
    else server.listen(place, BACKLOG, onListening);
  });
}
