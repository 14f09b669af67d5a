/**
 * Response rate limiting. Whoever forges the address of a victim has answers sent there, so answers over
 * UDP to one network have a rate. Beyond it every second answer is only a head with the flag TC, which is no
 * larger than the question, and the others are dropped: a real resolver asks again over TCP, which
 * cannot be forged; the victim gets less than the forger has sent.
 *
 * Bounded: NETWORKS_MAX networks; the one that has been quiet for longest is forgotten.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket, type TokenBucket } from '../../lib/bounds/token-bucket.js';

/** What becomes of an answer. */
type Verdict = 'send' | 'truncate' | 'drop';

export interface ResponseRate {
  /** `now`: ms that never decrease. */
  judge(address: string, now: number): Verdict;
}

const NETWORKS_MAX = 20_000;
/** Answers at once, in seconds of the rate. */
const BURST_S = 2;

/** An IPv4 /24 or an IPv6 /56: what one network answers for, as others limit it (BIND, NSD). */
export function ratedAs(address: string): string {
  if (isIP(address) === 0) return address;
  const parsed = ipaddr.process(address);
  const bytes = parsed.toByteArray().slice(0, parsed.kind() === 'ipv4' ? 3 : 7);
  return bytes.join('.');
}

interface Network {
  readonly bucket: TokenBucket;
  /** Answers beyond the rate. */
  beyond: number;
}

/** Creates a limit of `perSecond` answers to each network; 0: no limit. */
export function createResponseRate(perSecond: number): ResponseRate {
  const networks = createBoundedMap<string, Network>(NETWORKS_MAX);
  const networkAt = (address: string): Network => {
    const name = ratedAs(address);
    const known = networks.use(name);
    if (known !== undefined) return known;
    const bucket = createTokenBucket(Math.max(1, BURST_S * perSecond), 1000 / perSecond);
    const network = { bucket, beyond: 0 };
    networks.set(name, network);
    return network;
  };
  return {
    judge: (address, now) => {
      if (perSecond === 0) return 'send';
      const network = networkAt(address);
      if (network.bucket.take(now)) return 'send';
      network.beyond++;
      return network.beyond % 2 === 0 ? 'truncate' : 'drop';
    },
  };
}
