/**
 * Decides when an address may be tried again. After each failure in a row the wait doubles, so that
 * neither a dead peer nor the network is flooded with attempts. One success forgets all failures.
 */
import type { Address } from '../../gossamer/core/node.js';
import { backoffMs } from '../../lib/backoff.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { Rng } from '../../lib/rng.js';
import { OVERLAY_LIMITS, type OverlayLimits } from './limits.js';

export interface Retries {
  mayTry(address: Address, now: number): boolean;
  onFailed(address: Address, now: number): void;
  onOpened(address: Address): void;
  /** Forgets failures that are long past. */
  sweep(now: number): void;
}

interface Failures {
  readonly count: number;
  /** The instant from which the address may be tried again. */
  readonly retryAt: number;
}

/**
 * Creates a record without failures. `rng` varies each wait by a quarter, so that peers do not
 * retry in step.
 */
export function createRetries(rng: Rng, limits: OverlayLimits = OVERLAY_LIMITS): Retries {
  const { retryFirstMs: firstMs, retryLastMs: lastMs, peersMax } = limits;
  const failures = createBoundedMap<Address, Failures>(peersMax);
  return {
    mayTry: (address, now) => (failures.get(address)?.retryAt ?? 0) <= now,
    onFailed: (address, now) => {
      const count = (failures.get(address)?.count ?? 0) + 1;
      const waitMs = backoffMs({ firstMs, lastMs }, count - 1) * (0.75 + 0.5 * rng.unit());
      failures.set(address, { count, retryAt: now + waitMs });
    },
    onOpened: (address) => void failures.delete(address),
    sweep: (now) => {
      for (const [address, { retryAt }] of failures.entries()) {
        if (now - retryAt > lastMs) failures.delete(address);
      }
    },
  };
}
