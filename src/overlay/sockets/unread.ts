/**
 * Bounds what waits in our memory for peers that do not read. A stranger can ask and leave
 * the answers unread, so each connection has a bound, and all connections together have one. When
 * the common bound is exceeded, the address with the most unread bytes loses its worst connection:
 * the greediest makes room, and never a peer that reads.
 *
 * A frame counts with the memory that Node needs for it: answers may be a few bytes long.
 */
import { limitedAs } from '../../http/ip-address.js';
import type { OverlayLimits } from './limits.js';

/** The memory of a waiting frame besides its bytes. Measured: `npm run bench -- abuse`. */
export const FRAME_OVERHEAD_BYTES = 512;

/** A connection as the bounds see it. */
export interface UnreadConnection {
  readonly remoteAddress: string;
  /** What waits for the peer, overhead included, bytes. Only this file changes it. */
  unreadBytes: number;
  /** The peer does not read: close the connection. */
  giveUp(): void;
}

export interface Unread {
  /** A frame waits for the peer from now on. Not to be called after `giveUp`. */
  onWritten(connection: UnreadConnection, frameBytes: number): void;
  /** The system has taken the frame, or the connection is closed. */
  onTaken(connection: UnreadConnection, frameBytes: number): void;
}

type UnreadLimits = Pick<OverlayLimits, 'unreadMax' | 'unreadTotalMax'>;

/** The connection with the most unread bytes, of the address with the most. There must be one. */
function greediestOf(waiting: ReadonlySet<UnreadConnection>): UnreadConnection | undefined {
  const byAddress = new Map<string, UnreadConnection[]>();
  for (const connection of waiting) {
    const address = limitedAs(connection.remoteAddress);
    byAddress.set(address, [...(byAddress.get(address) ?? []), connection]);
  }
  const sum = (all: readonly UnreadConnection[]): number =>
    all.reduce((bytes, { unreadBytes }) => bytes + unreadBytes, 0);
  const [greediest = []] = [...byAddress.values()].sort((one, other) => sum(other) - sum(one));
  return greediest.toSorted((one, other) => other.unreadBytes - one.unreadBytes)[0];
}

/** Creates the bounds; nothing waits. */
export function createUnread({ unreadMax, unreadTotalMax }: UnreadLimits): Unread {
  /** Those with unread bytes. Bounded by the connections. */
  const waiting = new Set<UnreadConnection>();
  let total = 0;

  const giveUp = (connection: UnreadConnection): void => {
    waiting.delete(connection);
    total -= connection.unreadBytes;
    connection.giveUp();
  };

  return {
    onWritten: (connection, frameBytes) => {
      const bytes = frameBytes + FRAME_OVERHEAD_BYTES;
      waiting.add(connection);
      connection.unreadBytes += bytes;
      total += bytes;
      if (connection.unreadBytes > unreadMax) return giveUp(connection);
      const greediest = total > unreadTotalMax ? greediestOf(waiting) : undefined;
      if (greediest !== undefined) giveUp(greediest);
    },
    onTaken: (connection, frameBytes) => {
      if (!waiting.has(connection)) return;
      const bytes = frameBytes + FRAME_OVERHEAD_BYTES;
      connection.unreadBytes -= bytes;
      total -= bytes;
      if (connection.unreadBytes === 0) waiting.delete(connection);
    },
  };
}
