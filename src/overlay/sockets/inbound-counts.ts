/**
 * Counts the accepted connections of an overlay port, in total and by address; an IPv6 /64 network
 * counts as one address. Anybody can open connections and send nothing, so those that have not sent
 * HELLO yet ("pending") have limits of their own, and cannot use up the capacity for those that
 * have.
 *
 * Nor can one address shut out the others after HELLO: when all places are taken, a newcomer gets
 * one from the address with the most connections. That address loses the connection that was not
 * used for longest; mesh edges and children are used all the time.
 */
import { limitedAs } from '../../http/ip-address.js';
import type { OverlayLimits } from './limits.js';

/** An accepted connection as the counts see it. */
export interface InboundConnection {
  readonly remoteAddress: string;
  /** The instant of the last frame, in or out. */
  readonly usedAt: number;
}

/** The place of one accepted connection. */
export interface InboundPlace<Connection extends InboundConnection> {
  /** HELLO was accepted. */
  becomeAdmitted(connection: Connection): void;
  /** The connection is closed. */
  free(): void;
}

export interface InboundCounts<Connection extends InboundConnection> {
  /** Whether another connection from this IP address must be closed at once. */
  isFull(host: string): boolean;
  /** Whether too many connections from this IP address wait for a delayed refusal. */
  hasCrowd(host: string): boolean;
  /**
   * Whether a connection from this IP address can be admitted; `victim` is to be closed for it, and
   * does not count any more.
   */
  makeRoomFor(host: string): { readonly hasRoom: boolean; readonly victim?: Connection };
  /** Counts an accepted connection from an IP address until its place is freed. */
  add(host: string): InboundPlace<Connection>;
}

type InboundLimits = Pick<
  OverlayLimits,
  'pendingMax' | 'pendingPerHostMax' | 'delayedPerHostMax' | 'inboundMax'
>;

/** Creates connections by address, none so far. Bounded by their number. */
function createByAddress<Connection extends { readonly remoteAddress: string }>() {
  const byAddress = new Map<string, Set<Connection>>();
  const of = (host: string): ReadonlySet<Connection> =>
    byAddress.get(limitedAs(host)) ?? new Set<Connection>();
  return {
    of,
    add: (connection: Connection): void => {
      const address = limitedAs(connection.remoteAddress);
      const all = byAddress.get(address) ?? new Set<Connection>();
      byAddress.set(address, all.add(connection));
    },
    /** Whether it was there. */
    delete: (connection: Connection): boolean => {
      const address = limitedAs(connection.remoteAddress);
      const all = byAddress.get(address);
      const wasThere = all?.delete(connection) === true;
      if (all?.size === 0) byAddress.delete(address);
      return wasThere;
    },
    /** Those of the address with the most. */
    most: (): ReadonlySet<Connection> => {
      let most: ReadonlySet<Connection> = new Set<Connection>();
      for (const all of byAddress.values()) if (all.size > most.size) most = all;
      return most;
    },
  };
}

const leastUsed = <Connection extends InboundConnection>(
  all: ReadonlySet<Connection>,
): Connection | undefined => [...all].sort((one, other) => one.usedAt - other.usedAt)[0];

/** Creates counts, all zero. */
export function createInboundCounts<Connection extends InboundConnection>(
  limits: InboundLimits,
): InboundCounts<Connection> {
  /** Bounded: pendingMax. */
  const pending = createByAddress<{ readonly remoteAddress: string }>();
  /** Bounded: inboundMax. */
  const admitted = createByAddress<Connection>();
  let pendingCount = 0;
  let admittedCount = 0;

  const leaveAdmitted = (connection: Connection): void => {
    if (admitted.delete(connection)) admittedCount--;
  };

  return {
    isFull: (host) =>
      pendingCount >= limits.pendingMax || pending.of(host).size >= limits.pendingPerHostMax,
    hasCrowd: (host) => pending.of(host).size > limits.delayedPerHostMax,
    makeRoomFor: (host) => {
      if (admittedCount < limits.inboundMax) return { hasRoom: true };
      const most = admitted.most();
      // One more here, and one less there, must not turn the two round.
      if (admitted.of(host).size + 1 >= most.size) return { hasRoom: false };
      const victim = leastUsed(most);
      if (victim === undefined) return { hasRoom: false };
      leaveAdmitted(victim);
      return { hasRoom: true, victim };
    },
    add: (remoteAddress) => {
      const newcomer = { remoteAddress };
      let holder: Connection | undefined;
      pending.add(newcomer);
      pendingCount++;
      const leavePending = (): void => {
        if (pending.delete(newcomer)) pendingCount--;
      };
      return {
        becomeAdmitted: (connection) => {
          leavePending();
          holder = connection;
          admitted.add(connection);
          admittedCount++;
        },
        free: () => {
          leavePending();
          if (holder !== undefined) leaveAdmitted(holder);
        },
      };
    },
  };
}
