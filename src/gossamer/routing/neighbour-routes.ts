/**
 * The routes that our neighbours advertise (§3.7), and the distance to each neighbour. All routes
 * are kept, not only the best: when a neighbour is lost the next best is known at once, and figure
 * 4 compares all of them. next-hop.ts chooses among them. What a neighbour does not repeat in its
 * rounds is forgotten: whether a source is still there is checked each time that a route arrives.
 */
import type { GossamerConfig } from '../core/config.js';
import type { Route } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';
import type { Update } from './updates.js';

/**
 * The RTT that a slow neighbour counts with, ms: any other route is better. Pings, which are
 * smoothed, lower it again, so the neighbour is tried anew after a minute or two. Guess.
 */
const SLOW_RTT_MS = 4000;

/** Our rounds in which a neighbour has not sent its whole table, until it is forgotten. Guess. */
const ROUNDS_MAX = 3;

/** A neighbour and what it has advertised. */
export interface AdvertisingNeighbour {
  readonly address: Address;
  /** Smoothed. */
  readonly rttMs: number;
  /** By source SCX; bounded by `sourcesMax`. */
  readonly routes: ReadonlyMap<NodeId, Route>;
  /** Whether we are the next hop of one of its routes. */
  readonly takesFromUs: boolean;
}

interface Neighbour extends AdvertisingNeighbour {
  rttMs: number;
  routes: Map<NodeId, Route>;
  takesFromUs: boolean;
  /** Our rounds since it has sent its whole table. */
  rounds: number;
}

export interface NeighbourRoutes {
  /** Bounded by the mesh: k1 + k2. */
  readonly all: ReadonlyMap<NodeId, AdvertisingNeighbour>;
  onEdgeUp(member: Member, rttMs: number): void;
  /** This and the next two return whether the node is a neighbour. */
  onEdgeDown(id: NodeId): boolean;
  onRtt(address: Address, rttMs: number): boolean;
  onSlow(id: NodeId): boolean;
  /** Whether a neighbour counts as slow. */
  isSlow(id: NodeId): boolean;
  /** Forgets what neighbours have not repeated; returns whether there is such. */
  onRound(): boolean;
  /** Stores a neighbour's update. */
  store(from: NodeId, update: Update): void;
  /** The given source SCXs, then all others that neighbours advertise. */
  scxs(first: Iterable<NodeId>): Set<NodeId>;
  /** The lowest stamp that a neighbour advertises for a source SCX; undefined: nobody does. */
  leastStamp(scx: NodeId): number | undefined;
  addresses(): Address[];
}

/** Creates a table without advertised routes. */
export function createNeighbourRoutes(config: GossamerConfig, selfId: NodeId): NeighbourRoutes {
  const neighbours = new Map<NodeId, Neighbour>();

  /** Our own path will be one hop longer, and must stay within `pathMax` when we advertise it. */
  const isSound = (from: NodeId, route: Route): boolean =>
    route.path[0] === from && route.path.at(-1) === route.scx && route.path.length < config.pathMax;

  const storeRoute = (neighbour: Neighbour, from: NodeId, route: Route): void => {
    neighbour.routes.delete(route.scx);
    const hasRoom = neighbour.routes.size < config.sourcesMax;
    if (isSound(from, route) && hasRoom) neighbour.routes.set(route.scx, route);
  };

  return {
    all: neighbours,
    onEdgeUp: ({ id, address }, rttMs) =>
      void neighbours.set(id, { address, rttMs, routes: new Map(), takesFromUs: false, rounds: 0 }),
    onEdgeDown: (id) => neighbours.delete(id),
    onRtt: (address, rttMs) => {
      const found = [...neighbours.values()].find((one) => one.address === address);
      if (found !== undefined) found.rttMs += config.pingWeight * (rttMs - found.rttMs);
      return found !== undefined;
    },
    onSlow: (id) => {
      const found = neighbours.get(id);
      if (found !== undefined) found.rttMs = Math.max(found.rttMs, SLOW_RTT_MS);
      return found !== undefined;
    },
    isSlow: (id) => (neighbours.get(id)?.rttMs ?? 0) >= SLOW_RTT_MS / 2,
    onRound: () => {
      let isChanged = false;
      for (const neighbour of neighbours.values()) {
        if (++neighbour.rounds <= ROUNDS_MAX || neighbour.routes.size === 0) continue;
        neighbour.routes.clear();
        isChanged = true;
      }
      return isChanged;
    },
    store: (from, { whole, routes, lost }) => {
      const found = neighbours.get(from);
      if (found === undefined) return;
      if (whole) {
        found.rounds = 0;
        found.routes.clear();
      }
      for (const scx of lost) found.routes.delete(scx);
      for (const route of routes) storeRoute(found, from, route);
      found.takesFromUs = [...found.routes.values()].some(({ path }) => path[1] === selfId);
    },
    scxs: (first) => {
      const scxs = new Set(first);
      for (const { routes } of neighbours.values()) for (const scx of routes.keys()) scxs.add(scx);
      return scxs;
    },
    leastStamp: (scx) => {
      let least: number | undefined;
      for (const { routes } of neighbours.values()) {
        const stamp = routes.get(scx)?.stamp;
        if (stamp !== undefined && stamp < (least ?? Number.POSITIVE_INFINITY)) least = stamp;
      }
      return least;
    },
    addresses: () => [...neighbours.values()].map(({ address }) => address),
  };
}
