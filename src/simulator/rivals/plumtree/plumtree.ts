/**
 * Plumtree: "Epidemic Broadcast Trees" (Leitao, Pereira, Rodrigues, SRDS 2007) over HyParView.
 * Payload is pushed eagerly over the links of one tree for all sources; over all other links of the
 * active view it is only announced, and the announcements repair the tree.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { Protocol, RivalContext, RivalRules } from '../core/protocol.js';
import { createRecentAdus, type PacketId, packetIdOf } from '../core/recent-adus.js';
import { createHyParView } from '../hyparview/hyparview.js';
import { type AnyMessage, bytesOf, type PlumtreeMessage } from './messages.js';
import { createMissing } from './missing.js';

/** A message that carries a packet. */
type Gossip = Extract<PlumtreeMessage, { kind: 'gossip' }>;

/** An announcement must be this number of hops shorter to change the tree: that of the paper's experiments. */
const OPTIMISATION_HOPS = 7;

function create(context: RivalContext<AnyMessage>): RivalRules<AnyMessage> {
  const { self, send } = context;
  /** By id. Together they are the active view. */
  const eager = new Map<NodeId, Member>();
  const lazy = new Map<NodeId, Member>();
  const received = createRecentAdus<Gossip>();

  const becomeEager = (peer: Member): void => {
    if (lazy.delete(peer.id)) eager.set(peer.id, peer);
  };
  const becomeLazy = (peer: Member): void => {
    if (eager.delete(peer.id)) lazy.set(peer.id, peer);
  };

  const missing = createMissing({
    at: context.at,
    graft: (id, from) => {
      becomeEager(from);
      send(from.address, { kind: 'graft', id });
    },
  });

  const membership = createHyParView(context, {
    // Algorithm 3, NeighborUp: "considered to be an eager peer".
    onUp: (member) => {
      eager.set(member.id, member);
      context.notify({ kind: 'edgeUp', member, ours: true });
    },
    onDown: (member) => {
      eager.delete(member.id);
      lazy.delete(member.id);
      missing.onDown(member.id);
      context.notify({ kind: 'edgeDown', member, reason: 'closed' });
    },
  });

  /** Algorithm 1, EagerPush and LazyPush. */
  const push = (gossip: Gossip, from: Member | undefined): void => {
    const next: Gossip = { ...gossip, round: gossip.round + 1 };
    const announcement = { kind: 'iHave', id: packetIdOf(gossip.adu), round: next.round } as const;
    for (const peer of eager.values()) if (peer.id !== from?.id) send(peer.address, next);
    for (const peer of lazy.values()) if (peer.id !== from?.id) send(peer.address, announcement);
  };

  /** Algorithm 3, Optimize: a much shorter way becomes one of the tree. */
  const optimise = (gossip: Gossip, from: Member): void => {
    const best = missing.arrived(packetIdOf(gossip.adu));
    if (best === undefined || gossip.round - best.round < OPTIMISATION_HOPS) return;
    becomeEager(best.from);
    send(best.from.address, { kind: 'graft', id: null });
    becomeLazy(from);
    send(from.address, { kind: 'prune' });
  };

  /** Algorithm 1, Receive(GOSSIP). */
  const onGossip = (gossip: Gossip, from: Member): void => {
    if (received.has(packetIdOf(gossip.adu))) {
      becomeLazy(from);
      return send(from.address, { kind: 'prune' });
    }
    received.add(gossip);
    context.deliver(gossip.adu, gossip.root, from.id);
    push(gossip, from);
    becomeEager(from);
    optimise(gossip, from);
  };

  /** Algorithm 2, Receive(GRAFT). */
  const onGraft = (id: PacketId | null, from: Member): void => {
    becomeEager(from);
    const gossip = id === null ? undefined : received.get(id);
    if (gossip !== undefined) send(from.address, { ...gossip, round: gossip.round + 1 });
  };

  return {
    join: membership.join,
    publish: (adu) => {
      const gossip: Gossip = { kind: 'gossip', adu, root: self.id, round: 0 };
      received.add(gossip);
      context.deliver(adu, self.id, undefined);
      push(gossip, undefined);
    },
    receive: (from, message, now) => {
      switch (message.kind) {
        case 'gossip':
          return onGossip(message, from);
        case 'iHave':
          if (received.has(message.id)) return;
          return missing.announce(message.id, { from, round: message.round }, now);
        case 'graft':
          return onGraft(message.id, from);
        case 'prune':
          return becomeLazy(from);
        default:
          return membership.receive(from, message, now);
      }
    },
    linkDown: membership.linkDown,
    neighbours: membership.active,
    membersKnown: membership.known,
  };
}

export const plumtree: Protocol<AnyMessage> = {
  create,
  bytesOf,
  isData: ({ kind }) => kind === 'gossip',
};
