/**
 * Limits the encoders that are connected through the front end: in total and per address. An IPv6 /64
 * network counts as one address; this machine, with all that is behind proxies on it, has half of the
 * places.
 *
 * A place is taken before the SCX has checked the password, and a wrong one is answered late
 * (http/server/guess-delay.ts). So that guesses do not keep right passwords out, a new connection does
 * not long compete with them: while all places are taken, the address with the most places that are
 * still new gives up its latest one. An encoder that has been connected for longer than a wrong
 * password can be is never cut off.
 */
import { isLoopback, limitedAs } from '../../http/ip-address.js';
import { createConnectionCounts } from '../../http/server/connection-counts.js';
import { newestOfMost } from '../../lib/bounds/fair-share.js';
import { good } from '../../lib/result.js';
import { type OrProblem, problem, refused } from '../web/problem.js';

/** Guess: the programmes of a large station. */
const ENCODERS_PER_ADDRESS_MAX = 32;
/** Longer than any wrong password waits for its answer, ms. */
const LOGIN_MS = 12_000;

const BUSY = problem(503, 'Too many encoders are connected to this cluster: try again later.');
const ADDRESS_BUSY = problem(
  503,
  'Too many encoders of your address are connected to this cluster: disconnect one of them.',
);

/** A place that is taken. */
interface Held {
  readonly client: string;
  readonly since: number;
  /** Cuts its connection off. */
  readonly cut: () => void;
}

/** Counts the encoders of each address. */
export interface EncoderLimit {
  /**
   * Counts an encoder, and returns what to call when it has gone; or returns why it is refused. `cut`:
   * ends it if it must make room.
   */
  take(address: string, cut: () => void): OrProblem<() => void>;
}

/** Creates a limit without encoders; `encodersMax`: in total. `now` is monotonic, in ms. */
export function createEncoderLimit(encodersMax: number, now: () => number): EncoderLimit {
  const encoders = createConnectionCounts(); // bounded by encodersMax
  const places = new Set<Held>(); // the same, in the order of arrival
  const localMax = Math.max(1, Math.floor(encodersMax / 2));

  const release = (place: Held): void => {
    if (places.delete(place)) encoders.remove(place.client);
  };

  /** The latest new place of the address that has the most, if that is more than `client` has. */
  const greediest = (client: string): Held | undefined => {
    const recent = [...places].filter(({ since }) => now() - since < LOGIN_MS);
    return newestOfMost(recent, (place) => place.client, client);
  };

  const makeRoom = (client: string): boolean => {
    if (encoders.total < encodersMax) return true;
    const place = greediest(client);
    if (place === undefined) return false;
    release(place);
    place.cut();
    return true;
  };

  return {
    take: (address, cut) => {
      const client = limitedAs(address);
      const max = isLoopback(address) ? localMax : ENCODERS_PER_ADDRESS_MAX;
      if (encoders.of(client) >= max) return refused(ADDRESS_BUSY);
      if (!makeRoom(client)) return refused(BUSY);
      const place = { client, since: now(), cut };
      places.add(place);
      encoders.add(client);
      return good(() => release(place));
    },
  };
}
