/**
 * NICE (Banerjee, Bhattacharjee, Kommareddy: "Scalable Application Layer Multicast", SIGCOMM 2002):
 * nodes that are near each other form clusters, their leaders clusters of the next layer, and so on up
 * to one cluster. Data is sent to all clusters that a node is in, but for the one that it came from.
 *
 * Read for it: the paper's abstract, two summaries of it, and the NICE of OverSim, a simulator
 * (docs/lab.md); the paper itself was not at hand, so what stands in quotation marks is from a summary.
 * It runs over UDP, as in OverSim: a closed connection tells it nothing, and who dies is silent.
 *
 * Departures: see rendezvous.ts, leadership.ts, centre.ts. The paper measures distances by heartbeats,
 * here they are probed once, as simulated ones do not change. A cluster is cut so that its leader keeps
 * one half; a better centre takes over as in any other cluster.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import { type Protocol, type RivalContext, type RivalRules, repeat } from '../core/protocol.js';
import { createRecentAdus, type Packet, packetIdOf } from '../core/recent-adus.js';
import { createDistances } from './distances.js';
import { type Cluster, createHierarchy, type Hierarchy } from './hierarchy.js';
import { createLeadership, type Leadership } from './leadership.js';
import { bytesOf, type NiceKind, type NiceMessage } from './messages.js';
import { createRendezvous } from './rendezvous.js';
import { createSearch } from './search.js';
import { createUpkeep } from './upkeep.js';

/** OverSim: a heartbeat each 5 s, and `peerTimeoutHeartbeats` is 3. */
const HEARTBEAT_MS = 5000;
const SILENT_MS = 3 * HEARTBEAT_MS;

/** The rules of one node, and its clusters by layer. */
interface NiceRules extends RivalRules<NiceMessage> {
  clusters(): readonly Cluster[];
}

/** The data path: who gets a packet that has come from a node. */
function createForwarding(context: RivalContext<NiceMessage>, hierarchy: Hierarchy) {
  const received = createRecentAdus<Packet>();
  /** Those that look for a cluster, and until when they are served. */
  const guests = new Map<NodeId, { readonly member: Member; readonly untilMs: number }>();

  const targets = (from: NodeId | undefined, now: number): ReadonlyMap<NodeId, Member> => {
    const found = new Map<NodeId, Member>();
    for (const { peers } of hierarchy.clusters) {
      if (from !== undefined && peers.has(from)) continue;
      for (const { member } of peers.values()) found.set(member.id, member);
    }
    for (const [id, { member, untilMs }] of guests) {
      if (untilMs <= now) guests.delete(id);
      else if (id !== from) found.set(id, member);
    }
    return found;
  };

  return {
    addGuest: (member: Member, now: number): void =>
      void guests.set(member.id, { member, untilMs: now + SILENT_MS }),
    dropGuest: (id: NodeId): void => void guests.delete(id),
    distribute: (packet: Packet, from: NodeId | undefined, now: number): void => {
      const { adu, root } = packet;
      if (received.has(packetIdOf(adu))) return;
      received.add(packet);
      context.deliver(adu, root, from);
      for (const { address } of targets(from, now).values()) {
        context.send(address, { kind: 'data', adu, root });
      }
    },
  };
}

/** A member tells that it lives; what it takes for its leader may not be one, or not know it. */
function onHeartbeat(
  { self, send }: RivalContext<NiceMessage>,
  { hierarchy, leadership }: { readonly hierarchy: Hierarchy; readonly leadership: Leadership },
  from: Member,
  { layer, leader }: NiceKind<'heartbeat'>,
  now: number,
): void {
  const cluster = hierarchy.cluster(layer);
  if (leader === self.id && !hierarchy.leads(layer)) {
    return send(from.address, { kind: 'refuse', layer, leader: cluster?.leader ?? null });
  }
  const peer = cluster?.peers.get(from.id);
  if (peer !== undefined) peer.heardAt = now;
  else if (leader === self.id) leadership.onJoin(from, layer, now);
  else if (cluster === undefined) send(from.address, { kind: 'leave', layer });
}

/** Creates the rules of one node. */
export function createNice(context: RivalContext<NiceMessage>): NiceRules {
  const { self, send, contact } = context;
  const hierarchy = createHierarchy(context);
  const distances = createDistances(context);
  const rendezvous = createRendezvous(SILENT_MS);

  /** The rendezvous point asks itself, after the event that is being handled. */
  const tellRendezvous = (message: NiceMessage, now: number): void => {
    if (contact !== undefined) send(contact, message);
    else context.at(now, (later) => receive(self, message, later));
  };

  const search = createSearch({
    ...{ context, distances },
    askRendezvous: (now) => tellRendezvous({ kind: 'claim', layer: hierarchy.top() }, now),
    needs: (layer) => layer === hierarchy.top() + 1 && (layer === 0 || hierarchy.isRoot()),
  });
  const leadership = createLeadership({
    ...{ context, hierarchy, distances, search },
    yieldTo: (root, layer, now) => tellRendezvous({ kind: 'yield', root, layer }, now),
  });
  const upkeep = createUpkeep({ context, hierarchy, distances, leadership, silentMs: SILENT_MS });
  const forwarding = createForwarding(context, hierarchy);

  /** Who is in no cluster looks for one, and who leads all of its clusters claims to be the root. */
  const beat = (now: number): void => {
    if (hierarchy.top() < 0) return search.start(0, now);
    upkeep(now);
    if (hierarchy.isRoot()) tellRendezvous({ kind: 'claim', layer: hierarchy.top() }, now);
  };

  const onRoot = ({ root, layer }: NiceKind<'root'>, now: number): void => {
    const isSelf = root.id === self.id;
    if (isSelf && hierarchy.top() < 0) {
      leadership.found();
      return search.stop();
    }
    if (!isSelf && hierarchy.isRoot()) search.start(hierarchy.top() + 1, now);
    search.onRoot(root, layer, now);
  };

  const onRefuse = (from: Member, { layer, leader }: NiceKind<'refuse'>, now: number): void => {
    if (search.onRefused(from, layer, leader, now)) return;
    const cluster = hierarchy.cluster(layer);
    if (layer !== hierarchy.top() || cluster?.leader.id !== from.id) return;
    if (leader === null || leader.id === self.id) return leadership.replaceLeader(now);
    leadership.follow(leader, now);
  };

  const onQuery = (from: Member, layer: number, now: number): void => {
    const cluster = hierarchy.cluster(layer);
    if (cluster === undefined) return;
    forwarding.addGuest(from, now);
    const members = [...cluster.peers.values()].map(({ member }) => member);
    send(from.address, { kind: 'members', layer, members });
  };

  const handle = (from: Member, message: NiceMessage, now: number): void => {
    switch (message.kind) {
      case 'claim':
        return answer(from, { kind: 'root', ...rendezvous.onClaim(from, message.layer, now) }, now);
      case 'yield':
        return rendezvous.onYield(from, message, now);
      case 'root':
        return onRoot(message, now);
      case 'query':
        return onQuery(from, message.layer, now);
      case 'members':
        return search.onMembers(from, message.layer, message.members, now);
      case 'release':
        return forwarding.dropGuest(from.id);
      case 'probe':
        return send(from.address, { kind: 'probeReply' });
      case 'probeReply':
        distances.onReply(from.id, now);
        return search.onMeasured(now);
      case 'join':
        return leadership.onJoin(from, message.layer, now);
      case 'refuse':
        return onRefuse(from, message, now);
      case 'heartbeat':
        distances.onTold(from.id, message.distances);
        return onHeartbeat(context, { hierarchy, leadership }, from, message, now);
      case 'cluster':
        return leadership.onCluster(from, message, now);
      case 'lead':
        return leadership.onLead(from, message, now);
      case 'merge':
        return leadership.onMerge(message, now);
      case 'leave':
        return leadership.onLeave(from.id, message.layer);
      case 'data':
        return forwarding.distribute(message, from.id, now);
    }
  };

  /** Answers a node, or ourselves. */
  const answer = (to: Member, message: NiceMessage, now: number): void => {
    if (to.id === self.id) handle(self, message, now);
    else send(to.address, message);
  };

  function receive(from: Member, message: NiceMessage, now: number): void {
    handle(from, message, now);
    if (message.kind !== 'data') hierarchy.report();
  }

  return {
    join: (now) => {
      search.start(0, now);
      repeat(context, HEARTBEAT_MS, now, (later) => {
        beat(later);
        hierarchy.report();
      });
    },
    leave: (now) => {
      leadership.resign(0, now);
      hierarchy.report();
    },
    publish: (adu, now) => forwarding.distribute({ adu, root: self.id }, undefined, now),
    receive,
    linkDown: () => {},
    neighbours: () => [...hierarchy.peers().values()],
    membersKnown: () => hierarchy.peers().size,
    clusters: () => hierarchy.clusters,
  };
}

export const nice: Protocol<NiceMessage> = {
  create: createNice,
  bytesOf,
  isData: ({ kind }) => kind === 'data',
};
