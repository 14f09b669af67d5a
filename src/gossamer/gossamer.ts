/**
 * Gossamer (§3): the protocol by which the SCXs of a session find each other, build a mesh, improve
 * it, and carry ADUs along source-rooted trees. Each rule is a file of its own:
 *
 *   membership, discovery   §3.3  who is there            liveness, notices  §3.5  who is gone
 *   rendezvous              §3.4  whom to ask first       heartbeat          §3.5  partitions
 *   mesh                    §3.2  edges and their limits  routing, pings     §3.7  paths, distances
 *   optimizer, cost         §3.6  which edges to have     distribution       §3.8  the trees
 *
 * rules.ts wires them together. This file makes one machine of them: it hands each input to the rules that
 * it is for, and decides nothing else.
 */
import { assert, unreachable } from '../lib/assert.js';
import type { Machine } from '../lib/machine.js';
import { createClockwork } from './core/alarms.js';
import { validateConfig } from './core/config.js';
import { send } from './core/context.js';
import type { Effect, Input } from './core/effects.js';
import type { Message } from './core/message.js';
import type { Address, Member, NodeId } from './core/node.js';
import { CLOCKED, createRules, type GossamerOptions } from './rules.js';
import { drawView, type GossamerView } from './view.js';

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
  const checked = validateConfig(options.config);
  assert(checked.ok, checked.ok ? '' : checked.problems.join('; '));
  let effects: Effect[] = [];
  const clockwork = createClockwork(CLOCKED);
  const rules = createRules(options, clockwork, (effect) => void effects.push(effect));
  const { context, life, membership, pings, mesh, departures, liveness, heartbeat } = rules;
  const { discovery, rendezvous, routing, distribution, worth, optimizer } = rules;

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
        return pings.handlePing(from.address, message.nonce, rules.place());
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
        return distribution.onCongestion(
          input.peer,
          input.channel,
          input.kind === 'congested',
          now,
        );
      default:
        return unreachable(input);
    }
  };

  /** That an ADU went out can only put off a keep-alive: it wakes nobody. */
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
      if (life.state !== 'left') handleInput(input, now);
      return take(now);
    },
    tick: (now) => {
      if (life.state === 'left') return [];
      clockwork.run(rules, now);
      return take(now);
    },
    get deadline() {
      return life.state === 'left' ? Number.POSITIVE_INFINITY : clockwork.earliest();
    },
    self: life.self,
    membersKnown: () => membership.all().length,
    nextHop: (sourceScx) => routing.table.get(sourceScx)?.nextHop,
    view: () => drawView(rules),
  };
}
