/** Open sockets, so that all of them can be cut off. Those who add sockets limit their number. */
import type { Socket } from 'node:net';

export interface SocketSet {
  /** Keeps the socket until it closes. */
  add(socket: Socket): void;
  /** Cuts all off. */
  destroyAll(): void;
  readonly size: number;
}

/** Creates an empty set. */
export function createSocketSet(): SocketSet {
  const sockets = new Set<Socket>();
  return {
    add: (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    },
    destroyAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    get size() {
      return sockets.size;
    },
  };
}
