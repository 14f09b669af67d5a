/**
 * A network on the loopback interface between a few SCXs. Each has a front, whose address the
 * others know; the front passes on TCP connections and datagrams with the delay of the link between
 * the two. Datagrams are lost at random, both ways; TCP loses nothing, as its bytes are only late.
 */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import type { Rng } from '../../../src/lib/rng.js';

export interface LossyNetwork {
  /**
   * Opens the front of one SCX, which will listen at `host`, on the same port, and open its
   * connections from there.
   */
  attach(id: NodeId, front: string, host: string, port: number): Promise<void>;
  /** The share of datagrams that are lost, 0 to 1; it may change. */
  loss: number;
  readonly datagrams: number;
  readonly lost: number;
  close(): void;
}

interface Front {
  readonly id: NodeId;
  readonly host: string;
  readonly port: number;
  readonly server: Server;
  readonly socket: DatagramSocket;
}

/** @param delayMs of the link between two SCXs, one way */
export function createLossyNetwork(
  delayMs: (one: NodeId, other: NodeId) => number,
  rng: Rng,
): LossyNetwork {
  const fronts: Front[] = [];
  const sockets = new Set<Socket>();
  let isClosed = false;
  const network = { loss: 0, datagrams: 0, lost: 0 };

  const pass = (from: Socket, to: Socket, ms: number): void => {
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), ms));
    from.on('end', () => setTimeout(() => to.end(), ms));
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      setTimeout(() => to.destroy(), ms);
    });
    sockets.add(from);
  };

  const join = (client: Socket, to: Front): void => {
    const from = fronts.find(({ host }) => host === client.remoteAddress);
    if (from === undefined) throw new Error(`no SCX has the address ${client.remoteAddress}`);
    const server = connect({ host: to.host, port: to.port, noDelay: true });
    client.setNoDelay(true);
    pass(client, server, delayMs(from.id, to.id));
    pass(server, client, delayMs(from.id, to.id));
  };

  /** From an SCX's own port to the front of another: it arrives from the front of the sender. */
  const route = (bytes: Uint8Array, host: string, port: number, to: Front): void => {
    const from = fronts.find((front) => front.host === host && front.port === port);
    if (from === undefined) return;
    network.datagrams++;
    if (rng.unit() < network.loss) {
      network.lost++;
      return;
    }
    const deliver = (): void => {
      if (!isClosed) from.socket.send(bytes, to.port, to.host, () => {});
    };
    setTimeout(deliver, delayMs(from.id, to.id));
  };

  return {
    attach: async (id, address, host, port) => {
      const socket = createSocket('udp4');
      const server = createServer();
      const front = { id, host, port, server, socket };
      server.on('connection', (client) => join(client, front));
      socket.on('message', (bytes, from) => route(bytes, from.address, from.port, front));
      await new Promise<void>((done) => socket.bind(port, address, done));
      await new Promise<void>((done) => server.listen(port, address, done));
      fronts.push(front);
    },
    get loss() {
      return network.loss;
    },
    set loss(share) {
      network.loss = share;
    },
    get datagrams() {
      return network.datagrams;
    },
    get lost() {
      return network.lost;
    },
    close: () => {
      isClosed = true;
      for (const { server, socket } of fronts) {
        server.close();
        socket.removeAllListeners('message');
        socket.close();
      }
      for (const socket of sockets) socket.destroy();
    },
  };
}
