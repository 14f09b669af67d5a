/**
 * A child sees for itself that its parent cannot keep up: ADUs come later and later. It says so, and then
 * looks for a better way. When that is no better, what it has is normal, and it is twice as patient: who
 * has nothing but slow links must not change from one to the other all the time.
 *
 * The slow link may be further up: then whoever is at it notices first and moves, and everybody below is
 * well again before they notice. So each hop from the source makes more patient.
 */

/** So much later than before, ms. Guess: longer than a burst of losses lasts. */
const BEHIND_MS = 1500;

/** For so long: what waited somewhere, and comes at once, is no slow link, ms. Guess. */
const SUSTAINED_MS = 500;

/** Patience grows up to so many times. Guess: then half of a cache is used up, and parents skip. */
const PATIENCE_MAX = 8;

/** More patience for each hop but the first, up to so many of them. Guess: a move takes a round trip. */
const HOP_MS = 500;
const HOPS_MAX = 8;

export interface FallingBehind {
  /** ADUs came; answers whether the parent is to be told of now. */
  heard(lateMs: number, hops: number, now: number): boolean;
}

/** Of a flow that is on time. */
export function createFallingBehind(): FallingBehind {
  /** What is normal, ms. */
  let usualMs = 0;
  let patience = 1;
  let since: number | undefined;
  return {
    heard: (lateMs, hops, now) => {
      usualMs = Math.min(usualMs, lateMs);
      if (lateMs < BEHIND_MS / 2) patience = 1;
      const hopsMs = HOP_MS * Math.min(HOPS_MAX, Math.max(0, hops - 1));
      if (lateMs - usualMs < patience * BEHIND_MS + hopsMs) since = undefined;
      else since ??= now;
      if (since === undefined || now - since < SUSTAINED_MS) return false;
      usualMs = lateMs;
      since = undefined;
      patience = Math.min(PATIENCE_MAX, 2 * patience);
      return true;
    },
  };
}
