/**
 * What the sources cost an SCX, and with it what an edge is worth; pure functions over Λ of §3.6.
 *
 * Beyond figures 4 and 5: costs are not normalised but summed, in ms, each weighted with the number of
 * SCXs that the source reaches through us. So what one node gains by an edge and what another loses
 * without it can be compared, and the sum over all nodes, which is C of §5.1, falls with each change.
 */

import type { NodeId } from '../core/node.js';
import type { Candidate } from './cost-function.js';

/** SCXs that each source reaches through us, ourselves included. */
export type Weights = ReadonlyMap<NodeId, number>;

/** What a source without a way to it costs, ms; more than any path. */
const UNREACHED_MS = 10_000;

/** Who would lose so much without an edge has no other way, ms: no gain is worth that. */
export const STRANDED_MS = UNREACHED_MS / 2;

/**
 * A node with a bad way in reserve soon finds a better one, which costs about half as much again: an
 * edge is worth no more than that. Measured: 1.3 to 2 are equally good.
 */
const DETOUR = 1.5;
const DETOUR_MS = 5;

const leastCost = (offers: readonly Candidate[], source: NodeId, except?: NodeId): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const { id, costMsBySource } of offers) {
    const cost = id === except ? undefined : costMsBySource.get(source);
    if (cost !== undefined && cost < least) least = cost;
  }
  return least;
};

/** The weighted cost of all sources over the best of the offers, ms. */
export function needMs(offers: readonly Candidate[], weights: Weights): number {
  let total = 0;
  for (const [source, weight] of weights) {
    total += weight * Math.min(UNREACHED_MS, leastCost(offers, source));
  }
  return total;
}

/** What the sources would cost without one of the neighbours, less what they cost now, ms. */
export function worthMs(id: NodeId, lambda: readonly Candidate[], weights: Weights): number {
  let total = 0;
  for (const [source, weight] of weights) {
    const now = Math.min(UNREACHED_MS, leastCost(lambda, source));
    const reserve = leastCost(lambda, source, id);
    const hasReserve = reserve < UNREACHED_MS;
    const without = hasReserve ? Math.min(reserve, DETOUR * now + DETOUR_MS) : UNREACHED_MS;
    total += weight * Math.max(0, without - now);
  }
  return total;
}

/** Whether a source is reached over that neighbour alone. */
export function isOnlyWay(id: NodeId, lambda: readonly Candidate[], weights: Weights): boolean {
  const others = lambda.filter((offer) => offer.id !== id);
  const isReached = (offers: readonly Candidate[], source: NodeId): boolean =>
    leastCost(offers, source) < UNREACHED_MS;
  return [...weights.keys()].some((one) => isReached(lambda, one) && !isReached(others, one));
}

/** How much less the sources would cost with one more offer, ms. */
export const gainMs = (
  candidate: Candidate,
  lambda: readonly Candidate[],
  weights: Weights,
): number => needMs(lambda, weights) - needMs([...lambda, candidate], weights);
