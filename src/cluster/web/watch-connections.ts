/**
 * Counts the connections of the front end's port. Above a limit its clients are told to come back
 * (503), except SCXs, whose leases must hold; connections that the port cannot take at all are
 * closed by Node, which is logged.
 */
import type { Server } from 'node:http';
import type { RequestHandler } from 'express';
import type { Logger } from 'pino';
import { problem, sendProblem } from './problem.js';

/** Interval at which closed connections are logged, ms. */
const TELL_MS = 60_000;

const BUSY = {
  ...problem(503, 'Too many clients are connected to this cluster: try again.'),
  retryAfter: 5, // guess
};

/**
 * Watches the connections of a server that sorts them already (sort-connections.ts); the returned
 * function says whether there are too many.
 */
export function watchConnections(server: Server, busyAbove: number, log: Logger): () => boolean {
  let count = 0;
  let dropped = 0;
  let toldAt = Number.NEGATIVE_INFINITY;
  server.on('connection', (socket) => {
    count++;
    socket.once('close', () => count--);
  });
  server.on('drop', () => {
    dropped++;
    if (performance.now() - toldAt < TELL_MS) return;
    toldAt = performance.now();
    log.warn({ dropped }, 'Too many connections: further ones are closed.');
  });
  return () => count > busyAbove;
}

/** Refuses requests while there are too many connections. */
export const refuseWhenBusy =
  (isBusy: () => boolean): RequestHandler =>
  (request, response, next) => {
    if (request.path === '/leases' || !isBusy()) return next();
    response.set('Connection', 'close');
    sendProblem(request, response, BUSY);
  };
