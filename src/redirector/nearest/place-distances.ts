/**
 * Distances by a database of addresses that the operator has, for networks of which no round trip is known
 * (locating/guessed-distances.ts). It says where a cluster is by the address at which the cluster answers.
 *
 * Bounded: PLACES_KEPT addresses of clusters; networks are looked up each time, and not remembered.
 */
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { EarthPlace } from '../../lib/earth/earth-place.js';
import { guessRoundTrips, inGuessedOrder } from '../../locating/guessed-distances.js';
import type { LiveCluster } from '../clusters/live-cluster.js';
import type { Distances } from './distances.js';

const PLACES_KEPT = 2000;

/** Creates the distances. `placeOf`: what the database says of an address. */
export function createPlaceDistances(
  placeOf: (address: string) => EarthPlace | undefined,
): Distances {
  const kept = createBoundedMap<string, { readonly place: EarthPlace | undefined }>(PLACES_KEPT);

  const placeAt = (address: string): EarthPlace | undefined => {
    const known = kept.get(address) ?? { place: placeOf(address) };
    if (!kept.has(address)) kept.set(address, known);
    return known.place;
  };

  const placed = ({ key, target: { addresses4, addresses6 } }: LiveCluster) => {
    const [place] = [...addresses4, ...addresses6].flatMap((address) => placeAt(address) ?? []);
    return { id: key, place };
  };

  return {
    knowsAny: () => true,
    order: (network, clusters) => {
      const of = placeOf(network);
      const guessed = of && guessRoundTrips(of, clusters.map(placed));
      return guessed && inGuessedOrder(clusters, ({ key }) => key, guessed);
    },
  };
}
