/**
 * Figures 4 and 5 of the paper (§3.6) as pure functions: the cost of each node of Λ, and whether
 * the probed node X_j replaces a neighbour.
 *
 * Only the profile `paper` uses them. Under `fast`, production's default, edge-exchange.ts decides
 * instead; edge-choice.ts branches between the two.
 */
import type { NodeId } from '../core/node.js';
import type { RouteOffer } from '../routing/route-offer.js';

/**
 * The normalised costs of one term for all of Λ: "the cost of the route to S via X divided by the
 * maximum of the corresponding such costs for all X' ∈ Λ ... always a value between 0.0 and 1.0".
 * Departure: the paper does not say what a node without a route costs; here it costs the most, 1.
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
 * Figure 5, compute_cost_function, for all of Λ at once: "For each source S in X_i's routing table
 * { Let C.F.[X] += normalized cost of routing to S via X }. If (X_i's routing table is empty) then
 * { Let C.F.[X] = normalized cost of the edge between X_i and X }".
 * @param lambda Λ, the neighbours and X_j
 * @param sources the source SCXs in X_i's routing table, X_i itself excluded
 * @returns C.F. for each of Λ, in its order
 */
export function costFunction(lambda: readonly RouteOffer[], sources: readonly NodeId[]): number[] {
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

/** The inputs of figure 4. */
export interface Optimization {
  /** X_j. */
  readonly probed: RouteOffer;
  /** The present neighbours of X_i. */
  readonly neighbours: readonly RouteOffer[];
  /** The neighbours among which, with X_j, Y is sought: see Figure4Reading of config.ts. */
  readonly replaceable: ReadonlySet<NodeId>;
  /** The source SCXs in X_i's routing table, X_i itself excluded. */
  readonly sources: readonly NodeId[];
  /** H; "0.15 times the number of known source SCXs" in the paper. */
  readonly hysteresis: number;
}

/**
 * Figure 4, optimize(X_j): "Let Y (∈ Λ) = node with maximum C.F. ... Else if (C.F.[Y] - C.F.[X_j] >
 * H) then { accept X_j, reject Y } Else reject X_j".
 * @returns the neighbour Y to reject in favour of X_j; undefined: reject X_j
 */
export function optimize(optimization: Optimization): NodeId | undefined {
  const { probed, neighbours, replaceable, sources, hysteresis } = optimization;
  const lambda = [...neighbours, probed];
  const costs = costFunction(lambda, sources);
  const probedCost = costs[lambda.length - 1] as number;
  let worst: { readonly id: NodeId; readonly cost: number } | undefined;
  for (const [index, x] of neighbours.entries()) {
    const cost = costs[index] as number;
    if (replaceable.has(x.id) && (worst === undefined || cost > worst.cost)) {
      worst = { id: x.id, cost };
    }
  }
  if (worst === undefined || worst.cost <= probedCost) return undefined;
  return worst.cost - probedCost > hysteresis ? worst.id : undefined;
}
