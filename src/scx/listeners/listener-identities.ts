/**
 * Listeners as people count them: by address and player. One address may have a limited number of
 * listeners. A player that comes back within seconds, as many do when the network stumbles, is the
 * listener that it was before. So is one that comes back before its old connection has ended:
 * whether it is the same, or a second player of the same kind, is known when the old connection ends,
 * or has not ended for seconds.
 *
 * Bounded: a count for each address and for each player that listens; RECENT_MAX players that have
 * left, and RECENT_MAX connections that are not yet known to be new.
 */

import { isLoopback, limitedAs } from '../../http/ip-address.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import { createConnectionCounts } from '../../http/server/connection-counts.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';

export interface ListenerIdentityOptions {
  /** Listeners of one address; 0: any number. */
  readonly perAddressMax: number;
  /** A player that comes back within this time is not new, ms. */
  readonly returnMs: number;
}

/** A listener's client; `since`: the instant of its request. */
export interface ListeningClient extends ClientIdentity {
  readonly since: number;
}

/** The identities of an SCX's listeners. */
export interface ListenerIdentities {
  /** Whether the address may have another listener. */
  hasSlot(address: string): boolean;
  /** A listener begins; `isCounted`: another process has counted it already. */
  enter(client: ListeningClient, now: number, isCounted?: boolean): void;
  /** A listener that has entered ends. */
  leave(client: ListeningClient, now: number): void;
  /** Different listeners now. */
  readonly present: number;
  /** For how long they have listened on average, ms. */
  averageMs(now: number): number;
  /** Different listeners since the start. */
  total(now: number): number;
}

const RECENT_MAX = 4096;

const keyOf = ({ address, agent }: ClientIdentity): string => `${address} ${agent}`;

/** A connection of a player that was connected already. */
interface Doubtful {
  readonly key: string;
  readonly at: number;
}

/** Creates counts without listeners. */
export function createListenerIdentities(options: ListenerIdentityOptions): ListenerIdentities {
  const { perAddressMax, returnMs } = options;
  const byAddress = createConnectionCounts();
  const present = createConnectionCounts();
  /** The instant at which each player left. */
  const recent = createBoundedMap<string, number>(RECENT_MAX);
  /** Oldest first. */
  const doubtful: Doubtful[] = [];
  let total = 0;
  /** The sum of all `since` of those that are present. */
  let sinceSum = 0;

  /** Counts doubtful connections as new when their time is over. */
  const settle = (now: number): void => {
    for (let [oldest] = doubtful; oldest !== undefined; [oldest] = doubtful) {
      if (now - oldest.at <= returnMs && doubtful.length <= RECENT_MAX) return;
      doubtful.shift();
      total++;
    }
  };

  const countNew = (key: string, now: number): void => {
    if (present.of(key) > 0) doubtful.push({ key, at: now });
    else total++;
  };

  return {
    hasSlot: (address) =>
      perAddressMax === 0 ||
      isLoopback(address) ||
      byAddress.of(limitedAs(address)) < perAddressMax,
    enter: (client, now, isCounted = false) => {
      const key = keyOf(client);
      const leftAt = recent.get(key) ?? Number.NEGATIVE_INFINITY;
      recent.delete(key); // one return for each departure
      if (!isCounted && now - leftAt > returnMs) countNew(key, now);
      settle(now);
      byAddress.add(limitedAs(client.address));
      present.add(key);
      sinceSum += client.since;
    },
    leave: (client, now) => {
      settle(now);
      const key = keyOf(client);
      const back = doubtful.findIndex((one) => one.key === key);
      if (back === -1) recent.set(key, now);
      else doubtful.splice(back, 1);
      byAddress.remove(limitedAs(client.address));
      present.remove(key);
      sinceSum -= client.since;
    },
    get present() {
      return present.clients;
    },
    averageMs: (now) => (present.total === 0 ? 0 : Math.max(0, now - sinceSum / present.total)),
    total: (now) => {
      settle(now);
      return total;
    },
  };
}
