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
  /** Somebody begins to listen; returns what is to be called at the end, with the instant. */
  enter(who: Identity, now: number): (now: number) => void;
  /** Different listeners since the start. */
  readonly total: number;
}

const RECENT_MAX = 4096;

/** Nobody was here yet. */
export function createAudience(options: AudienceOptions): Audience {
  const places = new Map<string, number>();
  /** When each left, oldest first. */
  const recent = new Map<string, number>();
  let total = 0;

  const free = (address: string): void => {
    const left = (places.get(address) ?? 1) - 1;
    if (left > 0) places.set(address, left);
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
    enter: ({ address, agent }, now) => {
      const limited = limitedAs(address);
      const key = `${address} ${agent}`;
      const leftAt = recent.get(key) ?? Number.NEGATIVE_INFINITY;
      if (now - leftAt > options.returnMs) total++;
      recent.delete(key); // one return for each departure
      places.set(limited, (places.get(limited) ?? 0) + 1);
      return (at) => {
        free(limited);
        remember(key, at);
      };
    },
    get total() {
      return total;
    },
  };
}
