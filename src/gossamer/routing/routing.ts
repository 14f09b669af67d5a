/**
 * The routing layer (§3.7): "a variant of a distance vector routing protocol ... Each SCX maintains a
 * routing table that contains one entry per source SCX. In order to detect routing loops and avoid
 * the counting-to-infinity problem, each SCX stores in its routing table entries the complete path
 * from it to the source SCX."
 *
 * Here are the table and the choice of next hops. What the choice is made from is heard-routes.ts, what
 * neighbours are told is updates.ts; our own entry is local-sources.ts, and what becomes of a source SCX
 * that has no source any more is withdrawals.ts.
 *
 * Beyond: changes travel at once, in batches of `updateDelayMs`; a next hop is only left for one that
 * is better by `routeHysteresis`, as measured distances are noisy.
 */
import { createTimers } from '../../lib/timers.js';
import { type ClockedContext, jittered, send } from '../core/context.js';
import type { Route, Withdrawal } from '../core/message.js';
import type { Address, Member, NodeId, Source, SourceId } from '../core/node.js';
import type { Candidate } from '../mesh/cost-function.js';
import { createLocalSources, STAMP_LEAP_MAX } from './local-sources.js';
import { createHeardRoutes } from './neighbour-routes.js';
import { createUpdates, type Update } from './updates.js';
import { createWithdrawals } from './withdrawals.js';

/** Our way to one source SCX. */
export interface TableEntry {
  readonly route: Route;
  /** The parent; undefined where the source is here. */
  readonly nextHop: NodeId | undefined;
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
  /** Bounded by sourcesMax, our own entry included. */
  const table = new Map<NodeId, TableEntry>();
  const withdrawals = createWithdrawals();
  const updates = createUpdates(
    () => [...table.values()].map(({ route }) => route),
    withdrawals.list,
  );
  const local = createLocalSources(selfId);
  /** A path through the dead is kept, as they may prove alive, but not taken. */
  const heard = createHeardRoutes(
    context,
    (route) => !withdrawals.isWithdrawn(route) && !route.path.some(facts.isDead),
  );
  /** Λ, until something changes. */
  let lambda: Candidate[] | undefined;

  const chooseHop = (scx: NodeId): NodeId | undefined => {
    const best = heard.best(scx);
    const current = table.get(scx)?.nextHop;
    if (best === undefined || current === undefined || best === current) return best;
    const gain = 1 - heard.costMs(best, scx) / heard.costMs(current, scx);
    return gain > config.routeHysteresis ? best : current;
  };

  const computeEntry = (scx: NodeId): TableEntry | undefined => {
    const nextHop = chooseHop(scx);
    const route = nextHop === undefined ? undefined : heard.over(nextHop, scx);
    return route === undefined ? undefined : { route, nextHop };
  };

  const changed = (now: number): void => timers.setSooner('change', now + config.updateDelayMs);

  const remoteScxs = (): NodeId[] => [...table.keys()].filter((scx) => scx !== selfId);

  const hasRoom = (): boolean =>
    table.size < (table.has(selfId) ? config.sourcesMax : config.sourcesMax - 1);

  /** The source SCXs that we have a route to, and those that neighbours have. */
  const heardOf = (): Set<NodeId> => {
    const scxs = heard.scxs(table.keys());
    scxs.delete(selfId);
    return scxs;
  };

  const recompute = (now: number): void => {
    lambda = undefined;
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
    for (const address of heard.addresses()) send(context, address, update);
    updates.onTold(update);
  };

  const tellChanges = (now: number): void => {
    const update = updates.changes();
    if (update !== undefined) tellAll(update, now);
  };

  const withdraw = (withdrawal: Withdrawal, now: number): void => {
    if (withdrawals.add(withdrawal, now)) changed(now);
  };

  const refreshLocal = (now: number): void => {
    const route = local.route();
    if (route === undefined) {
      table.delete(selfId);
      withdraw({ scx: selfId, stamp: local.stamp }, now);
    } else table.set(selfId, { route, nextHop: undefined });
    changed(now);
    facts.onTableChanged(now);
  };

  const refute = (stamp: number, now: number): void => {
    if (local.refute(stamp)) refreshLocal(now);
  };

  /**
   * Only one that outlaws a route which we were told is taken: else the SCXs, which do not forget it
   * at one instant, would learn it anew from each other for ever.
   */
  const hearWithdrawal = (withdrawal: Withdrawal, now: number): void => {
    if (withdrawal.scx === selfId) {
      if (withdrawal.stamp >= local.stamp) refute(withdrawal.stamp, now);
      return;
    }
    const least = heard.leastStamp(withdrawal.scx);
    const isKnown = least !== undefined && withdrawal.stamp <= least + STAMP_LEAP_MAX;
    if (isKnown) withdraw(withdrawal, now);
  };

  return {
    table,
    start: (now) => timers.set('round', now + jittered(context, config.updateIntervalMs)),
    onEdgeUp: (member, rttMs, now) => {
      // What the others are yet to hear is told first: from here on all have heard the same.
      timers.clear('change');
      tellChanges(now);
      heard.onEdgeUp(member, rttMs);
      lambda = undefined;
      send(context, member.address, updates.whole());
    },
    onEdgeDown: (id, now) => {
      if (heard.onEdgeDown(id)) recompute(now);
    },
    onDead: recompute,
    onAlive: recompute,
    onRtt: (address, rttMs, now) => {
      if (heard.onRtt(address, rttMs)) recompute(now);
    },
    onBehind: (id, now) => {
      if (heard.onBehind(id)) recompute(now);
    },
    announce: (source, now) => {
      if (local.announce(source)) refreshLocal(now);
    },
    withdraw: (source, now) => {
      if (local.withdraw(source)) refreshLocal(now);
    },
    handleUpdate: (from, update, now) => {
      if (!heard.has(from)) return;
      for (const one of update.withdrawn) hearWithdrawal(one, now);
      for (const { scx, stamp } of update.routes) {
        if (scx === selfId && stamp > local.stamp) refute(stamp, now);
      }
      heard.hear(from, update);
      recompute(now);
    },
    rttMs: heard.rttMs,
    alternate: heard.alternate,
    lambda: () => {
      lambda ??= heard.candidates();
      return lambda;
    },
    candidate: heard.candidate,
    sources: remoteScxs,
    costMs: (scx) => table.get(scx)?.route.costMs ?? Number.POSITIVE_INFINITY,
    serves: heard.serves,
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
