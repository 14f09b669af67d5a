/**
 * The time of day as it was when this process started, and has gone on since. Stations date what
 * they sign with it, SCXs measure delays by it, and refuse what is too old: so a clock that is set
 * later, by whoever can, makes nothing fresh that was not. Time that the machine was suspended
 * counts, which performance.now() leaves out.
 */
import { uptime } from 'node:os';

/** How far another's clock may be from ours, delays included, ms. Guess: clocks that nobody sets. */
export const CLOCKS_MS_MAX = 600_000;

/** What a machine tells of the time, ms. */
export interface MachineTime {
  /** The time of day when `now` was 0. */
  readonly originMs: number;
  /** Monotonic; may stand still while the machine is suspended. */
  now(): number;
  /** Since the machine was started, suspensions included. */
  uptimeMs(): number;
}

/** A shorter difference between the clocks is their resolution, ms. */
const SUSPENDED_MS_MIN = 1000;

/** Creates a clock: whole ms since 1970, which never go back. It reads the uptime once a second. */
export function createSteadyTime({ originMs, now, uptimeMs }: MachineTime): () => number {
  const startedMs = uptimeMs() - now();
  let suspendedMs = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;

  const lookAtUptime = (at: number): void => {
    if (at - lookedAt < SUSPENDED_MS_MIN) return;
    lookedAt = at;
    const ms = uptimeMs() - at - startedMs;
    if (ms - suspendedMs > SUSPENDED_MS_MIN) suspendedMs = ms;
  };

  return () => {
    const at = now();
    lookAtUptime(at);
    return Math.round(originMs + at + suspendedMs);
  };
}

/** The time of this process. */
export const steadyTimeMs = createSteadyTime({
  originMs: performance.timeOrigin,
  now: () => performance.now(),
  uptimeMs: () => uptime() * 1000,
});
