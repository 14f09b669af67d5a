/** Waiting that an abort signal ends early: for a time, before another attempt, for a promise. */
import { type BackoffRange, spreadBackoffMs } from '../lib/backoff.js';

/**
 * The wait before a client connects again. Guesses: a restarted SCX needs about 250 ms, and a
 * cluster that is back should be found within the time for which a player waits.
 */
const RECONNECT: BackoffRange = { firstMs: 250, lastMs: 5000 };

/**
 * A connection that has held for this time, ms, was a good one: the next wait is the shortest
 * again.
 */
const STEADY_MS = 10_000;

/** Whether a connection has held long enough for its end not to count as another failure. */
export const wasSteady = (heldMs: number): boolean => heldMs > STEADY_MS;

/** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || ms <= 0) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}

/** Waits before attempt `attempt` to connect again (0: the first after a loss); never rejects. */
export const pauseBeforeAttempt = (attempt: number, signal: AbortSignal): Promise<void> =>
  pause(spreadBackoffMs(RECONNECT, attempt, Math.random()), signal);

/** The promise's value, or undefined once the signal is aborted, whichever comes first. */
export function unlessAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const done = (): void => resolve(undefined);
    if (signal.aborted) done();
    signal.addEventListener('abort', done, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', done));
  });
}
