/**
 * Routing of Narada (SIGMETRICS 2000, section 3.3): "a distance vector protocol on top of the mesh";
 * to avoid counting to infinity each route carries its path. Trees are reverse shortest paths, as in
 * DVMRP.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { Route } from './messages.js';

/** The other end of a link. */
export interface Neighbour {
  readonly member: Member;
  /** One-way, ms. */
  readonly distanceMs: number;
  readonly since: number;
  heardAt: number;
  /** What it has advertised last, by destination. */
  routes: ReadonlyMap<NodeId, Route>;
}

export type Neighbours = ReadonlyMap<NodeId, Neighbour>;

/** Our best routes, by destination. */
export type RoutingTable = ReadonlyMap<NodeId, Route>;

export const routesById = (routes: readonly Route[]): ReadonlyMap<NodeId, Route> =>
  new Map(routes.map((route) => [route.to, route]));

/**
 * Computes the best routes from what neighbours advertise.
 * @param isBarred whether a node must not be on a path: we ourselves, and the dead
 */
export function computeRoutes(
  neighbours: Neighbours,
  isBarred: (id: NodeId) => boolean,
): RoutingTable {
  const best = new Map<NodeId, Route>();
  for (const [id, { distanceMs, routes }] of neighbours) {
    const offer = (to: NodeId, beyondMs: number, beyond: readonly NodeId[]): void => {
      const costMs = distanceMs + beyondMs;
      if (costMs >= (best.get(to)?.costMs ?? Number.POSITIVE_INFINITY)) return;
      best.set(to, { to, costMs, path: [id, ...beyond] });
    };
    offer(id, 0, []);
    for (const { to, costMs, path } of routes.values()) {
      if (to !== id && !isBarred(to) && !path.some(isBarred)) offer(to, costMs, path);
    }
  }
  return best;
}

/** The neighbours that receive from us what a root publishes: we are their next hop to it. */
export const childrenOf = (self: NodeId, root: NodeId, neighbours: Neighbours): Member[] =>
  [...neighbours.values()]
    .filter(({ member, routes }) => member.id !== root && routes.get(root)?.path[0] === self)
    .map(({ member }) => member);
