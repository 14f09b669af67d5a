/**
 * Gossamer (§3): the protocol by which the SCXs of a session find each other, build a mesh, improve
 * it, and carry ADUs along source-rooted trees. Each rule is a file of its own:
 *
 *   membership, discovery   §3.3  who is there            liveness, notices  §3.5  who is gone
 *   rendezvous              §3.4  whom to ask first       heartbeat          §3.5  partitions
 *   mesh                    §3.2  edges and their limits  routing, pings     §3.7  paths, distances
 *   optimizer, cost         §3.6  which edges to have     distribution       §3.8  the trees
 *
 * This file composes them into one machine and carries facts between them; it decides nothing else.
 */
import { assert, unreachable } from '../lib/assert.js';
import type { Machine } from '../lib/machine.js';
import type { Rng } from '../lib/rng.js';
import { createClockwork } from './clockwork.js';
import { type GossamerConfig, validateConfig } from './config.js';
import { type Context, notify, send } from './context.js';
import { createDepartures } from './departures.js';
import { createDiscovery } from './discovery.js';
import { createDistribution } from './distribution.js';
import type { EdgeDownReason, Effect, Input } from './gossamer-types.js';
import { createHeartbeat } from './heartbeat.js';
import { createLifecycle } from './lifecycle.js';
import { createLiveness } from './liveness.js';
import { createMembership } from './membership.js';
import { createMesh, type Neighbour } from './mesh.js';
import type { Message } from './message.js';
import type { Address, Member, NodeId, Place } from './node.js';
import { createNotices } from './notices.js';
import { createOptimizer } from './optimizer.js';
import { createPings } from './pings.js';
import { movedPlace, NOWHERE } from './place.js';
import { createRendezvous } from './rendezvous.js';
import { createRouting } from './routing.js';
import { drawView, type GossamerView } from './view.js';
import { createWorth } from './worth.js';

export interface GossamerOptions {
  readonly self: Member;
  readonly config: GossamerConfig;
  readonly rng: Rng;
  /** The announcement's rendezvous locations. */
  readonly locations: readonly string[];
}

export interface Gossamer extends Machine<Input, Effect> {
  /** We, with our present incarnation. */
  self(): Member;
  view(): GossamerView;
  /** Two facts of the view, for those who ask thousands of machines again and again. */
  membersKnown(): number;
  nextHop(sourceScx: NodeId): NodeId | undefined;
}

/** One SCX's part in the protocol. It does nothing before `join`. */
export function createGossamer(options: GossamerOptions): Gossamer {
  const { config } = options;
  const checked = validateConfig(config);
  assert(checked.ok, checked.ok ? '' : checked.problems.join('; '));
  let effects: Effect[] = [];
  const life = createLifecycle(options.self, config, {
    onJoined: (now) => onJoined(now),
    onLeaving: (now) => onLeaving(now),
    hasChildren: () => distribution.hasChildren,
    onLeft: (now) => onLeft(now),
    onRefuted: (now) => notices.flood('alive', life.self(), now),
  });

  const context: Context = {
    config,
    rng: options.rng,
    self: life.self,
    emit: (effect) => void effects.push(effect),
  };

  const membership = createMembership(
    context,
    (id) => routing.table.has(id) || heartbeat.generator() === id,
  );
  /** Where we lie, by our ping experiments. */
  let place: Place = NOWHERE;
  const pings = createPings(context, (address, measured, now) => {
    if (measured === undefined) departures.onUnreachable(address, now);
    else {
      place = movedPlace(place, measured.place, measured.rttMs / 2, context.rng);
      departures.onAnswered(address, now);
      routing.onRtt(address, measured.rttMs, now);
    }
    optimizer.onMeasured(address, measured?.rttMs, now);
  });
  const mesh = createMesh(context, {
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
  const liveness = createLiveness(context, {
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
  const heartbeat = createHeartbeat(context, {
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
  const discovery = createDiscovery(context, membership, {
    generator: () => heartbeat.generator(),
    sighting: () => ({ member: life.self(), place }),
    onAccused: departures.onAccused,
    onDeadSighted: departures.onDeadSighted,
  });
  const rendezvous = createRendezvous(context, options.locations, (address, now) =>
    discovery.contact(address, now),
  );
  const routing = createRouting(context, {
    onTableChanged: (now) => {
      distribution.onTable(routing.table, now);
      liveness.onTableChanged(now);
    },
    isDead: (id) => membership.isDead({ id, incarnation: 0 }),
  });
  const distribution = createDistribution(context, {
    neighbour: (id) => mesh.neighbours.get(id)?.member,
    alternate: routing.alternate,
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
    context,
    membership,
    mesh,
    pings,
    routing,
    worth,
    () => place,
    heartbeat,
  );
  const rules = [pings, mesh, liveness, discovery, rendezvous, heartbeat, routing, distribution];
  const clockwork = createClockwork([life, ...rules, optimizer]);

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
    routing.onEdgeDown(member.id, now);
    distribution.onEdges(now);
    optimizer.quicken(now);
    if (reason === 'closed') departures.onLost(member, now);
  };

  const onDead = (member: Member, what: 'left' | 'failed', now: number): void => {
    mesh.drop(member.id, what, now);
    routing.onDead(now);
  };

  const isOverEdge = (from: Member): boolean => mesh.neighbours.has(from.id);

  const handleMessage = (from: Member, message: Message, now: number): void => {
    switch (message.kind) {
      case 'discovery':
      case 'discoveryResponse':
        rendezvous.settle();
        if (discovery.handle(from, message, now) > 0) optimizer.quicken(now);
        return heartbeat.onFollows(from, message.generator, now);
      case 'notice':
        return departures.handle(from, message.notice, now);
      case 'keepAlive':
        if (!isOverEdge(from)) return mesh.disown(from);
        return worth.handleTold(from.id, message);
      case 'heartbeat':
        if (!isOverEdge(from)) return mesh.disown(from);
        return heartbeat.handle(from, message.generator, message.sequence, now);
      case 'requestStatus':
        return send(context, from.address, {
          kind: 'status',
          canAccept: life.state === 'joined' && mesh.canAccept(),
          routes: [...routing.table.values()].map((entry) => entry.route),
          generator: heartbeat.generator(),
        });
      case 'status':
        heartbeat.onFollows(from, message.generator, now);
        return optimizer.handleStatus(from, message, now);
      case 'edgeRequest':
        if (life.state === 'joined') return mesh.handleRequest(from, message, now);
        return send(context, from.address, { kind: 'edgeReject' });
      case 'edgeAccept':
        return mesh.handleAccept(from, message.reversed, now);
      case 'edgeReject':
        return mesh.handleReject(from, now);
      case 'edgeDrop':
        return mesh.handleDrop(from, message.instead, now);
      case 'update':
        if (!isOverEdge(from)) return mesh.disown(from);
        return routing.handleUpdate(from.id, message, now);
      case 'ping':
        return pings.handlePing(from.address, message.nonce, place);
      case 'pong':
        membership.locate(from.id, message.place);
        return pings.handlePong(from.address, message.nonce, message.place, now);
      default:
        return unreachable(message);
    }
  };

  const onLinkDown = (address: Address, isUnreachable: boolean, now: number): void => {
    pings.onUnreachable(address);
    optimizer.onUnreachable(address);
    mesh.onLinkDown(address, now);
    if (!isUnreachable) return departures.onClosedAgain(address, now);
    membership.unreachable(address, now);
    departures.onUnreachable(address, now);
    if (life.state === 'joined' && membership.reachable(now).length === 0) {
      rendezvous.callUntilSettled(now);
    }
  };

  const onJoined = (now: number): void => {
    for (const rule of [discovery, heartbeat, optimizer, routing]) rule.start(now);
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

  const handleInput = (input: Input, now: number): void => {
    switch (input.kind) {
      case 'join':
        return life.join(now);
      case 'leave':
        return life.leave(now);
      case 'announceSource':
        return routing.announce(input.source, now);
      case 'withdrawSource':
        return routing.withdraw(input.source, now);
      case 'publish':
        return distribution.publish(input.adu, now);
      case 'audience':
        return distribution.setAudience(input.listeners, now);
      case 'located':
        return rendezvous.handleLocated(input.address, now);
      case 'received':
        departures.onWord(input.from, now);
        liveness.heard(input.from.id, now);
        return handleMessage(input.from, input.message, now);
      case 'dataReceived':
        liveness.heard(input.from.id, now);
        return distribution.handleData(input.from, input.message, now);
      case 'adu':
        liveness.heard(input.from, now);
        return distribution.handleAdu(input.from, input.adu, now);
      case 'linkDown':
        return onLinkDown(input.address, input.reason === 'unreachable', now);
      case 'dataDown':
        return input.peerIs === 'parent'
          ? distribution.onParentDown(input.peer, input.channel, now)
          : distribution.onChildDown(input.peer, input.channel, now);
      case 'congested':
      case 'drained':
        return distribution.onCongestion(input.peer, input.channel, input.kind === 'congested');
      default:
        return unreachable(input);
    }
  };

  /** Which rules a message may hurry: the most frequent ones hurry none. */
  const onReceived = (from: Member, message: Message): void => {
    switch (message.kind) {
      case 'keepAlive':
      case 'ping':
      case 'requestStatus':
        return;
      case 'heartbeat':
        return clockwork.hurry(heartbeat);
      case 'pong':
        return pings.isUnderWay(from.address) ? undefined : clockwork.hurryAll();
      default:
        return clockwork.hurryAll();
    }
  };

  const onHandled = (input: Input): void => {
    if (input.kind === 'received') onReceived(input.from, input.message);
    else if (input.kind === 'adu') clockwork.hurry(distribution);
    else clockwork.hurryAll();
  };

  /** That an ADU went out can only put off a keep-alive: it hurries nothing. */
  const take = (now: number): Effect[] => {
    const taken = effects;
    for (const effect of taken) {
      if (effect.kind === 'forward') liveness.onForwarded(effect.to, now);
    }
    effects = [];
    return taken;
  };

  return {
    handle: (input, now) => {
      if (life.state !== 'left') {
        handleInput(input, now);
        onHandled(input);
      }
      return take(now);
    },
    tick: (now) => {
      if (life.state === 'left') return [];
      clockwork.run(now);
      return take(now);
    },
    get deadline() {
      return life.state === 'left' ? Number.POSITIVE_INFINITY : clockwork.earliest();
    },
    self: life.self,
    membersKnown: () => membership.all().length,
    nextHop: (sourceScx) => routing.table.get(sourceScx)?.nextHop,
    view: () => {
      const { state } = life;
      return drawView({
        self: life.self(),
        state,
        membership,
        mesh,
        heartbeat,
        routing,
        distribution,
      });
    },
  };
}
