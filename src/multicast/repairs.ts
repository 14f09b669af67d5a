/**
 * What an SCX sends again to its group when receivers ask for it. A repair goes to all, so a place that
 * was repaired just now is not repaired again: those who ask for it have not seen the repair yet. Requests
 * and repairs have budgets, of each address and in all: whoever knows the key of the group may ask, and
 * what many places would take is sent over the receivers' own connections instead.
 *
 * Bounded: REPAIRED_MAX places, ADDRESSES_MAX addresses.
 */
import { createBoundedMap } from '../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../lib/bounds/token-bucket.js';
import type { Place, Range } from './group-content.js';

export interface Repairs {
  /** Whether a request from that address is looked at at all. */
  admits(address: string, now: number): boolean;
  /** The places to send again, of those that there still are. */
  placesFor(ranges: readonly Range[], isThere: (place: Place) => boolean, now: number): Place[];
  /** Requests that were over a budget, and places that were sent again. */
  readonly counters: { readonly refused: number; readonly repaired: number };
}

/**
 * Guesses. Of 100 receivers with 5% loss each one hears of a request for nearly every datagram, 15 a second,
 * and sends two or three of them itself.
 */
const OF_ADDRESS = { burst: 50, everyMs: 20 } as const;
const OF_ALL = { burst: 300, everyMs: 4 } as const;
/** Three times the frames of a stream. */
const REPAIR = { burst: 300, everyMs: 8 } as const;
/** A request that comes this soon after the repair was sent before that arrived, ms. */
const HOLD_MS = 40;
const ADDRESSES_MAX = 1024;
const REPAIRED_MAX = 2048;

/** Creates repairs of which none was made. */
export function createRepairs(): Repairs {
  const addresses = createBoundedMap<string, TokenBucket>(ADDRESSES_MAX);
  const all = createTokenBucket(OF_ALL.burst, OF_ALL.everyMs);
  const repairs = createTokenBucket(REPAIR.burst, REPAIR.everyMs);
  const repairedAt = createBoundedMap<string, number>(REPAIRED_MAX);
  const counters = { refused: 0, repaired: 0 };

  const bucketOf = (address: string): TokenBucket => {
    const known = addresses.use(address);
    if (known !== undefined) return known;
    const created = createTokenBucket(OF_ADDRESS.burst, OF_ADDRESS.everyMs);
    addresses.set(address, created);
    return created;
  };

  const mayRepair = ({ channel, place }: Place, now: number): boolean => {
    const key = `${channel}/${place}`;
    const before = repairedAt.get(key);
    if (before !== undefined && now - before < HOLD_MS) return false;
    if (!repairs.take(now)) return false;
    repairedAt.set(key, now);
    counters.repaired++;
    return true;
  };

  return {
    admits: (address, now) => {
      const isAdmitted = bucketOf(address).take(now) && all.take(now);
      if (!isAdmitted) counters.refused++;
      return isAdmitted;
    },
    placesFor: (ranges, isThere, now) =>
      ranges.flatMap(({ channel, place, count }) =>
        Array.from({ length: count }, (_, index) => ({ channel, place: place + index })).filter(
          (one) => isThere(one) && mayRepair(one, now),
        ),
      ),
    counters,
  };
}
