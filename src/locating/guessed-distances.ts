/**
 * Guesses how far clusters are from a network of which no round trip is known, by what a database of addresses says:
 * by the great-circle distance if it knows coordinates of all, or else by whether a cluster is in the
 * network's country.
 *
 * Such a database is often wrong by a city, and at times by a continent: any round trip that was seen says more.
 */
import { distanceKm, type EarthPlace } from '../lib/earth/earth-place.js';

/** A cluster, and where it is. */
export interface ClusterOnEarth {
  readonly id: string;
  readonly place: EarthPlace | undefined;
}

/** Round trips, ms, by the cluster's id; a cluster whose place is not known has none. */
export type GuessedRoundTrips = ReadonlyMap<string, number>;

/** Light in fibre: 200 km in a ms, there and back. */
const KM_PER_MS = 100;
/** A cluster in another country counts as farther by this, ms. Guess: 2000 km. */
const ABROAD_MS = 20;

/** The guesses that are the same for all; undefined: there is nothing by which all could be compared. */
function measureFor(network: EarthPlace, clusters: readonly EarthPlace[]) {
  const { country, position: from } = network;
  if (from !== undefined && clusters.every(({ position }) => position !== undefined)) {
    // In whole ms: a database does not know better, and clusters of one city share the listeners.
    return ({ position: to }: EarthPlace): number | undefined =>
      to && Math.round(distanceKm(from, to) / KM_PER_MS);
  }
  if (country === undefined) return undefined;
  return ({ country: of }: EarthPlace): number | undefined =>
    of === undefined ? undefined : of === country ? 0 : ABROAD_MS;
}

/**
 * How far these clusters are from a network; undefined: nothing can be said of it.
 * @param network where it is
 */
export function guessRoundTrips(
  network: EarthPlace | undefined,
  clusters: readonly ClusterOnEarth[],
): GuessedRoundTrips | undefined {
  if (network === undefined) return undefined;
  const places = clusters.flatMap(({ place }) => place ?? []);
  const measure = measureFor(network, places);
  if (measure === undefined || places.length === 0) return undefined;
  const guessed = new Map<string, number>();
  for (const { id, place } of clusters) {
    const rttMs = place && measure(place);
    if (rttMs !== undefined) guessed.set(id, rttMs);
  }
  return guessed;
}

/** From the nearest; those that are as far keep their order, and those without a guess come last. */
export function inGuessedOrder<Cluster>(
  clusters: readonly Cluster[],
  idOf: (cluster: Cluster) => string,
  guessed: GuessedRoundTrips,
): readonly Cluster[] {
  const msOf = (cluster: Cluster): number => guessed.get(idOf(cluster)) ?? Number.MAX_VALUE;
  return clusters.toSorted((one, other) => msOf(one) - msOf(other));
}
