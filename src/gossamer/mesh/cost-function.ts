/**
 * Figures 4 and 5 of the paper, as pure functions: what an edge is worth, and whether a candidate
 * X_j takes the place of a neighbour.
 */
import type { NodeId } from '../core/node.js';

/** One node of Λ: a neighbour of ours, or the candidate X_j. */
export interface Candidate {
  readonly id: NodeId;
  /** One-way distance of the edge between us and it, ms. */
  readonly distanceMs: number;
  /** Cost of routing to each source via it, ms; a source that it cannot route to is absent. */
  readonly costMsBySource: ReadonlyMap<NodeId, number>;
}

/**
 * The normalised costs of one term for all of Λ: "the cost of the route to S via X divided by the
 * maximum of the corresponding such costs for all X' ∈ Λ ... always a value between 0.0 and 1.0".
 * Departure: the paper does not say what a node without a route costs; here the most, 1.
 */
function normalise(costs: readonly number[]): number[] {
  const finite = costs.filter(Number.isFinite);
  const most = Math.max(...finite);
  return costs.map((cost) => {
    if (!Number.isFinite(cost)) return 1;
    return most > 0 ? cost / most : 0;
  });
}

/**
 * Figure 5, compute_cost_function, for all of Λ at once.
 * @param lambda Λ, the neighbours and the candidate
 * @param sources the source SCXs in X_i's routing table, X_i itself excluded
 * @returns C.F. for each of Λ, in its order
 */
export function costFunction(lambda: readonly Candidate[], sources: readonly NodeId[]): number[] {
  if (sources.length === 0) return normalise(lambda.map((x) => x.distanceMs));
  const totals = lambda.map(() => 0);
  for (const source of sources) {
    const costs = lambda.map((x) => x.costMsBySource.get(source) ?? Number.POSITIVE_INFINITY);
    for (const [index, cost] of normalise(costs).entries()) {
      totals[index] = (totals[index] as number) + cost;
    }
  }
  return totals;
}

/**
 * Figure 4, optimize(X_j).
 * @param neighbours the present neighbours of X_i
 * @param replaceable those whose place X_j can take. "In order to accept X_j as a neighbor, it will
 *   have to remove one of its existing neighbors": only an edge that X_i added counts against k1,
 *   so Y is looked for among these and X_j.
 * @param hysteresis H: 0.15 times the number of known sources in the paper
 * @returns the neighbour Y to reject in favour of X_j; undefined: reject X_j
 */
export function optimize(
  candidate: Candidate,
  neighbours: readonly Candidate[],
  replaceable: ReadonlySet<NodeId>,
  sources: readonly NodeId[],
  hysteresis: number,
): NodeId | undefined {
  const lambda = [...neighbours, candidate];
  const costs = costFunction(lambda, sources);
  const candidateCost = costs[lambda.length - 1] as number;
  let worst: { readonly id: NodeId; readonly cost: number } | undefined;
  for (const [index, x] of neighbours.entries()) {
    const cost = costs[index] as number;
    if (replaceable.has(x.id) && (worst === undefined || cost > worst.cost)) {
      worst = { id: x.id, cost };
    }
  }
  if (worst === undefined || worst.cost <= candidateCost) return undefined;
  return worst.cost - candidateCost > hysteresis ? worst.id : undefined;
}
