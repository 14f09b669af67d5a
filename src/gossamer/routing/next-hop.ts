/**
 * Chooses the best next hop towards a source SCX (§3.7): the neighbour with the cheapest loop-free
 * route, its distance included. "The routing protocol relies on unicast distances between nodes as
 * the metric."
 *
 * Beyond: a reserve is known for each next hop. Distribution asks it when the next hop does not
 * deliver.
 */
import type { Route } from '../core/message.js';
import type { NodeId, Source } from '../core/node.js';
import { LOCAL_SOURCES_MAX, STAMP_LEAP_MAX } from './local-sources.js';
import { isLoop } from './loop-check.js';
import type { AdvertisingNeighbour, NeighbourRoutes } from './neighbour-routes.js';
import { type OfferingNode, type RouteOffer, routeOfferOf } from './route-offer.js';
import type { Trust } from './trust.js';

/** A route with the sources of another list of the same stamp, too. */
function joined(route: Route, other: Route): Route {
  const isMissing = ({ id }: Source) => route.sources.every((source) => source.id !== id);
  const missing = other.sources.filter(isMissing);
  if (missing.length === 0) return route;
  return { ...route, sources: [...route.sources, ...missing].slice(0, LOCAL_SOURCES_MAX) };
}

export interface NextHops {
  /** The neighbour with the cheapest route; undefined: no neighbour has one. */
  best(scx: NodeId): NodeId | undefined;
  /** Cost of the route over a neighbour, ms; Infinity without one. */
  costMs(id: NodeId, scx: NodeId): number;
  /** Our route, if that neighbour is the next hop. */
  routeOver(id: NodeId, scx: NodeId): Route | undefined;
  /**
   * A next hop in reserve: the best neighbour whose path contains none of the avoided nodes; else
   * the best that is not avoided itself; else any that is not avoided, as one whose path leads
   * through us may have found another.
   */
  reserve(scx: NodeId, avoided: ReadonlySet<NodeId>): NodeId | undefined;
  /** The offer of a node to us. */
  offerOf(node: OfferingNode): RouteOffer;
  /** Figure 4's Λ without X_j: the offers of all neighbours. */
  offers(): RouteOffer[];
}

/**
 * Creates the choice of next hops.
 * @param trust makes routes over nodes that have broken their promise cost more
 * @param isUsable false for a route that is to be kept, but neither used nor offered
 */
export function createNextHops(
  selfId: NodeId,
  neighbours: NeighbourRoutes,
  trust: Pick<Trust, 'costMs'>,
  isUsable: (route: Route) => boolean,
): NextHops {
  const usableRoute = (neighbour: AdvertisingNeighbour, scx: NodeId): Route | undefined => {
    const route = neighbour.routes.get(scx);
    return route !== undefined && isUsable(route) ? route : undefined;
  };

  const costVia = (id: NodeId, neighbour: AdvertisingNeighbour, scx: NodeId): number => {
    const route = usableRoute(neighbour, scx);
    if (route === undefined || isLoop(route, selfId)) return Number.POSITIVE_INFINITY;
    return neighbour.rttMs / 2 + trust.costMs(id) + route.costMs;
  };

  /** The cheapest; the lower id among equals. */
  const best = (scx: NodeId, isAvoided?: (path: Route['path']) => boolean): NodeId | undefined => {
    let found: NodeId | undefined;
    let foundCost = Number.POSITIVE_INFINITY;
    for (const [id, neighbour] of neighbours.all) {
      if (isAvoided?.(usableRoute(neighbour, scx)?.path ?? [])) continue;
      const cost = costVia(id, neighbour, scx);
      if (cost < foundCost || (cost === foundCost && found !== undefined && id < found)) {
        found = id;
        foundCost = cost;
      }
    }
    return found;
  };

  /**
   * The newest list of the sources that are attached there, unless its stamp is implausible. A
   * neighbour may have left sources out, so the lists of one stamp are joined.
   */
  const newest = (theirs: Route): Route => {
    let found = theirs;
    for (const neighbour of neighbours.all.values()) {
      const route = usableRoute(neighbour, theirs.scx);
      if (route === undefined || route.stamp > theirs.stamp + STAMP_LEAP_MAX) continue;
      if (route.stamp > found.stamp) found = route;
      else if (route.stamp === found.stamp) found = joined(found, route);
    }
    return found;
  };

  const offerOf = (node: OfferingNode): RouteOffer => routeOfferOf(node, selfId, isUsable);

  return {
    best,
    costMs: (id, scx) => {
      const neighbour = neighbours.all.get(id);
      return neighbour === undefined ? Number.POSITIVE_INFINITY : costVia(id, neighbour, scx);
    },
    routeOver: (id, scx) => {
      const neighbour = neighbours.all.get(id);
      const theirs = neighbour?.routes.get(scx);
      if (neighbour === undefined || theirs === undefined) return undefined;
      const path = [selfId, ...theirs.path];
      return { ...newest(theirs), costMs: costVia(id, neighbour, scx), path };
    },
    reserve: (scx, avoided) =>
      best(scx, (path) => path.some((id) => avoided.has(id))) ??
      best(scx, ([id]) => id !== undefined && avoided.has(id)) ??
      [...neighbours.all.keys()].find((id) => !avoided.has(id)),
    offerOf,
    offers: () =>
      [...neighbours.all].map(([id, { rttMs, routes }]) =>
        offerOf({ id, distanceMs: rttMs / 2 + trust.costMs(id), routes: routes.values() }),
      ),
  };
}
