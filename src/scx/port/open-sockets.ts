/**
 * The open sockets of a port, so that it can wait for their end and cut them off. The port cannot ask
 * its net.Server: that waits also for sockets which another process has taken and which died there.
 */
import type { Socket } from 'node:net';

/** Sockets that are open. Bounded by the server's maxConnections. */
export interface OpenSockets {
  add(socket: Socket): void;
  /** Resolves when all are closed; cuts off those that are open after `flushMs`. */
  closeAll(flushMs: number): Promise<void>;
}

/** Creates an empty set of sockets. */
export function createOpenSockets(): OpenSockets {
  const sockets = new Set<Socket>();
  let onEmpty = (): void => undefined;

  // One function for all sockets.
  function forget(this: Socket): void {
    sockets.delete(this);
    if (sockets.size === 0) onEmpty();
  }

  return {
    add: (socket) => {
      sockets.add(socket);
      socket.on('close', forget);
    },
    closeAll: async (flushMs) => {
      if (sockets.size === 0) return;
      const closed = new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
      const cutting = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, flushMs);
      await closed;
      clearTimeout(cutting);
    },
  };
}
