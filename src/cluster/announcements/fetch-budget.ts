/**
 * How many announcements are fetched at the same time, and how fast one after the other. Anybody can
 * have us fetch any URL, so one client, or one server that answers slowly, must neither keep all
 * others from having theirs fetched, nor make us hammer a third party.
 *
 * Bounded: FETCHES_MAX at a time; the rates remember some thousand addresses (request-rate.ts).
 */
import { limitedAs } from '../../http/ip-address.js';
import { createConnectionCounts } from '../../http/server/connection-counts.js';
import { createRequestRate } from '../../http/server/request-rate.js';
import { good } from '../../lib/result.js';
import { type OrProblem, problem, refused } from '../web/problem.js';

/** At a time, in all, and for one client or one server. Guesses. */
const FETCHES_MAX = 32;
const SHARE_MAX = FETCHES_MAX / 4;
/** One after the other, for one client or one server. Guess: a listener needs one a minute. */
const RATE = { atOnce: 64, perSecond: 2 } as const;

const BUSY = {
  ...problem(503, 'Too many announcements are being fetched here: try again.'),
  retryAfter: 5,
};

/** The fetches that are in progress. */
export interface FetchBudget {
  /** Counts a fetch; the value is to be called when it has ended. `server`: the host of its URL. */
  take(client: string, server: string): OrProblem<() => void>;
}

/** Creates a budget of which nothing is used; `now` is monotonic, in ms. */
export function createFetchBudget(now: () => number): FetchBudget {
  const fetching = createConnectionCounts(); // bounded by FETCHES_MAX, twice each
  const rate = createRequestRate(RATE);

  return {
    take: (client, server) => {
      const keys = [client && `client ${limitedAs(client)}`, server && `server ${server}`].filter(
        (key) => key !== '',
      );
      const isFull = fetching.of('all') >= FETCHES_MAX;
      if (isFull || keys.some((key) => fetching.of(key) >= SHARE_MAX)) return refused(BUSY);
      const isFast = [client, server].some((key) => key !== '' && !rate.take(key, now()));
      if (isFast) return refused(BUSY);
      for (const key of ['all', ...keys]) fetching.add(key);
      return good(() => {
        for (const key of ['all', ...keys]) fetching.remove(key);
      });
    },
  };
}
