/**
 * Remembers which round trips the networks of listeners have shown to clusters, and orders clusters
 * by their distance from a network (nearest-cluster.ts). A network is a prefix of addresses, not an
 * address, and nothing else is kept of a listener.
 */
import { movedCoordinates, UNKNOWN_COORDINATES } from '../gossamer/core/coordinates.js';
import type { Coordinates } from '../gossamer/core/node.js';
import { createBoundedMap } from '../lib/bounds/bounded-map.js';
import type { Rng } from '../lib/rng.js';
import {
  type Expectation,
  nearestClusters,
  type Place,
  type PlacedCluster,
  type RoundTrips,
} from './nearest-cluster.js';

/** Networks remembered; the one that was seen longest ago makes room. Guess: 10 MB. */
const NETWORKS_MAX = 20_000;
/** Clusters remembered of a network. Guess: more than it is ever sent to. */
const CLUSTERS_MAX = 32;
/** Clusters whose coordinates are kept. Guess: more than there are. */
const PLACED_CLUSTERS_MAX = 1000;
/** A shorter round trip replaces a longer one, and any replaces one of this age, ms. Guess. */
const FRESH_MS = 3_600_000;
/** An older one is forgotten, ms. Guess: routes of the Internet last for weeks. */
const KEPT_MS = 14 * 24 * 3_600_000;
/** Longer round trips are errors, ms; so is a negative one. */
const RTT_MAX_MS = 5000;

/** Other networks whose places are considered, as each costs time. Measured: little gain beyond. */
const PLACES_MAX = 300;
/** A network's coordinates are computed from at least this many round trips, this often each. */
const PLACED_FROM = 3;
const ROUNDS = 30;

interface Seen {
  readonly rttMs: number;
  readonly at: number;
}

interface Network {
  readonly seen: Map<string, Seen>;
  /** What `seen` says; its coordinates are unknown while that is too little. */
  place: Place;
}

const unknownNetwork = (): Network => ({
  seen: new Map(),
  place: { coordinates: UNKNOWN_COORDINATES, seen: new Map() },
});

export interface SeenNetworks {
  readonly size: number;
  /** A connection from a network has shown a round trip to a cluster, ms. */
  onSeen(network: string, to: PlacedCluster, rttMs: number, now: number): void;
  /** What is known of a network; undefined: nothing. */
  roundTrips(network: string): RoundTrips | undefined;
  /** As nearestClusters(); undefined while nothing is known of the network. */
  nearest(network: string, clusters: readonly PlacedCluster[]): readonly Expectation[] | undefined;
}

/** Creates an empty memory. */
export function createSeenNetworks(rng: Rng): SeenNetworks {
  const networks = createBoundedMap<string, Network>(NETWORKS_MAX);
  /** Coordinates of clusters as last told, for those of the networks. */
  const clusterPlaces = createBoundedMap<string, Coordinates>(PLACED_CLUSTERS_MAX);

  /** Forgets what is old, and draws the place anew. */
  const refresh = (network: Network, now: number): void => {
    const { seen } = network;
    for (const [id, { at }] of seen) if (now - at >= KEPT_MS) seen.delete(id);
    let { coordinates } = network.place;
    for (let round = 0; round < ROUNDS && seen.size >= PLACED_FROM; round++) {
      for (const [id, { rttMs }] of seen) {
        const of = clusterPlaces.get(id);
        if (of === undefined) continue;
        coordinates = movedCoordinates(
          coordinates,
          { coordinates: of, distanceMs: rttMs / 2 },
          rng,
        );
      }
    }
    const roundTrips = [...seen].map(([id, { rttMs }]) => [id, rttMs] as const);
    network.place = { coordinates, seen: new Map(roundTrips) };
  };

  const othersThan = (network: Network): Place[] => {
    const others: Place[] = [];
    for (const [, { place, seen }] of networks.entries()) {
      if (seen.size >= PLACED_FROM && place !== network.place) others.push(place);
    }
    return rng.sample(others, PLACES_MAX);
  };

  return {
    get size() {
      return networks.size;
    },
    onSeen: (name, to, rttMs, now) => {
      if (!(rttMs >= 0 && rttMs <= RTT_MAX_MS)) return;
      const network = networks.get(name) ?? unknownNetwork();
      networks.set(name, network); // It becomes the youngest.
      clusterPlaces.set(to.id, to.coordinates);
      const before = network.seen.get(to.id);
      if (before !== undefined && before.rttMs <= rttMs && now - before.at < FRESH_MS) return;
      if (before === undefined && network.seen.size >= CLUSTERS_MAX) return;
      network.seen.set(to.id, { rttMs, at: now });
      refresh(network, now);
    },
    roundTrips: (name) => networks.get(name)?.place.seen,
    nearest: (name, clusters) => {
      const network = networks.get(name);
      if (network === undefined) return undefined;
      return nearestClusters(clusters, network.place.seen, othersThan(network));
    },
  };
}
