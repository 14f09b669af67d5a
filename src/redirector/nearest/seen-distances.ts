/**
 * Distances from what clusters have seen of networks (src/locating). To order clusters takes a millisecond or
 * more, so an order holds for a while, and strangers who ask for many networks cause a bounded number of
 * orders: beyond it the network counts as unknown.
 *
 * Bounded: ORDERS_MAX orders.
 */
import { randomInt } from 'node:crypto';
import { UNKNOWN_COORDINATES } from '../../gossamer/core/coordinates.js';
import type { Coordinates } from '../../gossamer/core/node.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import { createRng } from '../../lib/rng.js';
import { createSeenNetworks } from '../../locating/seen-networks.js';
import type { PublicKey } from '../../session/public-key.js';
import type { LiveCluster } from '../clusters/live-cluster.js';
import type { Distances } from './distances.js';

export interface SeenDistances extends Distances {
  /** A cluster has told how far away a network is. */
  onTold(
    network: string,
    to: { readonly key: PublicKey; readonly coordinates: Coordinates | undefined },
    rttMs: number,
  ): void;
}

/** How long an order holds, ms. Guess: clusters tell news every ten seconds. */
const HOLDS_MS = 10_000;
const ORDERS_MAX = 20_000;
/** A tenth of one core, if an order takes 2 ms. */
const BURST = 50;
const INTERVAL_MS = 20;

interface Order {
  /** The clusters that were there, from the nearest. */
  readonly rank: ReadonlyMap<PublicKey, number>;
  readonly until: number;
}

/** Creates distances that know nothing. `now`: ms that never decrease. */
export function createSeenDistances(now: () => number): SeenDistances {
  const seen = createSeenNetworks(createRng(randomInt(2 ** 31)));
  const orders = createBoundedMap<string, Order>(ORDERS_MAX);
  const budget = createTokenBucket(BURST, INTERVAL_MS);

  const draw = (network: string, clusters: readonly LiveCluster[]): Order | undefined => {
    if (seen.roundTrips(network) === undefined || !budget.take(now())) return undefined;
    const placed = clusters.map(({ key, coordinates = UNKNOWN_COORDINATES }) => ({
      ...{ id: key, coordinates },
    }));
    const expected = seen.nearest(network, placed);
    if (expected === undefined) return undefined;
    const rank = new Map(expected.map(({ id }, index) => [id as PublicKey, index]));
    const order = { rank, until: now() + HOLDS_MS };
    orders.set(network, order);
    return order;
  };

  return {
    knowsAny: () => seen.size > 0,
    order: (network, clusters) => {
      const held = orders.get(network);
      const holds = held && held.until > now() && clusters.every(({ key }) => held.rank.has(key));
      const { rank } = (holds ? held : draw(network, clusters)) ?? {};
      if (rank === undefined) return undefined;
      const placeOf = ({ key }: LiveCluster): number => rank.get(key) ?? rank.size;
      return clusters.toSorted((one, other) => placeOf(one) - placeOf(other));
    },
    onTold: (network, { key, coordinates = UNKNOWN_COORDINATES }, rttMs) => {
      seen.onSeen(network, { id: key, coordinates }, rttMs, now());
      orders.delete(network);
    },
  };
}
