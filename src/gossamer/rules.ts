/**
 * The rules of Gossamer, wired together: what one finds out that others must know is carried over here.
 * Rules never see each other but through these facts, save those that are made to serve another.
 * Nothing is decided here; what comes from outside is handed to them in gossamer.ts.
 */
import type { Rng } from '../lib/rng.js';
import type { Clockwork } from './core/alarms.js';
import type { GossamerConfig } from './core/config.js';
import { type ClockedContext, type Context, notify } from './core/context.js';
import { movedPlace, NOWHERE } from './core/coordinates.js';
import type { EdgeDownReason, Effect } from './core/effects.js';
import type { Member, Place } from './core/node.js';
import { createDiscovery } from './discovery/discovery.js';
import { createMembership } from './discovery/membership.js';
import { createRendezvous } from './discovery/rendezvous.js';
import { createDistribution } from './distribution/distribution.js';
import { createDepartures } from './leaves/departures.js';
import { createHeartbeat } from './leaves/heartbeat.js';
import { createLiveness } from './leaves/liveness.js';
import { createNotices } from './leaves/notices.js';
import { createLifecycle } from './lifecycle.js';
import { createWorth } from './mesh/edge-exchange.js';
import { createMesh, type FormerEdge, type Neighbour } from './mesh/mesh.js';
import { createOptimizer } from './mesh/optimizer.js';
import { createPings } from './routing/pings.js';
import { createRouting } from './routing/routing.js';

export interface GossamerOptions {
  readonly self: Member;
  readonly config: GossamerConfig;
  readonly rng: Rng;
  /** The announcement's rendezvous locations. */
  readonly locations: readonly string[];
  /** Of an SCX that died, and whose place we take. */
  readonly formerEdges?: readonly FormerEdge[];
}

/** The rules that have work at instants of their own, in the order in which they run. */
export const CLOCKED = [
  'life',
  'pings',
  'mesh',
  'liveness',
  'discovery',
  'rendezvous',
  'heartbeat',
  'routing',
  'distribution',
  'optimizer',
] as const;

type ClockedName = (typeof CLOCKED)[number];

export type Rules = ReturnType<typeof createRules>;

/** The rules of one SCX. `emit`: where their effects go. */
export function createRules(
  options: GossamerOptions,
  clockwork: Clockwork<ClockedName>,
  emit: (effect: Effect) => void,
) {
  const { config, rng } = options;
  const life = createLifecycle(options.self, config, {
    onJoined: (now) => onJoined(now),
    onLeaving: (now) => onLeaving(now),
    hasChildren: () => distribution.hasChildren,
    wakeBy: clockwork.alarm('life'),
    onLeft: (now) => onLeft(now),
    onRefuted: (now) => notices.flood('alive', life.self(), now),
  });

  const context: Context = { config, rng, self: life.self, emit };
  const clocked = (name: ClockedName): ClockedContext => ({
    ...context,
    wakeBy: clockwork.alarm(name),
  });

  const membership = createMembership(
    context,
    (id) => routing.table.has(id) || heartbeat.generator() === id,
  );
  /** Where we lie, by our ping experiments. */
  let place: Place = NOWHERE;
  const pings = createPings(clocked('pings'), (address, measured, now) => {
    if (measured === undefined) departures.onUnreachable(address, now);
    else {
      place = movedPlace(place, measured.place, measured.rttMs / 2, context.rng);
      departures.onAnswered(address, now);
      routing.onRtt(address, measured.rttMs, now);
    }
    optimizer.onMeasured(address, measured?.rttMs, now);
  });
  const mesh = createMesh(clocked('mesh'), {
    onEdgeUp: (neighbour, rttMs, now) => onEdgeUp(neighbour, rttMs, now),
    onEdgeDown: (neighbour, reason, now) => onEdgeDown(neighbour, reason, now),
    onRefused: (_member, now) => optimizer.onRefused(now),
    onReferred: (instead, now) => optimizer.onNamed(instead, now),
    grant: (offer, now) => worth.grant(offer, now),
  });
  const neighbours = function* (): Iterable<Member> {
    for (const neighbour of mesh.neighbours.values()) yield neighbour.member;
  };
  const notices = createNotices(context, neighbours);
  const departures = createDepartures(context, membership, notices, pings, {
    onDead: (member, what, now) => onDead(member, what, now),
    onAlive: (now) => routing.onAlive(now),
    onRefuted: life.refute,
  });
  const liveness = createLiveness(clocked('liveness'), {
    onSilent: (id, now) => {
      const member = mesh.neighbours.get(id)?.member;
      if (member === undefined) return;
      mesh.drop(id, 'silent', now);
      departures.onLost(member, now);
    },
    isParent: (id) => routing.reachedOver(id).length > 0,
    isChild: (id) => routing.serves(id),
    hasNews: (id) => config.byWorth && worth.hasNews(id),
    keepAlive: (id) => ({ kind: 'keepAlive', ...worth.tell(id) }),
  });
  const discovery = createDiscovery(clocked('discovery'), membership, {
    generator: () => heartbeat.generator(),
    sighting: () => ({ member: life.self(), place }),
    onAccused: departures.onAccused,
    onDeadSighted: departures.onDeadSighted,
  });
  const rendezvous = createRendezvous(clocked('rendezvous'), options.locations, (address, now) =>
    discovery.contact(address, now),
  );
  const heartbeat = createHeartbeat(clocked('heartbeat'), {
    neighbours,
    onPartition: (generator, now) => {
      rendezvous.call();
      const member = generator === undefined ? undefined : membership.get(generator);
      if (member !== undefined) discovery.contact(member.address, now);
    },
    onFarSide: (from, now) => optimizer.bridge(from, now),
    onNewGenerator: (bearer, now) => {
      const member = mesh.neighbours.get(bearer)?.member;
      if (member !== undefined) discovery.contact(member.address, now);
    },
    onGenerating: () => rendezvous.call(),
  });
  const routing = createRouting(clocked('routing'), {
    onTableChanged: (now) => {
      distribution.onTable(routing.table, now);
      liveness.onTableChanged(now);
    },
    isDead: (id) => membership.isDead({ id, incarnation: 0 }),
  });
  const distribution = createDistribution(clocked('distribution'), {
    neighbour: (id) => mesh.neighbours.get(id)?.member,
    alternate: routing.alternate,
    onBehind: routing.onBehind,
  });
  const worth = createWorth(context, () => mesh, {
    lambda: routing.lambda,
    reachedOver: routing.reachedOver,
    sources: routing.sources,
    isIdle: () => routing.table.size === 0,
    place: membership.place,
    rttMs: routing.rttMs,
    bearer: heartbeat.bearer,
  });
  const optimizer = createOptimizer(
    clocked('optimizer'),
    membership,
    mesh,
    pings,
    routing,
    worth,
    () => place,
    heartbeat,
  );
  const onEdgeUp = ({ member }: Neighbour, rttMs: number, now: number): void => {
    liveness.watch(member.id, member.address, rttMs, now);
    routing.onEdgeUp(member, rttMs, now);
    pings.watch(member.address, now);
    distribution.onEdges(now);
    optimizer.onHealed();
    optimizer.quicken(now);
  };

  const onEdgeDown = ({ member }: Neighbour, reason: EdgeDownReason, now: number): void => {
    liveness.unwatch(member.id);
    pings.unwatch(member.address);
    worth.forget(member.id);
    distribution.onEdgeDown(member.id, reason);
    routing.onEdgeDown(member.id, now);
    distribution.onEdges(now);
    optimizer.quicken(now);
    if (reason === 'closed') departures.onLost(member, now);
  };

  const onDead = (member: Member, what: 'left' | 'failed', now: number): void => {
    mesh.drop(member.id, what, now);
    routing.onDead(now);
  };

  const onJoined = (now: number): void => {
    for (const rule of [discovery, heartbeat, optimizer, routing]) rule.start(now);
    mesh.resume(options.formerEdges ?? [], now);
    rendezvous.callUntilSettled(now);
  };

  /** "The departing SCX sends the notification to its immediate mesh neighbors" (§3.5). */
  const onLeaving = (now: number): void => {
    for (const rule of [discovery, heartbeat, optimizer]) rule.stop();
    rendezvous.settle();
    distribution.leave();
    notices.flood('left', life.self(), now);
  };

  const onLeft = (now: number): void => {
    for (const member of [...neighbours()]) mesh.drop(member.id, 'left', now);
    notify(context, { kind: 'left' });
  };

  return {
    context,
    life,
    membership,
    pings,
    mesh,
    departures,
    liveness,
    heartbeat,
    discovery,
    rendezvous,
    routing,
    distribution,
    worth,
    optimizer,
    /** Where we lie. */
    place: () => place,
  };
}
