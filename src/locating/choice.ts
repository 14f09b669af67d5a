/**
 * The decision of a cluster that a listener has asked: which others are much nearer to the listener's network,
 * and to which ones a listener can be sent if this one is full. It believes what others have seen
 * as far as its own measurements do not contradict it (claims.ts). Of a network that none of them has seen, a database of
 * addresses may say where it is (guessed-distances.ts).
 */
import { predictedDelayMs } from '../gossamer/core/coordinates.js';
import { isContradicted, isMisplaced } from './claims.js';
import { type GuessedRoundTrips, inGuessedOrder } from './guessed-distances.js';
import type { Expectation, PlacedCluster } from './nearest-cluster.js';
import type { SeenNetworks } from './seen-networks.js';

/** Another cluster, with the round trip between it and us that we have measured, ms. */
export interface OtherCluster extends PlacedCluster {
  readonly rttMs: number;
}

export interface Choice {
  /** Our own cluster. */
  readonly here: PlacedCluster;
  readonly others: readonly OtherCluster[];
  readonly network: string;
  readonly seen: SeenNetworks;
  /** What a database of addresses lets us guess; default, and undefined: nothing. */
  guess?(): GuessedRoundTrips | undefined;
}

/**
 * A listener is sent away if that saves this share of its round trip, and this much, ms. Where it is only guessed how near
 * the other one is, it is enough if it may save as much, as otherwise nobody would ever know.
 * Guesses; measured (scripts/bench/locating.ts): half of them change the result by less than the draw does.
 */
const SAVED_SHARE = 0.2;
const SAVED_MS = 10;

/** Coordinates that are not known yet have this error. */
const hasPlace = ({ coordinates }: PlacedCluster): boolean => coordinates.error < 1;

/** The others whose word about this network can be true, and of which something is known. */
function believed({ here, others, network, seen }: Choice): readonly OtherCluster[] {
  const known = seen.roundTrips(network);
  const toNetworkMs = known?.get(here.id);
  return others.filter((other) => {
    const claimedMs = known?.get(other.id);
    if (claimedMs !== undefined) {
      return !isContradicted(claimedMs, { toNetworkMs, toClusterMs: other.rttMs });
    }
    if (!hasPlace(other) || !hasPlace(here)) return false;
    return !isMisplaced(2 * predictedDelayMs(here.coordinates, other.coordinates), other.rttMs);
  });
}

/** Whether any of these clusters has seen the network. */
function isSeen({ here, others, network, seen }: Choice): boolean {
  const known = seen.roundTrips(network);
  return known !== undefined && [here, ...others].some(({ id }) => known.has(id));
}

function expectedBySeen(choice: Choice): readonly Expectation[] {
  const { here, network, seen } = choice;
  const expected = seen.nearest(network, [here, ...believed(choice)]) ?? [];
  const own = expected.find(({ id }) => id === here.id);
  return own !== undefined && own.uncertainMs > 0 && !hasPlace(here) ? [] : expected;
}

function expectedByGuess({ here, others, guess }: Choice): readonly Expectation[] {
  const guessed = guess?.();
  if (guessed === undefined) return [];
  return inGuessedOrder([here, ...others], ({ id }) => id, guessed).flatMap(({ id }) => {
    const rttMs = guessed.get(id);
    return rttMs === undefined ? [] : { id, rttMs, uncertainMs: 0 };
  });
}

/** The clusters that are much nearer than ours, in the order in which they are to be tried. */
export function nearerClusters(choice: Choice): readonly Expectation[] {
  const expected = isSeen(choice) ? expectedBySeen(choice) : expectedByGuess(choice);
  const own = expected.find(({ id }) => id === choice.here.id);
  if (own === undefined) return [];
  const atMostMs = own.rttMs - Math.max(SAVED_MS, SAVED_SHARE * own.rttMs);
  return expected.filter(({ rttMs, uncertainMs }) => rttMs - uncertainMs <= atMostMs);
}

/** All that a listener may be sent to, the nearest first: to its network, or else to us. */
export function clustersInstead(choice: Choice): readonly string[] {
  const { others, network, seen, guess } = choice;
  const expected = seen.nearest(network, believed(choice));
  if (expected !== undefined) return expected.map(({ id }) => id);
  const usual = others.toSorted((one, other) => one.rttMs - other.rttMs).map(({ id }) => id);
  const guessed = isSeen(choice) ? undefined : guess?.();
  return guessed === undefined ? usual : inGuessedOrder(usual, (id) => id, guessed);
}
