/**
 * The listening sockets of SCXs, held by the front end's process. A player that loses its stream
 * connects again within a tenth of a second, some of them exactly once, but the next SCX needs half
 * a second to start. So the front end opens an SCX's HTTP port and passes the socket on with the
 * launch document. The SCX listens and accepts; the front end only has the socket. When the SCX
 * dies, the socket stays: connections wait in its backlog until the next SCX gets it.
 *
 * The front end must not listen itself, because it would accept. Node has no public function that
 * binds a socket and does no more, but the one that `node:cluster` is built on; where it is missing,
 * or the port is taken, nothing is held and the SCX opens the port itself, which is then refused
 * between two SCXs.
 *
 * Bounded: one socket for each port of an SCX that runs or is about to be replaced.
 */
import { lookup } from 'node:dns/promises';
import * as net from 'node:net';

/** A bound socket of Node's own kind. */
interface BoundHandle {
  readonly fd?: number;
  getsockname?(address: { port?: number }): number;
  close(): void;
}

type Bind = (
  address: string,
  port: number,
  family: 4 | 6,
  fd: number,
  flags: number,
) => BoundHandle | number;

/** A port that outlives its SCXs. */
interface HeldPort {
  readonly port: number;
  /** The socket, of Node's own kind, which can be sent to a child process. */
  readonly handle: BoundHandle;
}

/** The ports that are held. */
export interface HeldPorts {
  /** Holds the port for an SCX; `port` 0: any that is free. Undefined: the SCX opens it itself. */
  hold(id: string, host: string, port: number): Promise<HeldPort | undefined>;
  /** An SCX that no launch started uses the port as well: another SCX has handed it over. */
  share(id: string, port: number): void;
  /** The SCX does not need its port any more; without one that does, connections are refused. */
  release(id: string): void;
  close(): void;
}

interface Held extends HeldPort {
  /** The SCXs that use it, or have used it and are about to be replaced. */
  readonly users: Set<string>;
}

const bind = (net as unknown as { readonly _createServerHandle?: Bind })._createServerHandle;

/** Binds the port. Undefined if it is taken: Node reports that only to the one who listens. */
async function open(host: string, port: number): Promise<Omit<Held, 'users'> | undefined> {
  if (bind === undefined) return undefined;
  const { address, family } = await lookup(host);
  const handle = bind(address, port, family === 6 ? 6 : 4, -1, 0);
  if (typeof handle === 'number') return undefined;
  const bound: { port?: number } = {};
  handle.getsockname?.(bound);
  const { fd = -1 } = handle;
  const isBound = port === 0 ? (bound.port ?? 0) > 0 : bound.port === port;
  if (isBound && fd >= 0) return { port: bound.port ?? port, handle };
  handle.close();
  return undefined;
}

/** Creates a holder without ports. */
export function createHeldPorts(): HeldPorts {
  const byPort = new Map<number, Held>();

  const add = (id: string, held: Held): HeldPort => {
    held.users.add(id);
    return held;
  };

  return {
    hold: async (id, host, port) => {
      const known = byPort.get(port);
      if (known !== undefined) return add(id, known);
      const opened = await open(host, port).catch(() => undefined);
      if (opened === undefined) return undefined;
      const held = { ...opened, users: new Set<string>() };
      byPort.set(held.port, held);
      return add(id, held);
    },
    share: (id, port) => {
      byPort.get(port)?.users.add(id);
    },
    release: (id) => {
      for (const [port, { users, handle }] of byPort) {
        if (!users.delete(id) || users.size > 0) continue;
        byPort.delete(port);
        handle.close();
      }
    },
    close: () => {
      for (const { handle } of byPort.values()) handle.close();
      byPort.clear();
    },
  };
}
