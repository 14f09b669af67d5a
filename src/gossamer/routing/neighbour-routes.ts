/**
 * The routes that neighbours have told us (§3.7), each its own ways to the source SCXs, and what a way over
 * it costs: to the neighbour, and from there on. All are kept, not the best alone: when a neighbour is lost
 * the next best is known at once, and figure 4 weighs all of them. Which is taken is routing.ts.
 */
import type { Context } from '../core/context.js';
import type { Route } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';
import type { Candidate } from '../mesh/cost-function.js';
import { STAMP_LEAP_MAX } from './local-sources.js';
import type { Update } from './updates.js';

/**
 * A neighbour over which ADUs come too late counts as so far away, ms: any other way is better. Pings,
 * which are smoothed, bring it nearer again, so that it is tried anew after a minute or two. Guess.
 */
const BEHIND_RTT_MS = 4000;

interface Peer {
  readonly address: Address;
  rttMs: number;
  routes: Map<NodeId, Route>;
  /** Whether one of its routes leads over us. */
  takesFromUs: boolean;
}

export interface HeardRoutes {
  onEdgeUp(member: Member, rttMs: number): void;
  /** This and the next two return whether it is a neighbour. */
  onEdgeDown(id: NodeId): boolean;
  onRtt(address: Address, rttMs: number): boolean;
  onBehind(id: NodeId): boolean;
  has(id: NodeId): boolean;
  /** Takes a neighbour's word. */
  hear(from: NodeId, update: Update): void;
  /** Some source SCXs, and after them all others of which neighbours have told. */
  scxs(first: Iterable<NodeId>): Set<NodeId>;
  /** The lowest stamp that we were told for a source SCX; undefined: none. */
  leastStamp(scx: NodeId): number | undefined;
  /** The neighbour with the best way; undefined: none has one. */
  best(scx: NodeId): NodeId | undefined;
  /** Of the way over a neighbour, ms; Infinity without one. */
  costMs(id: NodeId, scx: NodeId): number;
  /** Our route, if that neighbour is the next hop. */
  over(id: NodeId, scx: NodeId): Route | undefined;
  /** See routing.ts. */
  alternate(scx: NodeId, avoided: ReadonlySet<NodeId>): NodeId | undefined;
  candidate(id: NodeId, distanceMs: number, routes: Iterable<Route>): Candidate;
  /** Figure 4's Λ without X_j: all neighbours. */
  candidates(): Candidate[];
  rttMs(id: NodeId): number | undefined;
  serves(id: NodeId): boolean;
  addresses(): Address[];
}

/** Nobody has told anything. `isUsable`: a route that is not is kept, but neither taken nor offered. */
export function createHeardRoutes(
  context: Context,
  isUsable: (route: Route) => boolean,
): HeardRoutes {
  const { config } = context;
  const selfId = context.self().id;
  /** Bounded by the mesh. */
  const peers = new Map<NodeId, Peer>();

  /** Our path will be one longer, and must not be too long for those whom we tell. */
  const isSound = (from: NodeId, route: Route): boolean =>
    route.path[0] === from && route.path.at(-1) === route.scx && route.path.length < config.pathMax;

  const hearRoute = (peer: Peer, from: NodeId, route: Route): void => {
    peer.routes.delete(route.scx);
    const hasRoom = peer.routes.size < config.sourcesMax;
    if (isSound(from, route) && hasRoom) peer.routes.set(route.scx, route);
  };

  const routeOf = (peer: Peer, scx: NodeId): Route | undefined => {
    const route = peer.routes.get(scx);
    return route !== undefined && isUsable(route) ? route : undefined;
  };

  /**
   * What the way over a neighbour costs, ms. "When a node attempts to select a better route based on a
   * routing update received from a neighboring SCX, it first checks to ensure that it is not already part
   * of the neighbor's path."
   */
  const via = (peer: Peer, scx: NodeId): number => {
    const route = routeOf(peer, scx);
    if (route === undefined || route.path.includes(selfId)) return Number.POSITIVE_INFINITY;
    return peer.rttMs / 2 + route.costMs;
  };

  const best = (scx: NodeId, isAvoided?: (path: Route['path']) => boolean): NodeId | undefined => {
    let found: NodeId | undefined;
    let foundCost = Number.POSITIVE_INFINITY;
    for (const [id, peer] of peers) {
      if (isAvoided?.(routeOf(peer, scx)?.path ?? [])) continue;
      const cost = via(peer, scx);
      if (cost < foundCost || (cost === foundCost && found !== undefined && id < found)) {
        found = id;
        foundCost = cost;
      }
    }
    return found;
  };

  /** The newest word on which sources are attached there, as far as the next hop's bears it out. */
  const newest = (theirs: Route): Route => {
    let found = theirs;
    for (const peer of peers.values()) {
      const route = routeOf(peer, theirs.scx);
      if (route === undefined || route.stamp > theirs.stamp + STAMP_LEAP_MAX) continue;
      if (route.stamp > found.stamp) found = route;
    }
    return found;
  };

  const costs = (distanceMs: number, routes: Iterable<Route>): ReadonlyMap<NodeId, number> => {
    const bySource = new Map<NodeId, number>();
    for (const route of routes) {
      if (route.path.includes(selfId) || !isUsable(route)) continue;
      bySource.set(route.scx, distanceMs + route.costMs);
    }
    return bySource;
  };

  const candidate = (id: NodeId, distanceMs: number, routes: Iterable<Route>): Candidate => ({
    id,
    distanceMs,
    costMsBySource: costs(distanceMs, routes),
  });

  return {
    onEdgeUp: ({ id, address }, rttMs) =>
      void peers.set(id, { address, rttMs, routes: new Map(), takesFromUs: false }),
    onEdgeDown: (id) => peers.delete(id),
    onRtt: (address, rttMs) => {
      const peer = [...peers.values()].find((one) => one.address === address);
      if (peer !== undefined) peer.rttMs += config.pingWeight * (rttMs - peer.rttMs);
      return peer !== undefined;
    },
    onBehind: (id) => {
      const peer = peers.get(id);
      if (peer !== undefined) peer.rttMs = Math.max(peer.rttMs, BEHIND_RTT_MS);
      return peer !== undefined;
    },
    has: (id) => peers.has(id),
    hear: (from, { whole, routes, lost }) => {
      const peer = peers.get(from);
      if (peer === undefined) return;
      if (whole) peer.routes.clear();
      for (const scx of lost) peer.routes.delete(scx);
      for (const route of routes) hearRoute(peer, from, route);
      peer.takesFromUs = [...peer.routes.values()].some(({ path }) => path[1] === selfId);
    },
    scxs: (first) => {
      const scxs = new Set(first);
      for (const { routes } of peers.values()) for (const scx of routes.keys()) scxs.add(scx);
      return scxs;
    },
    leastStamp: (scx) => {
      let least: number | undefined;
      for (const { routes } of peers.values()) {
        const stamp = routes.get(scx)?.stamp;
        if (stamp !== undefined && stamp < (least ?? Number.POSITIVE_INFINITY)) least = stamp;
      }
      return least;
    },
    best,
    costMs: (id, scx) => {
      const peer = peers.get(id);
      return peer === undefined ? Number.POSITIVE_INFINITY : via(peer, scx);
    },
    over: (id, scx) => {
      const peer = peers.get(id);
      const theirs = peer?.routes.get(scx);
      if (peer === undefined || theirs === undefined) return undefined;
      return { ...newest(theirs), costMs: via(peer, scx), path: [selfId, ...theirs.path] };
    },
    alternate: (scx, avoided) =>
      best(scx, (path) => path.some((id) => avoided.has(id))) ??
      best(scx, ([id]) => id !== undefined && avoided.has(id)) ??
      [...peers.keys()].find((id) => !avoided.has(id)),
    candidate,
    candidates: () =>
      [...peers].map(([id, { rttMs, routes }]) => candidate(id, rttMs / 2, routes.values())),
    rttMs: (id) => peers.get(id)?.rttMs,
    serves: (id) => peers.get(id)?.takesFromUs === true,
    addresses: () => [...peers.values()].map(({ address }) => address),
  };
}
