/**
 * However many sessions are asked for and however fast their SCXs die: there is a bound on
 * launches per minute. A burst is allowed, because a cluster that starts has all its kept
 * sessions to launch; then one launch for each interval. (A token bucket, kept as the instant
 * at which it would be full, so that it counts in whole milliseconds.)
 */

/** The right to launch, used up by launching. */
export interface LaunchBudget {
  /** Takes one launch; false if there is none to take. */
  take(now: number): boolean;
  /** The instant from which take() succeeds. */
  readonly next: number;
}

/** A full budget: `burst` launches at once (>= 1), one more every `intervalMs`. */
export function createLaunchBudget(burst: number, intervalMs: number): LaunchBudget {
  let full = Number.NEGATIVE_INFINITY;
  const next = (): number => full - (burst - 1) * intervalMs;
  return {
    take: (now) => {
      if (now < next()) return false;
      full = Math.max(full, now) + intervalMs;
      return true;
    },
    get next() {
      return next();
    },
  };
}
