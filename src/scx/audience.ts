/**
 * Who listens, as people count: by address and player. One address may not take all places; and a
 * player that comes back within seconds, as many do when the network stumbles, is the listener that
 * it was before.
 *
 * Bounded: one number per address that has listeners, RECENT_MAX of those who left.
 */

import { isLoopback, limitedAs } from './forwarded.js';

/** Who somebody is. */
export interface Identity {
  readonly address: string;
  readonly agent: string;
}

export interface AudienceOptions {
  /** Listeners of one address; 0: any number. */
  readonly perAddressMax: number;
  /** Who comes back within this is not new, ms. */
  readonly returnMs: number;
}

/** The audience of an SCX. */
export interface Audience {
  /** Whether the address has a place left. */
  hasPlace(address: string): boolean;
  /** Somebody begins to listen, or goes on who was counted by another process. */
  enter(who: Identity, now: number, isCounted?: boolean): void;
  /** Who entered stops listening. */
  leave(who: Identity, now: number): void;
  /** Different listeners since the start. */
  readonly total: number;
}

const RECENT_MAX = 4096;

const keyOf = ({ address, agent }: Identity): string => `${address} ${agent}`;

/** Nobody was here yet. */
export function createAudience(options: AudienceOptions): Audience {
  const places = new Map<string, number>();
  /** When each left, oldest first. */
  const recent = new Map<string, number>();
  let total = 0;

  const occupy = (address: string, more: 1 | -1): void => {
    const taken = (places.get(address) ?? 0) + more;
    if (taken > 0) places.set(address, taken);
    else places.delete(address);
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
    hasPlace: (address) =>
      options.perAddressMax === 0 ||
      isLoopback(address) ||
      (places.get(limitedAs(address)) ?? 0) < options.perAddressMax,
    enter: (who, now, isCounted = false) => {
      const key = keyOf(who);
      const leftAt = recent.get(key) ?? Number.NEGATIVE_INFINITY;
      if (!isCounted && now - leftAt > options.returnMs) total++;
      recent.delete(key); // one return for each departure
      occupy(limitedAs(who.address), 1);
    },
    leave: (who, now) => {
      occupy(limitedAs(who.address), -1);
      remember(keyOf(who), now);
    },
    get total() {
      return total;
    },
  };
}
