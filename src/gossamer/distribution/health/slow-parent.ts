/**
 * A child notices by itself that its parent cannot keep up: ADUs come later and later. It reports
 * that, and routing looks for a better route. If the new route is no better, the lateness counts as
 * usual, and twice as much is tolerated: a node that has only slow links must not change from one
 * to another all the time.
 *
 * The slow link may be further up. The child at that link should notice first and move; then all
 * below it are well again before they notice. So more is tolerated for each hop from the source.
 */
import { TIMEOUTS } from '../../core/config.js';

export interface SlowParent {
  /** ADUs came this late, over this many hops; returns whether the parent is to be reported now. */
  heard(lateMs: number, hops: number, now: number): boolean;
}

/** Creates the detection for a flow that is on time. */
export function createSlowParent(): SlowParent {
  const { slowMs, slowSustainedMs, slowPatienceMax, slowHopMs, slowHopsMax } = TIMEOUTS;
  /** The usual lateness, ms. */
  let usualMs = 0;
  let patience = 1;
  let since: number | undefined;
  return {
    heard: (lateMs, hops, now) => {
      usualMs = Math.min(usualMs, lateMs);
      if (lateMs < slowMs / 2) patience = 1;
      const hopsMs = slowHopMs * Math.min(slowHopsMax, Math.max(0, hops - 1));
      if (lateMs - usualMs < patience * slowMs + hopsMs) since = undefined;
      else since ??= now;
      if (since === undefined || now - since < slowSustainedMs) return false;
      usualMs = lateMs;
      since = undefined;
      patience = Math.min(slowPatienceMax, 2 * patience);
      return true;
    },
  };
}
