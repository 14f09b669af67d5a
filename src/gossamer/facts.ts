/**
 * This file lists which rules react to each event. A rule knows only the few rules that it works
 * with; all other reactions are here, in one function for each rule that reports events. For
 * example, the mesh reports a new edge, and liveness, routing, pings, distribution and the
 * optimiser react to it.
 *
 * The order of the calls is part of the protocol: simulated runs are repeatable to the last byte.
 * `rules` is a function as the rules are still being created when their facts are.
 */
import { notify } from './core/context.js';
import type { EdgeDownReason } from './core/effects.js';
import type { Member } from './core/node.js';
import type { MemberListFacts } from './discovery/member-lists.js';
import type { DistributionFacts } from './distribution/distribution.js';
import type { EntriesFacts } from './entries/entries.js';
import type { DeparturesFacts } from './leaves/departures.js';
import type { HeartbeatFacts } from './leaves/heartbeat.js';
import type { LivenessFacts } from './leaves/liveness.js';
import type { LifecycleFacts } from './lifecycle.js';
import type { EdgeExchangeView } from './mesh/edge-exchange.js';
import type { EdgeReportsView } from './mesh/edge-reports.js';
import type { FormerEdge, MeshFacts } from './mesh/mesh.js';
import type { PingFacts } from './routing/pings.js';
import type { RoutingFacts } from './routing/routing.js';
import { neighboursOf, type Rules } from './rules.js';

type GetRules = () => Rules;

/** @param formerEdges those of a predecessor that died and that we replace */
export function lifecycleFacts(
  rules: GetRules,
  formerEdges: readonly FormerEdge[],
): LifecycleFacts {
  return {
    onJoined: (now) => {
      const { discovery, heartbeat, optimizer, routing, mesh, rendezvous, entries } = rules();
      const { edgeExchange } = rules();
      for (const rule of [discovery, heartbeat, optimizer, routing, entries]) rule.start(now);
      edgeExchange.onDisturbed(now);
      mesh.resume(formerEdges, now);
      rendezvous.callUntilSettled(now);
    },
    onLeaving: (now) => {
      const { discovery, heartbeat, optimizer, entries } = rules();
      const { rendezvous, distribution, notices, life } = rules();
      for (const rule of [discovery, heartbeat, optimizer, entries]) rule.stop();
      rendezvous.settle();
      distribution.leave();
      // "The departing SCX sends the notification to its immediate mesh neighbors" (§3.5).
      notices.flood('left', life.self(), now);
    },
    hasChildren: () => rules().distribution.hasChildren(),
    onLeft: (now) => {
      const { mesh, context } = rules();
      for (const { id } of [...neighboursOf(rules())]) mesh.drop(id, 'left', now);
      notify(context, { kind: 'left' });
    },
    onRefuted: (now) => rules().notices.flood('alive', rules().life.self(), now),
  };
}

export function pingFacts(rules: GetRules): PingFacts {
  return {
    onMeasured: (address, { rttMs, coordinates }, now) => {
      const { ownCoordinates, departures, routing, optimizer } = rules();
      ownCoordinates.onMeasured({ coordinates, distanceMs: rttMs / 2 });
      departures.onAnswered(address, now);
      routing.onRtt(address, rttMs, now);
      optimizer.onMeasured(address, rttMs, now);
    },
    onFailed: (address, now) => {
      rules().departures.onUnreachable(address, now);
      rules().optimizer.onMeasured(address, undefined, now);
    },
  };
}

/** Why an edge ends whose other end is dead, hangs or has left. */
const GONE: ReadonlySet<EdgeDownReason> = new Set(['closed', 'silent', 'failed', 'left']);

export function meshFacts(rules: GetRules): MeshFacts {
  return {
    onEdgeUp: ({ member }, rttMs, now) => {
      const { liveness, routing, pings, distribution, optimizer, entries } = rules();
      liveness.watch({ id: member.id, address: member.address, rttMs }, now);
      routing.onEdgeUp(member, rttMs);
      pings.watch(member.address, now);
      distribution.onEdges(now);
      optimizer.onHealed();
      optimizer.quicken(now);
      entries.onEdgeUp(member);
    },
    onEdgeDown: ({ member }, reason, now) => {
      const { liveness, pings, edgeReports, distribution, routing, optimizer } = rules();
      liveness.unwatch(member.id);
      pings.unwatch(member.address);
      edgeReports.forget(member.id);
      rules().entries.onEdgeDown(member.id);
      distribution.onEdgeDown(member.id, reason);
      if (GONE.has(reason)) {
        routing.onGone(member.id);
        rules().edgeExchange.onDisturbed(now);
      }
      routing.onEdgeDown(member.id, now);
      distribution.onEdges(now);
      optimizer.quicken(now);
      if (reason === 'closed') rules().departures.onLost(member, now);
    },
    onRefused: (_member, now) => rules().optimizer.onRefused(now),
    onReferred: (instead, now) => rules().optimizer.onNamed(instead, now),
    grant: (offer, now, asker) => rules().edgeExchange.grant(offer, now, asker),
    isAvoided: (id) => rules().routing.isAvoided(id),
  };
}

export function departuresFacts(rules: GetRules): DeparturesFacts {
  return {
    onDead: (member, what, now) => {
      rules().mesh.drop(member.id, what, now);
      rules().routing.onDead(now);
    },
    onAlive: (now) => rules().routing.onAlive(now),
    onRefuted: (incarnation, now) => rules().life.refute(incarnation, now),
  };
}

export function livenessFacts(rules: GetRules): LivenessFacts {
  return {
    onSilent: (id, now) => {
      const { mesh, departures } = rules();
      const member = mesh.neighbours.get(id)?.member;
      if (member === undefined) return;
      mesh.drop(id, 'silent', now);
      departures.onLost(member, now);
    },
    isParent: (id) => rules().routing.reachedOver(id).length > 0,
    isChild: (id) => rules().routing.serves(id),
    hasNews: (id) => {
      const { context, edgeReports } = rules();
      return context.config.exchangesEdges && edgeReports.hasNews(id);
    },
    keepAlive: (id) => ({ kind: 'keepAlive', ...rules().edgeReports.send(id) }),
  };
}

export function memberListFacts(rules: GetRules): MemberListFacts {
  return {
    generator: () => rules().heartbeat.generator(),
    sighting: () => ({ member: rules().life.self(), place: rules().ownCoordinates.current() }),
    onAccused: (id, incarnation, now) => rules().departures.onAccused(id, incarnation, now),
    onDeadSighted: (member, now) => rules().departures.onDeadSighted(member, now),
  };
}

export function heartbeatFacts(rules: GetRules): HeartbeatFacts {
  const contact = (member: Member | undefined, now: number): void => {
    if (member !== undefined) rules().discovery.contact(member.address, now);
  };
  return {
    neighbours: () => neighboursOf(rules()),
    onPartition: (generator, now) => {
      const { rendezvous, membership } = rules();
      rendezvous.call();
      contact(generator === undefined ? undefined : membership.get(generator), now);
    },
    onFarSide: (from, now) => rules().optimizer.bridge(from, now),
    onNewGenerator: (bearer, now) => {
      const { context, mesh } = rules();
      if (context.config.exchangesOnNewGenerator) contact(mesh.neighbours.get(bearer)?.member, now);
    },
    onGenerating: () => rules().rendezvous.call(),
  };
}

export function routingFacts(rules: GetRules): RoutingFacts {
  return {
    onTableChanged: (now) => {
      const { distribution, routing, liveness } = rules();
      distribution.onTable(routing.table, now);
      liveness.onTableChanged(now);
    },
    isDead: (id) => rules().membership.isDead({ id, incarnation: 0 }),
  };
}

export function distributionFacts(rules: GetRules): DistributionFacts {
  return {
    neighbour: (id) => rules().mesh.neighbours.get(id)?.member,
    reserve: (scx, avoided) => rules().routing.reserve(scx, avoided),
    onUnserved: (scx, now) => {
      const { routing, optimizer, membership } = rules();
      if (routing.isDoubtful(now)) optimizer.onUnserved(membership.get(scx), now);
    },
    onSlowParent: (parent, now) => rules().routing.onSlow(parent, now),
    onBroken: (id, weight, now) => rules().routing.onBroken(id, weight, now),
  };
}

export function entriesFacts(rules: GetRules): EntriesFacts {
  return {
    onForged: (member, now) => {
      const { routing, mesh, context } = rules();
      routing.onBroken(member.id, 1, now);
      mesh.drop(member.id, 'evicted', now);
      notify(context, { kind: 'entryForged', member });
    },
  };
}

export function edgeReportsView(rules: GetRules): EdgeReportsView {
  return {
    ...{ coordinates: (id) => rules().membership.coordinates(id) },
    rttMs: (id) => rules().routing.rttMs(id),
    lambda: () => rules().routing.lambda(),
    reachedOver: (id) => rules().routing.reachedOver(id),
    sources: () => rules().routing.sources(),
    isNeighbour: (id) => rules().mesh.neighbours.has(id),
    isAvoided: (id) => rules().routing.isAvoided(id),
    isInUse: (id) => rules().distribution.isInUse(id),
    sessionSize: () => {
      const { membership, context } = rules();
      const known = membership.all().length;
      return known < context.config.membersMax ? known + 1 : undefined;
    },
  };
}

export function edgeExchangeView(rules: GetRules): EdgeExchangeView {
  return {
    lambda: () => rules().routing.lambda(),
    isIdle: () => rules().routing.table.size === 0,
    coordinates: (id) => rules().membership.coordinates(id),
    rttMs: (id) => rules().routing.rttMs(id),
    member: (id) => rules().membership.get(id),
    costMs: (scx) => (scx === rules().life.self().id ? 0 : rules().routing.costMs(scx)),
    bearer: () => rules().heartbeat.bearer(),
    neighbours: () => rules().mesh.neighbours,
    isAvoided: (id) => rules().routing.isAvoided(id),
    isInUse: (id) => rules().distribution.isInUse(id),
    isParent: (id) => rules().routing.reachedOver(id).length > 0,
    isWary: (now) => rules().routing.isWary(now),
    alert: (now) => rules().routing.alert(now),
    isUnserved: (now) => rules().routing.isDoubtful(now) && rules().distribution.isUnserved(now),
    canAccept: () => rules().mesh.canAccept(),
    canAdd: () => rules().mesh.room() > 0,
  };
}
