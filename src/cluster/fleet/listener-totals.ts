/**
 * Counts the listeners that each session has had here, over all its SCXs, including those that have
 * ended. Soft state: a front end that was restarted knows what the running SCXs report.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';

/** The listeners that a session has had. */
export interface SessionListeners {
  /** The most at a time. */
  readonly peak: number;
  /** All that ever came. */
  readonly total: number;
}

export interface ListenerTotals {
  /** An SCX of the session renewed its lease; `scxs` are all that the session has now. */
  onLease(session: string, scxs: readonly ScxStatus[]): void;
  of(session: string): SessionListeners;
}

interface Tally {
  peak: number;
  /** The total that each SCX reported last; at most SCXS_MAX besides those that run. */
  readonly totals: Map<string, number>;
  /** Of the SCXs that ended and were forgotten. */
  ended: number;
}

const SESSIONS_MAX = 1024;
const SCXS_MAX = 64;

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

/** The SCXs that ended first are counted together. */
function forget(tally: Tally, running: readonly ScxStatus[]): void {
  for (const [id, total] of tally.totals) {
    if (tally.totals.size <= SCXS_MAX) return;
    if (running.some((scx) => scx.id === id)) continue;
    tally.totals.delete(id);
    tally.ended += total;
  }
}

/** Creates totals without sessions. */
export function createListenerTotals(): ListenerTotals {
  const tallies = createBoundedMap<string, Tally>(SESSIONS_MAX);
  return {
    onLease: (session, scxs) => {
      const tally = tallies.use(session) ?? { peak: 0, totals: new Map(), ended: 0 };
      const peaks = scxs.map(({ listenersPeak }) => listenersPeak);
      tally.peak = Math.max(tally.peak, sum(scxs.map(({ listeners }) => listeners)), ...peaks);
      for (const { id, listenersTotal } of scxs) tally.totals.set(id, listenersTotal);
      forget(tally, scxs);
      tallies.set(session, tally);
    },
    of: (session) => {
      const tally = tallies.use(session);
      if (tally === undefined) return { peak: 0, total: 0 };
      return { peak: tally.peak, total: tally.ended + sum(tally.totals.values()) };
    },
  };
}
