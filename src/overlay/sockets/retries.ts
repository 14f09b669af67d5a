/**
 * When an address may be tried again: after a failure it rests, each time twice as long, so that
 * neither a dead peer nor the network is hammered. One success forgives everything.
 */
import type { Address } from '../../gossamer/core/node.js';
import type { Rng } from '../../lib/rng.js';
import { OVERLAY_LIMITS } from './limits.js';

export interface Retries {
  mayTry(address: Address, now: number): boolean;
  onFailed(address: Address, now: number): void;
  onOpened(address: Address): void;
  /** Forgets failures that are long past. */
  sweep(now: number): void;
}

interface Failure {
  readonly waitMs: number;
  readonly restUntil: number;
}

/** Nothing has failed. */
export function createRetries(rng: Rng): Retries {
  const { retryFirstMs, retryLastMs, peersMax } = OVERLAY_LIMITS;
  /** Bounded: peersMax, the oldest makes room; and forgotten by `sweep`. */
  const failures = new Map<Address, Failure>();

  const makeRoom = (): void => {
    const oldest = failures.keys().next().value;
    if (failures.size >= peersMax && oldest !== undefined) failures.delete(oldest);
  };

  return {
    mayTry: (address, now) => (failures.get(address)?.restUntil ?? 0) <= now,
    onFailed: (address, now) => {
      const last = failures.get(address);
      const waitMs = last === undefined ? retryFirstMs : Math.min(2 * last.waitMs, retryLastMs);
      failures.delete(address);
      makeRoom();
      failures.set(address, { waitMs, restUntil: now + waitMs * (0.75 + 0.5 * rng.unit()) });
    },
    onOpened: (address) => {
      failures.delete(address);
    },
    sweep: (now) => {
      for (const [address, failure] of failures) {
        if (now - failure.restUntil > retryLastMs) failures.delete(address);
      }
    },
  };
}
