/**
 * The offer of a node as a next hop: its distance, and the cost of each source via it. §3.6
 * compares the nodes of Λ, "(set of neighbors of X_i) ∪ X_j", by these numbers. Routing makes an
 * offer for each neighbour, and the mesh one for a probed node, so both use this type.
 */
import type { Route } from '../core/message.js';
import type { NodeId } from '../core/node.js';
import { isLoop } from './loop-check.js';

/** One node of Λ: a neighbour of ours, or the probed node X_j. */
export interface RouteOffer {
  readonly id: NodeId;
  /** One-way distance of the edge between us and it, ms. */
  readonly distanceMs: number;
  /** Cost of routing to each source via it, ms; a source that it cannot route to is absent. */
  readonly costMsBySource: ReadonlyMap<NodeId, number>;
}

/** A node, its distance and the routes that it advertises. */
export interface OfferingNode {
  readonly id: NodeId;
  readonly distanceMs: number;
  readonly routes: Iterable<Route>;
}

/**
 * The offer of a node to us, without the routes that we could not use.
 * @param isUsable false for a route that is withdrawn or leads through a dead node
 */
export function routeOfferOf(
  { id, distanceMs, routes }: OfferingNode,
  selfId: NodeId,
  isUsable: (route: Route) => boolean,
): RouteOffer {
  const costMsBySource = new Map<NodeId, number>();
  for (const route of routes) {
    if (isLoop(route, selfId) || !isUsable(route)) continue;
    costMsBySource.set(route.scx, distanceMs + route.costMs);
  }
  return { id, distanceMs, costMsBySource };
}
