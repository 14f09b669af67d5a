/**
 * Who may broadcast is told with each renewal of the lease, each second. A password that was drawn a
 * moment ago must work at once all the same: so before this SCX refuses a source, it asks its front
 * end for the present terms, and looks again.
 *
 * Bounded: strangers can make it ask AT_ONCE times, and then each EACH_MS; the others wait for the
 * next regular renewal. Nobody waits longer than WAIT_MS.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { createTokenBucket } from '../lib/bounds/token-bucket.js';
import type { Lease } from './lease.js';

/** The present terms of the front end. */
export interface FreshAccess {
  /** Resolves when they have come, or do not come. */
  wait(): Promise<void>;
  /** Asks by this lease; before that nobody waits. */
  askBy(lease: Pick<Lease, 'renewNow' | 'renewed'>): void;
}

const AT_ONCE = 4;
const EACH_MS = 250;

/** As long as an answer to a renewal may take. */
const WAIT_MS = 2000;

/** Creates it without a lease. */
export function createFreshAccess(now: () => number): FreshAccess {
  const rate = createTokenBucket(AT_ONCE, EACH_MS);
  let lease: Pick<Lease, 'renewNow' | 'renewed'> | undefined;
  return {
    wait: async () => {
      if (lease === undefined) return;
      const renewed = lease.renewed();
      if (rate.take(now())) lease.renewNow();
      await Promise.race([renewed, pause(WAIT_MS, undefined, { ref: false })]);
    },
    askBy: (given) => {
      lease = given;
    },
  };
}
