/**
 * A rate limit for each client address, for whatever costs us something: a page, a listener's slot
 * that is reserved. A crawler or a runaway script uses up the rate of its own address, and every
 * other client keeps its own. Loopback addresses are not limited: the operator's own tools and a
 * proxy on this machine use them.
 *
 * Bounded: ADDRESSES_MAX addresses. When there are more, the address that has been quiet for
 * longest is dropped, so that a flood of addresses does not reset one that keeps asking.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';
import { isLoopback, limitedAs } from '../ip-address.js';
import { type Answer, textAnswer } from './response.js';

export interface RequestRateOptions {
  /** Requests at once. */
  readonly atOnce: number;
  /** Requests in the long run. */
  readonly perSecond: number;
}

/** The rate limits of all addresses. */
export interface RequestRate {
  /** Counts a request; false if the address has used up its rate. */
  take(address: string, now: number): boolean;
}

const ADDRESSES_MAX = 4096;

/** Creates a rate limit per address: `atOnce` requests, and then `perSecond`. */
export function createRequestRate({ atOnce, perSecond }: RequestRateOptions): RequestRate {
  const buckets = createBoundedMap<string, TokenBucket>(ADDRESSES_MAX);

  const bucketOf = (client: string): TokenBucket => {
    const known = buckets.use(client);
    if (known !== undefined) return known;
    const bucket = createTokenBucket(atOnce, 1000 / perSecond);
    buckets.set(client, bucket);
    return bucket;
  };

  return {
    take: (address, now) => isLoopback(address) || bucketOf(limitedAs(address)).take(now),
  };
}

/** Retry-After above the limit, s. Guess. */
const RETRY_S = 10;

/** The answer to a request above the limit. */
export const rateExceeded = (): Answer =>
  textAnswer(429, 'You ask too often; come back later.', { 'Retry-After': RETRY_S });
