/**
 * How many handshakes may begin. Anybody can ask for one with a few hundred bytes, and each costs
 * about a millisecond of our time. So each address has a rate, and all together have one: a flood
 * costs a bounded share of a core, whatever its width.
 *
 * The common rate is for strangers. An address from which an SCX or a client of our session came
 * before needs only its own, so neighbours come back while others flood.
 */
import { limitedAs } from '../../http/ip-address.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import type { OverlayLimits } from './limits.js';

export interface HandshakeBudget {
  /** Takes a handshake with an IP address; false if it must not begin. */
  take(remoteAddress: string, now: number): boolean;
  /** The peer has been admitted. */
  onAdmitted(remoteAddress: string): void;
}

type BudgetLimits = Pick<
  OverlayLimits,
  | 'handshakeBurst'
  | 'handshakeIntervalMs'
  | 'handshakeTotalBurst'
  | 'handshakeTotalIntervalMs'
  | 'peersMax'
>;

/** Creates a budget of which nothing is used. */
export function createHandshakeBudget(limits: BudgetLimits): HandshakeBudget {
  const total = createTokenBucket(limits.handshakeTotalBurst, limits.handshakeTotalIntervalMs);
  const byAddress = createBoundedMap<string, TokenBucket>(limits.peersMax);
  const known = createBoundedMap<string, true>(limits.peersMax);

  const bucketOf = (address: string): TokenBucket => {
    const bucket =
      byAddress.use(address) ??
      createTokenBucket(limits.handshakeBurst, limits.handshakeIntervalMs);
    byAddress.set(address, bucket);
    return bucket;
  };

  return {
    take: (remoteAddress, now) => {
      const address = limitedAs(remoteAddress);
      return bucketOf(address).take(now) && (known.has(address) || total.take(now));
    },
    onAdmitted: (remoteAddress) => known.set(limitedAs(remoteAddress), true),
  };
}
