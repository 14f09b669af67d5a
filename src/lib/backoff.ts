/**
 * How long to wait before the next attempt. Doubling, so that a cluster that is down is not
 * hammered; with jitter, so that all clients of an SCX that died do not return in step.
 */

const DELAY_MS_MIN = 250; // guess: a restarted SCX needs about as long
const DELAY_MS_MAX = 5000; // guess: a returning cluster is found again within a player's patience

/**
 * The delay before attempt `attempt` (0 is the first after a loss), in ms: between half of and
 * the whole of 250 ms, doubled for each failure, at most 5 s. `unit` is random in [0, 1).
 */
export function backoffMs(attempt: number, unit: number): number {
  const ceiling = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** Math.min(attempt, 16));
  return ceiling * (0.5 + unit / 2);
}
