/**
 * The routing layer (§3.7): "a variant of a distance vector routing protocol ... Each SCX maintains a
 * routing table that contains one entry per source SCX. In order to detect routing loops and avoid
 * the counting-to-infinity problem, each SCX stores in its routing table entries the complete path
 * from it to the source SCX. When a node attempts to select a better route based on a routing update
 * received from a neighboring SCX, it first checks to ensure that it is not already part of the
 * neighbor's path."
 *
 * What neighbours are told is updates.ts; what becomes of a source SCX that has no source any more is
 * withdrawals.ts.
 *
 * Beyond: changes travel at once, in batches of `updateDelayMs`; a next hop is only left for one that
 * is better by `routeHysteresis`, as measured distances are noisy.
 */
import { createTimers } from '../lib/timers.js';
import { type ClockedContext, jittered, send } from './context.js';
import type { Candidate } from './cost.js';
import type { Route, Withdrawal } from './message.js';
import type { Address, Member, NodeId, Source, SourceId } from './node.js';
import { createUpdates, type Update } from './updates.js';
import { createWithdrawals } from './withdrawals.js';

/** Sources attached here that others are told of; `wire` takes no more. Guess. */
const LOCAL_SOURCES_MAX = 16;

/**
 * A stamp grows by one with each change, so one that is this much higher than others know is a lie;
 * a lesser lie the source SCX itself refutes, with a higher stamp.
 */
const STAMP_LEAP_MAX = 1000;

/** Our way to one source SCX. */
export interface TableEntry {
  readonly route: Route;
  /** The parent; undefined where the source is here. */
  readonly nextHop: NodeId | undefined;
}

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

export interface Routing {
  readonly table: ReadonlyMap<NodeId, TableEntry>;
  start(now: number): void;
  onEdgeUp(member: Member, rttMs: number, now: number): void;
  onEdgeDown(id: NodeId, now: number): void;
  /** A node is dead: no path leads through it any more. */
  onDead(now: number): void;
  /** A node is alive after all: what neighbours told of paths through it counts again. */
  onAlive(now: number): void;
  onRtt(address: Address, rttMs: number, now: number): void;
  /** What comes over a neighbour comes later and later. */
  onBehind(id: NodeId, now: number): void;
  announce(source: Source, now: number): void;
  withdraw(source: SourceId, now: number): void;
  handleUpdate(from: NodeId, update: Update, now: number): void;
  /** The smoothed RTT of a neighbour, ms. */
  rttMs(id: NodeId): number | undefined;
  /**
   * A next hop in reserve: the best neighbour towards a source SCX whose path avoids some nodes, else the
   * best that is none of them, else any: one whose path leads through us may have found another.
   */
  alternate(scx: NodeId, avoided: ReadonlySet<NodeId>): NodeId | undefined;
  /** Figure 4's Λ: see optimizer.ts. */
  lambda(): Candidate[];
  candidate(id: NodeId, distanceMs: number, routes: readonly Route[]): Candidate;
  sources(): NodeId[];
  /** Of our route to a source SCX, ms; Infinity without one. */
  costMs(scx: NodeId): number;
  /** The source SCXs that we reach over a neighbour. */
  reachedOver(id: NodeId): NodeId[];
  /** Whether a neighbour takes a source from us. */
  serves(id: NodeId): boolean;
  tick(now: number): void;
  readonly deadline: number;
}

export interface RoutingFacts {
  /** Next hops or sources have changed. */
  onTableChanged(now: number): void;
  isDead(id: NodeId): boolean;
}

/** An empty table. */
export function createRouting(context: ClockedContext, facts: RoutingFacts): Routing {
  const { config } = context;
  const selfId = context.self().id;
  const timers = createTimers<'round' | 'change'>(context.wakeBy);
  /** Bounded by the mesh. */
  const peers = new Map<NodeId, Peer>();
  /** Bounded by sourcesMax, our own entry included. */
  const table = new Map<NodeId, TableEntry>();
  const withdrawals = createWithdrawals();
  const updates = createUpdates(
    () => [...table.values()].map(({ route }) => route),
    withdrawals.list,
  );
  const localSources = new Map<SourceId, Source>();
  let localStamp = 0;
  /** Λ, until something changes. */
  let offers: Candidate[] | undefined;

  /** Our path will be one longer, and must not be too long for those whom we tell. */
  const isSound = (from: NodeId, route: Route): boolean =>
    route.path[0] === from && route.path.at(-1) === route.scx && route.path.length < config.pathMax;

  /** A path through the dead is kept, as they may prove alive, but not taken. */
  const isUsable = (route: Route): boolean =>
    !withdrawals.isWithdrawn(route) && !route.path.some(facts.isDead);

  const routeOf = (peer: Peer, scx: NodeId): Route | undefined => {
    const route = peer.routes.get(scx);
    return route !== undefined && isUsable(route) ? route : undefined;
  };

  const via = (peer: Peer, scx: NodeId): number => {
    const route = routeOf(peer, scx);
    // Loop check: "that it is not already part of the neighbor's path".
    if (route === undefined || route.path.includes(selfId)) return Number.POSITIVE_INFINITY;
    return peer.rttMs / 2 + route.costMs;
  };

  const bestPeer = (
    scx: NodeId,
    isAvoided?: (path: Route['path']) => boolean,
  ): NodeId | undefined => {
    let best: NodeId | undefined;
    let bestCost = Number.POSITIVE_INFINITY;
    for (const [id, peer] of peers) {
      if (isAvoided?.(routeOf(peer, scx)?.path ?? [])) continue;
      const cost = via(peer, scx);
      if (cost < bestCost || (cost === bestCost && best !== undefined && id < best)) {
        best = id;
        bestCost = cost;
      }
    }
    return best;
  };

  const chooseHop = (scx: NodeId): NodeId | undefined => {
    const best = bestPeer(scx);
    const current = table.get(scx)?.nextHop;
    const peer = current === undefined ? undefined : peers.get(current);
    if (best === undefined || peer === undefined || best === current) return best;
    const gain = 1 - via(peers.get(best) as Peer, scx) / via(peer, scx);
    return gain > config.routeHysteresis ? best : current;
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

  const computeEntry = (scx: NodeId): TableEntry | undefined => {
    const hop = chooseHop(scx);
    const peer = hop === undefined ? undefined : peers.get(hop);
    const theirs = peer?.routes.get(scx);
    if (peer === undefined || theirs === undefined) return undefined;
    const path = [selfId, ...theirs.path];
    const route = { ...newest(theirs), costMs: via(peer, scx), path };
    return { route, nextHop: hop };
  };

  const changed = (now: number): void => timers.setSooner('change', now + config.updateDelayMs);

  const remoteScxs = (): NodeId[] => [...table.keys()].filter((scx) => scx !== selfId);

  const hasRoom = (): boolean =>
    table.size < (table.has(selfId) ? config.sourcesMax : config.sourcesMax - 1);

  /** The source SCXs that we have a route to, and those that neighbours have. */
  const heardOf = (): Set<NodeId> => {
    const scxs = new Set(table.keys());
    for (const { routes } of peers.values()) for (const scx of routes.keys()) scxs.add(scx);
    scxs.delete(selfId);
    return scxs;
  };

  const recompute = (now: number): void => {
    offers = undefined;
    let isChanged = false;
    for (const scx of heardOf()) {
      const before = table.get(scx);
      const after = before !== undefined || hasRoom() ? computeEntry(scx) : undefined;
      if (after === undefined) table.delete(scx);
      else table.set(scx, after);
      if (before?.nextHop !== after?.nextHop || before?.route.stamp !== after?.route.stamp) {
        isChanged = true;
      }
      if (updates.isNews(scx, after?.route)) changed(now);
    }
    if (isChanged) facts.onTableChanged(now);
  };

  const tellAll = (update: Update, now: number): void => {
    withdrawals.forgetOld(now);
    for (const { address } of peers.values()) send(context, address, update);
    updates.onTold(update);
  };

  const tellChanges = (now: number): void => {
    const update = updates.changes();
    if (update !== undefined) tellAll(update, now);
  };

  const withdraw = (withdrawal: Withdrawal, now: number): void => {
    if (withdrawals.add(withdrawal, now)) changed(now);
  };

  /** "The source SCX immediately creates a zero-length routing table entry to itself." */
  const refreshLocal = (now: number): void => {
    localStamp++;
    if (localSources.size === 0) {
      table.delete(selfId);
      withdraw({ scx: selfId, stamp: localStamp }, now);
    } else {
      const sources = [...localSources.values()];
      const route = { scx: selfId, stamp: localStamp, costMs: 0, path: [selfId], sources };
      table.set(selfId, { route, nextHop: undefined });
    }
    changed(now);
    facts.onTableChanged(now);
  };

  /** Others were told a stamp of ours that we never gave: only a higher one ends the lie. */
  const refute = (stamp: number, now: number): void => {
    if (localSources.size === 0 || stamp > localStamp + STAMP_LEAP_MAX) return;
    localStamp = stamp;
    refreshLocal(now);
  };

  const hearRoute = (peer: Peer, from: NodeId, route: Route, now: number): void => {
    if (route.scx === selfId && route.stamp > localStamp) refute(route.stamp, now);
    peer.routes.delete(route.scx);
    const hasRoom = peer.routes.size < config.sourcesMax;
    if (isSound(from, route) && hasRoom) peer.routes.set(route.scx, route);
  };

  /**
   * Only one that outlaws a route which we were told is taken: else the SCXs, which do not forget it
   * at one instant, would learn it anew from each other for ever.
   */
  const hearWithdrawal = (withdrawal: Withdrawal, now: number): void => {
    if (withdrawal.scx === selfId) {
      if (withdrawal.stamp >= localStamp) refute(withdrawal.stamp, now);
      return;
    }
    let least = Number.POSITIVE_INFINITY;
    for (const { routes } of peers.values()) {
      least = Math.min(least, routes.get(withdrawal.scx)?.stamp ?? least);
    }
    const isKnown = least < Number.POSITIVE_INFINITY;
    if (isKnown && withdrawal.stamp <= least + STAMP_LEAP_MAX) withdraw(withdrawal, now);
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

  const lambda = (): Candidate[] => {
    offers ??= [...peers].map(([id, { rttMs, routes }]) =>
      candidate(id, rttMs / 2, routes.values()),
    );
    return offers;
  };

  return {
    table,
    start: (now) => timers.set('round', now + jittered(context, config.updateIntervalMs)),
    onEdgeUp: (member, rttMs, now) => {
      // What the others are yet to hear is told first: from here on all have heard the same.
      timers.clear('change');
      tellChanges(now);
      const peer = { address: member.address, rttMs, routes: new Map(), takesFromUs: false };
      peers.set(member.id, peer);
      offers = undefined;
      send(context, peer.address, updates.whole());
    },
    onEdgeDown: (id, now) => {
      if (peers.delete(id)) recompute(now);
    },
    onDead: recompute,
    onAlive: recompute,
    onRtt: (address, rttMs, now) => {
      for (const peer of peers.values()) {
        if (peer.address !== address) continue;
        peer.rttMs += config.pingWeight * (rttMs - peer.rttMs);
        recompute(now);
      }
    },
    onBehind: (id, now) => {
      const peer = peers.get(id);
      if (peer === undefined) return;
      peer.rttMs = Math.max(peer.rttMs, BEHIND_RTT_MS);
      recompute(now);
    },
    announce: (source, now) => {
      if (localSources.size >= LOCAL_SOURCES_MAX && !localSources.has(source.id)) return;
      localSources.set(source.id, source);
      refreshLocal(now);
    },
    withdraw: (source, now) => {
      if (localSources.delete(source)) refreshLocal(now);
    },
    handleUpdate: (from, { whole, routes, lost, withdrawn }, now) => {
      const peer = peers.get(from);
      if (peer === undefined) return;
      for (const one of withdrawn) hearWithdrawal(one, now);
      if (whole) peer.routes.clear();
      for (const scx of lost) peer.routes.delete(scx);
      for (const route of routes) hearRoute(peer, from, route, now);
      peer.takesFromUs = [...peer.routes.values()].some(({ path }) => path[1] === selfId);
      recompute(now);
    },
    rttMs: (id) => peers.get(id)?.rttMs,
    alternate: (scx, avoided) =>
      bestPeer(scx, (path) => path.some((id) => avoided.has(id))) ??
      bestPeer(scx, ([id]) => id !== undefined && avoided.has(id)) ??
      [...peers.keys()].find((id) => !avoided.has(id)),
    lambda,
    candidate,
    sources: remoteScxs,
    costMs: (scx) => table.get(scx)?.route.costMs ?? Number.POSITIVE_INFINITY,
    serves: (id) => peers.get(id)?.takesFromUs === true,
    reachedOver: (id) => {
      const reached: NodeId[] = [];
      for (const [scx, { nextHop }] of table) if (nextHop === id) reached.push(scx);
      return reached;
    },
    tick: (now) => {
      for (let due = timers.takeDue(now); due !== undefined; due = timers.takeDue(now)) {
        if (due === 'change') tellChanges(now);
        else {
          timers.set('round', now + jittered(context, config.updateIntervalMs));
          tellAll(updates.whole(), now);
        }
      }
    },
    get deadline() {
      return timers.next;
    },
  };
}
