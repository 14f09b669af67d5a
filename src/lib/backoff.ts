/**
 * Computes the wait before the next attempt. It doubles after each failure, up to a limit, so that
 * a peer that is down is not flooded with attempts. Where many processes lose the same peer at
 * once, the wait is also spread at random, so that they do not all return in the same instant.
 */

/** The bounds of a wait, ms. */
export interface BackoffRange {
  /** After the first failure. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Keeps the power of two finite however often something fails. */
const DOUBLINGS_MAX = 30;

/** The wait after `failures` failures in a row before this one (0, 1, 2, ...), in ms. */
export const backoffMs = ({ firstMs, lastMs }: BackoffRange, failures: number): number =>
  Math.min(lastMs, firstMs * 2 ** Math.min(failures, DOUBLINGS_MAX));

/** The same, spread evenly between half of the wait and the whole; `unit` is random in [0, 1). */
export const spreadBackoffMs = (range: BackoffRange, failures: number, unit: number): number =>
  backoffMs(range, failures) * (0.5 + unit / 2);
