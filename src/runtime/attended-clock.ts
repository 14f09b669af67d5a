/**
 * A clock that stands still while this process is held up: it was stopped, or had to wait for its turn
 * on a busy machine. What others have sent meanwhile lies in the system's buffers, unread. So whoever
 * measures by this clock how long a peer has been silent does not blame the peer for that.
 *
 * A timer rings all the time; when neither it nor a question has come for longer than usual, the rest
 * of that time is not counted. Bounded: one timer. Pace and rates are measured by performance.now():
 * the time passes for those who send.
 */

/** Interval of the timer, ms. Guess: short against every silence that is measured. */
const TICK_MS = 100;
/** This much later than the timer is due is usual, ms. Guess. */
const USUAL_MS = 100;

/** The clock, in ms that never decrease, from a monotonic one; it asks that itself all the time. */
export function createAttendedClock(now: () => number): () => number {
  let askedAt = now();
  let heldUpMs = 0;
  const ask = (): number => {
    const at = now();
    heldUpMs += Math.max(0, at - askedAt - TICK_MS - USUAL_MS);
    askedAt = at;
    return at - heldUpMs;
  };
  setInterval(ask, TICK_MS).unref();
  return ask;
}
