/**
 * How long a receiver waits before it asks for what is missing, so that of many that miss the same only a
 * few ask before the others hear it (§4, SRM). Early instants are drawn exponentially more seldom, the
 * more receivers there are: so the number of requests hardly depends on that number (RFC 5401 §3.2.3).
 */
import type { Rng } from '../lib/rng.js';

/** An instant from 0 to `windowMs`, drawn for one of `receivers`. */
export function drawBackoff(rng: Rng, windowMs: number, receivers: number): number {
  const lambda = Math.log(Math.max(1, receivers)) + 1;
  const spread = Math.exp(lambda) - 1;
  const x = rng.unit() * (lambda / windowMs) + lambda / (windowMs * spread);
  return (windowMs / lambda) * Math.log(x * spread * (windowMs / lambda));
}
