/**
 * The HTTP server under a front end, with a bound on everything that a client can make large, slow
 * or numerous; and its start, whose failures the operator can fix.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { bindProblem } from '../../http/server/bind-problem.js';

/**
 * Creates a server without a request listener yet, for at most `connectionsMax` connections. All
 * numbers are guesses with room to spare.
 */
export function createBoundedServer(connectionsMax: number): Server {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    requireHostHeader: false, // some old players send none
    headersTimeout: 10_000,
    requestTimeout: 600_000, // for large bodies; small ones have less (methods.ts)
    keepAliveTimeout: 5000,
    connectionsCheckingInterval: 2000,
  });
  server.maxHeadersCount = 100;
  server.maxRequestsPerSocket = 10_000;
  server.maxConnections = connectionsMax;
  server.setTimeout(60_000); // longer than any request waits for an SCX
  return server;
}

/** Connections that wait while this process is busy or restarted. Guess. */
const BACKLOG = 4096;

/** An address of this machine, or the descriptor of a socket that another process has opened. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  readonly fd?: number | undefined;
}

/**
 * Listens; resolves to what `onListening` returns, which runs before the first request can come.
 * Rejects with a UserError if the address cannot be had.
 */
export function listen<Value>(
  server: NetServer,
  { host, port, fd }: ListenAddress,
  onListening: (port: number) => Value,
): Promise<Value> {
  return new Promise((fulfil, reject) => {
    const onError = (error: Error): void => reject(bindProblem(error, host, port));
    server.once('error', onError);
    server.listen(fd === undefined ? { host, port } : { fd }, BACKLOG, () => {
      server.off('error', onError);
      try {
        fulfil(onListening((server.address() as AddressInfo).port));
      } catch (error) {
        server.close();
        reject(error);
      }
    });
  });
}
