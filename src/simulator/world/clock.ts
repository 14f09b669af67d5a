/** Simulated time: a clock that moves from event to event, and the queue of what is to happen. */
import { createEventQueue } from '../../lib/event-queue.js';

export interface Clock {
  /** Simulated time, ms. */
  now(): number;
  /** Runs an action at an instant, ms; an instant that has passed counts as now. */
  at(instant: number, action: () => void): void;
  /** Runs every event up to an instant, ms, which is the time afterwards. */
  runUntil(instant: number): void;
}

/**
 * Creates a clock at 0 ms. Events of the same instant run in the order in which they were added.
 */
export function createClock(): Clock {
  const queue = createEventQueue<() => void>();
  let clock = 0;
  return {
    now: () => clock,
    at: (instant, action) => queue.push(Math.max(instant, clock), action),
    runUntil: (instant) => {
      for (let next = queue.next(); next <= instant; next = queue.next()) {
        clock = Math.max(clock, next);
        queue.pop()?.();
      }
      clock = instant;
    },
  };
}
