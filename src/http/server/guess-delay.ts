/**
 * A delay for clients that guess secrets: after a few wrong guesses each further one is answered
 * later. The first few cost nothing, because people mistype and tools are set up by trial. Other
 * clients do not wait, and a right secret is accepted at once, so that a misconfigured neighbour
 * behind the same address locks nobody out.
 *
 * Bounded: ADDRESSES_MAX addresses; the address whose last failure is oldest is dropped first.
 */
import { backoffMs } from '../../lib/backoff.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { limitedAs } from '../ip-address.js';

/** Failures by address (an IPv6 /64 network counts as one), `now` in ms that never decreases. */
export interface GuessDelay {
  /** Counts a failure, and returns the delay before it may be answered, ms. */
  fail(address: string, now: number): number;
  /** Forgets the failures of an address that has given the right secret. */
  forgive(address: string): void;
}

/** Failures without a delay. Guess, as are the others. */
const FREE = 3;
const DELAY = { firstMs: 500, lastMs: 10_000 } as const;
const FORGET_MS = 600_000;
const ADDRESSES_MAX = 1024;

/** Creates a record without failed addresses. */
export function createGuessDelay(): GuessDelay {
  const failed = createBoundedMap<string, { readonly count: number; readonly at: number }>(
    ADDRESSES_MAX,
  );
  const countOf = (address: string, now: number): number => {
    const found = failed.get(address);
    return found === undefined || now - found.at > FORGET_MS ? 0 : found.count;
  };
  return {
    fail: (client, now) => {
      const address = limitedAs(client);
      const count = countOf(address, now) + 1;
      failed.set(address, { count, at: now });
      return count <= FREE ? 0 : backoffMs(DELAY, count - FREE - 1);
    },
    forgive: (address) => void failed.delete(limitedAs(address)),
  };
}
