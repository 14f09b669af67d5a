/**
 * Who listens, as people count: by address and player. One address may not take all places; and a
 * player that comes back within seconds, as many do when the network stumbles, is the listener that
 * it was before. So is one that comes back before its old connection has ended: whether it is, or
 * is a second player of the same kind, is known when the old one ends, or has not for seconds.
 *
 * Bounded: a number for each address and for each player that listens; RECENT_MAX of those who left, and of
 * those who may be back.
 */

import { isLoopback, limitedAs } from '../../http/ip-address.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';

export interface ListenerIdentityOptions {
  /** Listeners of one address; 0: any number. */
  readonly perAddressMax: number;
  /** Who comes back within this is not new, ms. */
  readonly returnMs: number;
}

/** The identities of an SCX. */
export interface ListenerIdentities {
  /** Whether the address has a place left. */
  hasSlot(address: string): boolean;
  /** Somebody begins to listen, or goes on who was counted by another process. */
  enter(who: ClientIdentity, now: number, isCounted?: boolean): void;
  /** Who entered stops listening. */
  leave(who: ClientIdentity, now: number): void;
  /** Different listeners since the start. */
  total(now: number): number;
}

const RECENT_MAX = 4096;

const keyOf = ({ address, agent }: ClientIdentity): string => `${address} ${agent}`;

/** One more, or one less. */
function add(counts: Map<string, number>, key: string, more: 1 | -1): void {
  const count = (counts.get(key) ?? 0) + more;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

/** Nobody was here yet. */
export function createListenerIdentities(options: ListenerIdentityOptions): ListenerIdentities {
  const places = new Map<string, number>();
  const present = new Map<string, number>();
  /** When each left, oldest first. */
  const recent = new Map<string, number>();
  /** Came while their like was present, oldest first. */
  const doubtful: { readonly key: string; readonly at: number }[] = [];
  let total = 0;

  const settle = (now: number): void => {
    for (let [oldest] = doubtful; oldest !== undefined; [oldest] = doubtful) {
      if (now - oldest.at <= options.returnMs && doubtful.length <= RECENT_MAX) return;
      doubtful.shift();
      total++;
    }
  };

  const remember = (key: string, now: number): void => {
    recent.delete(key);
    recent.set(key, now);
    for (const oldest of recent.keys()) {
      if (recent.size <= RECENT_MAX) break;
      recent.delete(oldest);
    }
  };

  return {
    hasSlot: (address) =>
      options.perAddressMax === 0 ||
      isLoopback(address) ||
      (places.get(limitedAs(address)) ?? 0) < options.perAddressMax,
    enter: (who, now, isCounted = false) => {
      const key = keyOf(who);
      const leftAt = recent.get(key) ?? Number.NEGATIVE_INFINITY;
      recent.delete(key); // one return for each departure
      if (!isCounted && now - leftAt > options.returnMs) {
        if (present.has(key)) doubtful.push({ key, at: now });
        else total++;
      }
      settle(now);
      add(places, limitedAs(who.address), 1);
      add(present, key, 1);
    },
    leave: (who, now) => {
      settle(now);
      const key = keyOf(who);
      const back = doubtful.findIndex((one) => one.key === key);
      if (back === -1) remember(key, now);
      else doubtful.splice(back, 1);
      add(places, limitedAs(who.address), -1);
      add(present, key, -1);
    },
    total: (now) => {
      settle(now);
      return total;
    },
  };
}
