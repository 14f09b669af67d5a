/**
 * Computes the cost of the sources to an SCX, and from it the value of an edge: pure functions over
 * Λ of §3.6.
 *
 * Beyond figures 4 and 5: costs are not normalised but summed in ms, each weighted with the number
 * of SCXs that the source reaches through us. Therefore the gain of one node and the loss of
 * another can be compared, and the sum over all nodes, which is C of §5, falls with each exchange
 * of edges.
 */
import type { NodeId } from '../core/node.js';
import type { RouteOffer } from '../routing/route-offer.js';

/** By source: the number of SCXs that it reaches through us, ourselves included. */
export type Weights = ReadonlyMap<NodeId, number>;

/** The cost of a source that cannot be reached, ms; more than any path. */
const UNREACHED_MS = 10_000;

/** A loss from this value on means that a node has no other route, ms: no gain justifies it. */
export const STRANDED_MS = UNREACHED_MS / 2;

/**
 * A node whose reserve is bad soon finds a better parent, which costs about half as much again as
 * the present one. The value of an edge is capped at that. Measured: 1.3 to 2 are equally good.
 */
const REPLACEMENT_FACTOR = 1.5;
const REPLACEMENT_MS = 5;

const leastCost = (offers: readonly RouteOffer[], source: NodeId, except?: NodeId): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const { id, costMsBySource } of offers) {
    const cost = id === except ? undefined : costMsBySource.get(source);
    if (cost !== undefined && cost < least) least = cost;
  }
  return least;
};

/** The weighted cost of all sources, each over the best of the offers, ms. */
export function sourcesCostMs(offers: readonly RouteOffer[], weights: Weights): number {
  let total = 0;
  for (const [source, weight] of weights) {
    total += weight * Math.min(UNREACHED_MS, leastCost(offers, source));
  }
  return total;
}

/** The least gain for each SCX that is served, ms, so that noise does not move edges. Guess. */
const GAIN_MIN_MS = 0.5;

/** The minimum gain of a change of edges, ms. @param share of the cost of the sources */
export function marginMs(offers: readonly RouteOffer[], weights: Weights, share: number): number {
  let scxs = 0;
  for (const weight of weights.values()) scxs += weight;
  return Math.max(GAIN_MIN_MS * scxs, share * sourcesCostMs(offers, weights));
}

/** The value of the edge to a neighbour: what the sources would cost more without it, ms. */
export function edgeValueMs(id: NodeId, lambda: readonly RouteOffer[], weights: Weights): number {
  let total = 0;
  for (const [source, weight] of weights) {
    const now = Math.min(UNREACHED_MS, leastCost(lambda, source));
    const reserve = leastCost(lambda, source, id);
    const cap = REPLACEMENT_FACTOR * now + REPLACEMENT_MS;
    const without = reserve < UNREACHED_MS ? Math.min(reserve, cap) : UNREACHED_MS;
    total += weight * Math.max(0, without - now);
  }
  return total;
}

/** Whether some source is reached over that neighbour alone. */
export function isOnlyRoute(id: NodeId, lambda: readonly RouteOffer[], weights: Weights): boolean {
  const others = lambda.filter((offer) => offer.id !== id);
  const isReached = (offers: readonly RouteOffer[], source: NodeId): boolean =>
    leastCost(offers, source) < UNREACHED_MS;
  return [...weights.keys()].some((one) => isReached(lambda, one) && !isReached(others, one));
}

/** The cost that one more offer would save for the sources, ms. */
export const gainMs = (
  offer: RouteOffer,
  lambda: readonly RouteOffer[],
  weights: Weights,
): number => sourcesCostMs(lambda, weights) - sourcesCostMs([...lambda, offer], weights);
