/**
 * Control messages from other SCXs: each is handed to the rule that it is for. Messages that only make
 * sense over a mesh edge are refused from others (`disown`), as the sender believes in an edge that
 * does not exist.
 */
import { unreachable } from '../lib/assert.js';
import { send } from './core/context.js';
import type { Message } from './core/message.js';
import type { Address, Member } from './core/node.js';
import type { Rules } from './rules.js';

type KeepAlive = Extract<Message, { kind: 'keepAlive' }>;

/**
 * Answers a probe, REQUEST_STATUS (§3.6): "The STATUS response from X_j contains a copy of the current
 * routing table of X_j and a CAN_ACCEPT flag that indicates whether X_j has room to accept a connection
 * from X_i. The state of this flag depends upon whether X_j has reached its limit, k2, of connections
 * it is willing to accept from other nodes."
 */
function answerRequestStatus(rules: Rules, to: Address): void {
  const { context, life, mesh, routing, heartbeat } = rules;
  send(context, to, {
    kind: 'status',
    canAccept: life.state() === 'joined' && mesh.canAccept(),
    routes: [...routing.table.values()].map((entry) => entry.route),
    generator: heartbeat.generator(),
  });
}

/** A neighbour that would yield its place at its parent to us makes us probe that parent. */
function handleKeepAlive(rules: Rules, from: Member, report: KeepAlive, now: number): void {
  const { life, edgeReports, membership, optimizer, routing } = rules;
  const before = edgeReports.received(from.id)?.heir?.id;
  edgeReports.handle(from.id, report);
  const self = life.self().id;
  if (report.heir?.id !== self || before === self) return;
  for (const scx of routing.reachedOver(from.id)) {
    const parent = routing.table.get(scx)?.route.path[2];
    const member = parent && membership.get(parent);
    if (member !== undefined) optimizer.onNamed(member, now);
  }
}

/** Creates a handler that hands each control message to the rule that it is for. */
export function createMessages(
  rules: Rules,
): (from: Member, message: Message, now: number) => void {
  const { context, life, mesh, membership, discovery, rendezvous, departures } = rules;
  const { heartbeat, optimizer, pings, ownCoordinates, routing, entries } = rules;
  const isOverEdge = (from: Member): boolean => mesh.neighbours.has(from.id);
  return (from, message, now) => {
    switch (message.kind) {
      case 'discovery':
      case 'discoveryResponse':
        rendezvous.settle();
        if (discovery.handle(from, message, now) > 0) optimizer.quicken(now);
        return heartbeat.onFollows(from, message.generator, now);
      case 'notice':
        return departures.handle(from, message.notice, now);
      case 'keepAlive':
        return isOverEdge(from) ? handleKeepAlive(rules, from, message, now) : mesh.disown(from);
      case 'heartbeat':
        if (!isOverEdge(from)) return mesh.disown(from);
        return heartbeat.handle(from, message.generator, message.sequence, now);
      case 'requestStatus':
        return answerRequestStatus(rules, from.address);
      case 'status':
        heartbeat.onFollows(from, message.generator, now);
        return optimizer.handleStatus(from, message, now);
      case 'edgeRequest':
        if (life.state() === 'joined') return mesh.handleRequest(from, message, now);
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
        return pings.handlePing(from.address, message.nonce, ownCoordinates.current());
      case 'pong':
        membership.locate(from.id, message.place);
        return pings.handlePong(from.address, message, now);
      case 'entries':
      case 'entryNews':
      case 'entryEager':
      case 'entryDigest':
      case 'entryHaves':
      case 'entryWants':
        return isOverEdge(from) ? entries.handle(from, message, now) : mesh.disown(from);
      default:
        return unreachable(message);
    }
  };
}
