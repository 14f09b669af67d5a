/**
 * The TCP port (RFC 7766): queries with their length in front, answered in order. It is for resolvers
 * whose answer was cut, and small: a connection that is idle, asks for longer than it needs, or does
 * not take its answers is closed.
 *
 * Bounded: connections in all and for each network; of each one query is read at a time, and little is
 * written that waits.
 */
import { createServer, type Socket } from 'node:net';
import { listening } from '../../http/server/bind-problem.js';
import { plainAddress } from '../../lib/host-port.js';
import { QUERY_BYTES_MAX, readQuery } from '../dns/read-query.js';
import { TCP_BYTES_MAX, writeReply } from '../dns/write-reply.js';
import type { Answering } from './answering.js';
import { ratedAs } from './response-rate.js';
import type { OpenPort } from './udp-port.js';

export interface TcpPortOptions {
  readonly host: string;
  readonly port: number;
  readonly answering: Answering;
  readonly limits?: Partial<TcpLimits>;
}

export interface TcpLimits {
  readonly connectionsMax: number;
  readonly perNetworkMax: number;
  /** Without a query, ms. */
  readonly idleMs: number;
  /** Of a connection in all, ms. */
  readonly lifeMs: number;
}

/** Guesses: a resolver needs one connection, for a second. */
const LIMITS: TcpLimits = {
  ...{ connectionsMax: 256, perNetworkMax: 16, idleMs: 5000, lifeMs: 60_000 },
};

/** Of answers that its peer does not take, bytes. */
const WAITING_BYTES_MAX = 2 ** 16;
const LENGTH_BYTES = 2;

/** Answers what comes; closes the connection at the first bytes that are no query. */
function serve(socket: Socket, address: string, answering: Answering): void {
  let rest = Buffer.alloc(0);
  const refuse = (): void => {
    answering.onMalformed('tcp');
    socket.destroy();
  };

  const answer = (bytes: Buffer): void => {
    const query = readQuery(bytes);
    if (query === undefined) return refuse();
    const reply = writeReply(query, answering.answer(query, address, 'tcp'), TCP_BYTES_MAX);
    const length = Buffer.from([reply.length >> 8, reply.length & 0xff]);
    socket.write(Buffer.concat([length, reply]));
    if (socket.writableLength > WAITING_BYTES_MAX) socket.destroy();
  };

  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (!socket.destroyed && rest.length >= LENGTH_BYTES) {
      const length = rest.readUInt16BE(0);
      if (length > QUERY_BYTES_MAX) return refuse();
      if (rest.length < LENGTH_BYTES + length) return;
      answer(rest.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
      rest = rest.subarray(LENGTH_BYTES + length);
    }
  });
}

/** Opens the port. Rejects with the error of the system. */
export async function openTcpPort(options: TcpPortOptions): Promise<OpenPort> {
  const { host, port, answering } = options;
  const limits = { ...LIMITS, ...options.limits };
  const byNetwork = new Map<string, number>();
  const sockets = new Set<Socket>();

  const onConnection = (socket: Socket): void => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const network = ratedAs(address);
    const count = byNetwork.get(network) ?? 0;
    socket.on('error', () => undefined); // It closes.
    if (count >= limits.perNetworkMax) return void socket.destroy();
    byNetwork.set(network, count + 1);
    sockets.add(socket);
    const life = setTimeout(() => socket.destroy(), limits.lifeMs);
    socket.once('close', () => {
      clearTimeout(life);
      sockets.delete(socket);
      const left = (byNetwork.get(network) ?? 1) - 1;
      if (left === 0) byNetwork.delete(network);
      else byNetwork.set(network, left);
    });
    socket.setTimeout(limits.idleMs, () => socket.destroy());
    socket.setNoDelay();
    serve(socket, address, answering);
  };

  const server = createServer({ allowHalfOpen: false }, onConnection);
  server.maxConnections = limits.connectionsMax;
  server.listen({ host, port });
  await listening(server, host, port);
  server.on('error', answering.onSocketError);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
