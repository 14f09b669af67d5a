/**
 * Counts the connections of the front end's port. Above a limit its clients are told to come back
 * (503), except SCXs, whose leases must hold. So are the clients of an address that has a quarter of
 * these connections, unless it is a trusted proxy's; an IPv6 /64 network counts as one. Connections
 * that the port cannot take at all are closed by Node, which is logged.
 */
import type { Server } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { limitedAs } from '../../http/ip-address.js';
import type { IsTrusted } from '../../http/server/client-address.js';
import { createConnectionCounts } from '../../http/server/connection-counts.js';
import { problem, sendProblem } from './problem.js';

/** Interval at which closed connections are logged, ms. */
const TELL_MS = 60_000;

const BUSY = {
  ...problem(503, 'Too many clients are connected to this cluster: try again.'),
  retryAfter: 5, // guess
};

const ADDRESS_BUSY = {
  ...problem(503, 'Too many connections of your address: close some of them, and try again.'),
  retryAfter: 5, // guess
};

/** The connections that every address may have. */
const SHARE_MIN = 8;

/** Whose connections are too many, of all clients or of this address; undefined: nobody's. */
export type IsBusy = (address: string) => 'all' | 'address' | undefined;

/**
 * Watches the connections of a server that sorts them already (sort-connections.ts); the returned
 * function says whether there are too many.
 */
export function watchConnections(
  server: Server,
  busyAbove: number,
  isTrusted: IsTrusted,
  log: Logger,
): IsBusy {
  const counts = createConnectionCounts(); // bounded by the connections
  const shareMax = Math.max(SHARE_MIN, Math.floor(busyAbove / 4));
  let dropped = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  server.on('connection', (socket) => {
    const client = limitedAs(socket.remoteAddress ?? '');
    counts.add(client);
    socket.once('close', () => counts.remove(client));
  });
  server.on('drop', () => {
    dropped++;
    if (performance.now() - toldAt < TELL_MS) return;
    toldAt = performance.now();
    log.warn({ dropped }, 'Too many connections: further ones are closed.');
  });
  return (address) => {
    if (counts.total > busyAbove) return 'all';
    const isGreedy = counts.of(limitedAs(address)) > shareMax && !isTrusted(address);
    return isGreedy ? 'address' : undefined;
  };
}

/** Refuses requests while there are too many connections. */
export const refuseWhenBusy =
  (isBusy: IsBusy): RequestHandler =>
  (request, response, next) => {
    const who = isBusy(request.socket.remoteAddress ?? '');
    if (request.path === '/leases' || who === undefined) return next();
    response.set('Connection', 'close');
    sendProblem(request, response, who === 'all' ? BUSY : ADDRESS_BUSY);
  };
