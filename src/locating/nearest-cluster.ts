/**
 * Which cluster is nearest to a network of listeners (§2.4), when only a few round trips of that
 * network are known, and none may be measured for the purpose: those that connections to clusters
 * have shown anyway.
 *
 * A network is likely to be where a known place is that would have shown the same round trips. The
 * places are the clusters themselves, and other networks, by their network coordinates
 * (gossamer/core/coordinates.ts) and by what was seen from them. Each place has the weight with
 * which it explains the round trips that were seen; a way that is longer by the same amount to all
 * clusters counts as the access line of the network. The expected round trip to a cluster is the
 * mean over all places; where one was seen, that is it.
 *
 * A cluster of which little is known may be nearer than expected, and becomes known only when
 * somebody is sent there. So it is tried if it is the nearest but for one standard deviation.
 */
import { predictedDelayMs } from '../gossamer/core/coordinates.js';
import type { Coordinates } from '../gossamer/core/node.js';

/** Round trips between a place and clusters, by the cluster's id, ms. */
export type RoundTrips = ReadonlyMap<string, number>;

/** A cluster that listeners may be sent to. */
export interface PlacedCluster {
  readonly id: string;
  readonly coordinates: Coordinates;
}

/** Where listeners may be. */
export interface Place {
  readonly coordinates: Coordinates;
  /** Those that were seen from there. */
  readonly seen: RoundTrips;
}

/** What is expected of a cluster. */
export interface Expectation {
  readonly id: string;
  /** ms. */
  readonly rttMs: number;
  /** It may be nearer by this, ms; 0 where the round trip was seen. */
  readonly uncertainMs: number;
}

/**
 * A round trip that coordinates predict is wrong by this share and this much, ms; one that was seen
 * from the place differs by half of it. Measured (scripts/bench/locating.ts): 0.1 and 3 ms, or 0.25
 * and 6 ms, change the result by less than the draw does.
 */
const WRONG_SHARE = 0.15;
const WRONG_MS = 4;

/** A longer access line is less likely: by a factor e for each, ms. Guess. */
const ACCESS_MS = 20;

/** Of a place that explains nothing: where no place fits, all count alike. */
const WEIGHT_MIN = 1e-9;

interface Explanation {
  readonly place: Place;
  readonly weight: number;
  /** The network's access line beyond that of the place, round trip, ms. */
  readonly accessMs: number;
}

const rttFrom = ({ coordinates, seen }: Place, to: PlacedCluster): number =>
  seen.get(to.id) ?? 2 * predictedDelayMs(coordinates, to.coordinates);

/** One round trip tells a long access line from a long way only by halves. */
function accessOf(missesMs: readonly number[]): number {
  const mean = missesMs.reduce((sum, miss) => sum + miss, 0) / missesMs.length;
  return Math.max(0, missesMs.length > 1 ? mean : mean / 2);
}

/** @param known the clusters to which round trips were seen */
function explain(place: Place, seen: RoundTrips, known: readonly PlacedCluster[]): Explanation {
  const missesMs = known.map((to) => (seen.get(to.id) ?? 0) - rttFrom(place, to));
  const accessMs = accessOf(missesMs);
  let exponent = accessMs / ACCESS_MS;
  known.forEach(({ id }, index) => {
    const usual = (WRONG_MS + WRONG_SHARE * (seen.get(id) ?? 0)) * (place.seen.has(id) ? 0.5 : 1);
    exponent += (((missesMs[index] ?? 0) - accessMs) / usual) ** 2 / 2;
  });
  return { place, weight: Math.exp(-exponent) + WEIGHT_MIN, accessMs };
}

function expect(to: PlacedCluster, explanations: readonly Explanation[]): Expectation {
  let [weights, sum, squares] = [0, 0, 0];
  for (const { place, weight, accessMs } of explanations) {
    const rttMs = rttFrom(place, to) + accessMs;
    weights += weight;
    sum += weight * rttMs;
    squares += weight * rttMs * rttMs;
  }
  const rttMs = sum / weights;
  return { id: to.id, rttMs, uncertainMs: Math.sqrt(Math.max(0, squares / weights - rttMs ** 2)) };
}

/**
 * The clusters in the order in which a network should be sent to them, the nearest first; undefined
 * while nothing is known of the network.
 *
 * @param seen the network's round trips; those to clusters that are not listed do not count
 * @param places other networks; the clusters themselves are always considered
 */
export function nearestClusters(
  clusters: readonly PlacedCluster[],
  seen: RoundTrips,
  places: readonly Place[],
): readonly Expectation[] | undefined {
  const known = clusters.filter(({ id }) => seen.has(id));
  if (known.length === 0) return undefined;
  const own = clusters.map(({ id, coordinates }) => ({ coordinates, seen: new Map([[id, 0]]) }));
  const explanations = [...own, ...places].map((place) => explain(place, seen, known));
  const expectations = clusters.map((cluster) => {
    const rttMs = seen.get(cluster.id);
    if (rttMs !== undefined) return { id: cluster.id, rttMs, uncertainMs: 0 };
    return expect(cluster, explanations);
  });
  const atBest = ({ rttMs, uncertainMs }: Expectation): number => rttMs - uncertainMs;
  return expectations.sort((a, b) => atBest(a) - atBest(b));
}
