/**
 * The routing layer (§3.7): "On top of the mesh, the routing layer runs a variant of a distance
 * vector routing protocol." This file composes its parts and decides which withdrawals and stamps
 * are believed:
 *
 *   local-sources    our own zero-length entry    neighbour-routes  what neighbours advertise
 *   loop-check       the loop check               next-hop          the best neighbour, a reserve
 *   routing-table    an entry per source SCX      route-offer       what Λ is compared by (§3.6)
 *   updates          what we advertise            update-rounds     when we advertise it
 *   withdrawals      source SCXs without source   pings             the distances
 */
import { type ClockedContext, send } from '../core/context.js';
import type { Withdrawal } from '../core/message.js';
import type { Address, Member, NodeId, Source, SourceId } from '../core/node.js';
import { createLocalSources, STAMP_LEAP_MAX } from './local-sources.js';
import { createNeighbourRoutes } from './neighbour-routes.js';
import { createNextHops, type NextHops } from './next-hop.js';
import type { RouteOffer } from './route-offer.js';
import { createRoutingTable, type TableEntry } from './routing-table.js';
import { createTrust, type Trust } from './trust.js';
import { createUpdateRounds } from './update-rounds.js';
import { createUpdates, type Update } from './updates.js';
import { createWithdrawals } from './withdrawals.js';

export interface Routing
  extends Pick<NextHops, 'reserve' | 'offerOf'>,
    Pick<Trust, 'isAvoided' | 'avoided' | 'alert' | 'isWary' | 'isDoubtful' | 'onGone'> {
  readonly table: ReadonlyMap<NodeId, TableEntry>;
  start(now: number): void;
  onEdgeUp(member: Member, rttMs: number): void;
  onEdgeDown(id: NodeId, now: number): void;
  /** A node is dead: no path may lead through it any more. */
  onDead(now: number): void;
  /** A node is alive after all: advertised paths through it are usable again. */
  onAlive(now: number): void;
  onRtt(address: Address, rttMs: number, now: number): void;
  /** ADUs that come over a neighbour arrive later and later. */
  onSlow(id: NodeId, now: number): void;
  /** A node has promised ADUs, and did not deliver them; `weight`: see trust.ts. */
  onBroken(id: NodeId, weight: number, now: number): void;
  announce(source: Source, now: number): void;
  withdraw(source: SourceId, now: number): void;
  handleUpdate(from: NodeId, update: Update, now: number): void;
  /** The smoothed RTT of a neighbour, ms. */
  rttMs(id: NodeId): number | undefined;
  /** Figure 4's Λ without X_j: the same array until something changes. */
  lambda(): RouteOffer[];
  /** The source SCXs in our routing table, we ourselves excluded. */
  sources(): NodeId[];
  /** Cost of our route to a source SCX, ms; Infinity without one. */
  costMs(scx: NodeId): number;
  /** The source SCXs that we reach over a neighbour. */
  reachedOver(id: NodeId): NodeId[];
  /** Whether we are a neighbour's next hop towards a source. */
  serves(id: NodeId): boolean;
  tick(now: number): void;
  deadline(): number;
}

export interface RoutingFacts {
  /** Next hops or sources have changed. */
  onTableChanged(now: number): void;
  isDead(id: NodeId): boolean;
}

/** Creates routing with an empty table. */
export function createRouting(context: ClockedContext, facts: RoutingFacts): Routing {
  const { config } = context;
  const selfId = context.self().id;
  const withdrawals = createWithdrawals();
  const local = createLocalSources(selfId);
  const neighbours = createNeighbourRoutes(config, selfId);
  // A path through a dead node is kept, as the node may prove alive, but it is not used.
  const trust = createTrust();
  const nextHops = createNextHops(
    selfId,
    neighbours,
    trust,
    (route) => !withdrawals.isWithdrawn(route) && !route.path.some(facts.isDead),
  );
  const isKept = (id: NodeId, now: number): boolean =>
    trust.isWary(now) && !trust.isAvoided(id) && !neighbours.isSlow(id);
  const table = createRoutingTable(config, selfId, { nextHops, isKept });
  const updates = createUpdates(table.routes, withdrawals.list);
  const rounds = createUpdateRounds(context, updates, withdrawals, {
    addresses: neighbours.addresses,
    onRound: (now) => {
      if (neighbours.onRound()) recompute(now);
    },
  });
  /** Λ, until something changes. */
  let lambda: RouteOffer[] | undefined;

  const recompute = (now: number): void => {
    lambda = undefined;
    let isChanged = false;
    const scxs = neighbours.scxs(table.entries.keys());
    scxs.delete(selfId);
    for (const scx of scxs) {
      if (table.recompute(scx, now)) isChanged = true;
      const route = table.entries.get(scx)?.route;
      if (updates.isNews(scx, route)) rounds.onChange(now, updates.isUrgent(scx, route));
    }
    if (isChanged) facts.onTableChanged(now);
  };

  const addWithdrawal = (withdrawal: Withdrawal, now: number): void => {
    if (withdrawals.add(withdrawal, now)) rounds.onChange(now, true);
  };

  const refreshOwnEntry = (now: number): void => {
    const route = local.route();
    table.setOwn(route);
    if (route === undefined) addWithdrawal({ scx: selfId, stamp: local.stamp() }, now);
    rounds.onChange(now, true);
    facts.onTableChanged(now);
  };

  const refute = (stamp: number, now: number): void => {
    if (local.refute(stamp)) refreshOwnEntry(now);
  };

  /**
   * Only a withdrawal that invalidates a route which a neighbour advertises is stored. SCXs forget
   * withdrawals at different instants, so otherwise they would learn them from each other again for
   * ever.
   */
  const handleWithdrawal = (withdrawal: Withdrawal, now: number): void => {
    if (withdrawal.scx === selfId) {
      if (withdrawal.stamp >= local.stamp()) refute(withdrawal.stamp, now);
      return;
    }
    const least = neighbours.leastStamp(withdrawal.scx);
    const isKnown = least !== undefined && withdrawal.stamp <= least + STAMP_LEAP_MAX;
    if (isKnown) addWithdrawal(withdrawal, now);
  };

  return {
    table: table.entries,
    start: rounds.start,
    onEdgeUp: (member, rttMs) => {
      neighbours.onEdgeUp(member, rttMs);
      lambda = undefined;
      send(context, member.address, updates.wholeForOne());
    },
    onEdgeDown: (id, now) => {
      if (neighbours.onEdgeDown(id)) recompute(now);
    },
    onDead: (now) => {
      recompute(now);
      if (!config.triggersUpdates) rounds.onDeath(now);
    },
    onAlive: recompute,
    onRtt: (address, rttMs, now) => {
      if (neighbours.onRtt(address, rttMs)) recompute(now);
    },
    onSlow: (id, now) => {
      if (neighbours.onSlow(id)) recompute(now);
    },
    onBroken: (id, weight, now) => {
      if (!config.remembersBroken || !trust.onBroken(id, weight, now)) return;
      context.wakeBy(trust.deadline());
      recompute(now);
    },
    isAvoided: trust.isAvoided,
    avoided: trust.avoided,
    onGone: trust.onGone,
    alert: trust.alert,
    isWary: trust.isWary,
    isDoubtful: trust.isDoubtful,
    announce: (source, now) => {
      if (local.announce(source)) refreshOwnEntry(now);
    },
    withdraw: (source, now) => {
      if (local.withdraw(source)) refreshOwnEntry(now);
    },
    handleUpdate: (from, update, now) => {
      if (!neighbours.all.has(from)) return;
      for (const withdrawal of update.withdrawn) handleWithdrawal(withdrawal, now);
      for (const { scx, stamp } of update.routes) {
        if (scx === selfId && stamp > local.stamp()) refute(stamp, now);
      }
      neighbours.store(from, update);
      recompute(now);
    },
    rttMs: (id) => neighbours.all.get(id)?.rttMs,
    reserve: nextHops.reserve,
    offerOf: nextHops.offerOf,
    lambda: () => {
      lambda ??= nextHops.offers();
      return lambda;
    },
    sources: table.remoteScxs,
    costMs: table.costMs,
    reachedOver: table.reachedOver,
    serves: (id) => neighbours.all.get(id)?.takesFromUs === true,
    tick: (now) => {
      rounds.tick(now);
      if (trust.expire(now)) recompute(now);
    },
    deadline() {
      return Math.min(rounds.deadline(), trust.deadline());
    },
  };
}
