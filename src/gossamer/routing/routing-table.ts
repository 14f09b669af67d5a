/**
 * The routing table (§3.7): "Each SCX maintains a routing table that contains one entry per source
 * SCX ... each SCX stores in its routing table entries the complete path from it to the source
 * SCX."
 *
 * Beyond: a next hop is only left for one that is better by `routeHysteresis`, as measured
 * distances are noisy; and, while we are wary of lies (trust.ts), only when it fails. Otherwise
 * each route that a liar claims would be tried, and each trial may cost seconds.
 */

import { newestOfMost } from '../../lib/bounds/fair-share.js';
import type { GossamerConfig } from '../core/config.js';
import type { Route } from '../core/message.js';
import type { NodeId } from '../core/node.js';
import type { NextHops } from './next-hop.js';
import { isSameList } from './updates.js';

/** Our route to one source SCX. */
export interface TableEntry {
  readonly route: Route;
  /** The parent; undefined where the source is attached here. */
  readonly nextHop: NodeId | undefined;
}

export interface RoutingTable {
  readonly entries: ReadonlyMap<NodeId, TableEntry>;
  routes(): Route[];
  /** The source SCXs in the table, our own entry excluded. */
  remoteScxs(): NodeId[];
  /** Cost of our route to a source SCX, ms; Infinity without one. */
  costMs(scx: NodeId): number;
  /** The source SCXs whose next hop is that neighbour. */
  reachedOver(id: NodeId): NodeId[];
  /** Our own zero-length entry; undefined removes it. */
  setOwn(route: Route | undefined): void;
  /**
   * Chooses the next hop to one source SCX again; true when the hop or the source list has changed.
   */
  recompute(scx: NodeId, now: number): boolean;
}

/** How next hops are chosen. */
export interface HopChoice {
  readonly nextHops: NextHops;
  /** Whether a next hop that has a route is kept, however short others are. */
  isKept(id: NodeId, now: number): boolean;
}

/** Creates an empty table; bounded by `sourcesMax`, our own entry included. */
export function createRoutingTable(
  config: GossamerConfig,
  selfId: NodeId,
  { nextHops, isKept }: HopChoice,
): RoutingTable {
  const entries = new Map<NodeId, TableEntry>();

  const chooseHop = (scx: NodeId, now: number): NodeId | undefined => {
    const best = nextHops.best(scx);
    const current = entries.get(scx)?.nextHop;
    if (best === undefined || current === undefined || best === current) return best;
    const costMs = nextHops.costMs(current, scx);
    if (Number.isFinite(costMs) && isKept(current, now)) return current;
    const gain = 1 - nextHops.costMs(best, scx) / costMs;
    return gain > config.routeHysteresis ? best : current;
  };

  const computeEntry = (scx: NodeId, now: number): TableEntry | undefined => {
    const nextHop = chooseHop(scx, now);
    const route = nextHop === undefined ? undefined : nextHops.routeOver(nextHop, scx);
    return route === undefined ? undefined : { route, nextHop };
  };

  /** One place is kept for our own entry. */
  const hasRoom = (): boolean =>
    entries.size < (entries.has(selfId) ? config.sourcesMax : config.sourcesMax - 1);

  /** Neighbours can invent source SCXs: the newest of the one with the most makes room. */
  const makeRoomFor = ({ nextHop }: TableEntry): boolean => {
    if (hasRoom()) return true;
    const spare = newestOfMost(entries, ([, entry]) => entry.nextHop, nextHop);
    if (spare !== undefined) entries.delete(spare[0]);
    return spare !== undefined;
  };

  return {
    entries,
    routes: () => [...entries.values()].map(({ route }) => route),
    remoteScxs: () => [...entries.keys()].filter((scx) => scx !== selfId),
    costMs: (scx) => entries.get(scx)?.route.costMs ?? Number.POSITIVE_INFINITY,
    reachedOver: (id) => {
      const reached: NodeId[] = [];
      for (const [scx, { nextHop }] of entries) if (nextHop === id) reached.push(scx);
      return reached;
    },
    setOwn: (route) => {
      if (route === undefined) entries.delete(selfId);
      else entries.set(selfId, { route, nextHop: undefined });
    },
    recompute: (scx, now) => {
      const before = entries.get(scx);
      const found = computeEntry(scx, now);
      const isKept = found !== undefined && (before !== undefined || makeRoomFor(found));
      const after = isKept ? found : undefined;
      if (after === undefined) entries.delete(scx);
      else entries.set(scx, after);
      if (before === undefined || after === undefined) return before !== after;
      return before.nextHop !== after.nextHop || !isSameList(before.route, after.route);
    },
  };
}
