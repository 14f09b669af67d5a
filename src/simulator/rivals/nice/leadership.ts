/**
 * Who leads which cluster of NICE, and who is in it. A cluster's leader has the list of its members, and
 * everybody believes the list of the leader that was heard last. Where two lead a cluster, as after the
 * death of a leader that both wanted to replace, the one with the larger id gives way.
 *
 * Departure: the paper leaves changes to the next heartbeat; here a leader tells them at once, as a
 * cluster that takes a hundred newcomers in five seconds would lose data for each of them.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import { centreOf, halve } from './centre.js';
import type { Distances } from './distances.js';
import { type Cluster, type Hierarchy, membersOf, peersFrom } from './hierarchy.js';
import type { NiceKind, NiceMessage } from './messages.js';
import type { Search } from './search.js';

export interface Leadership {
  /** Becomes the only member of layer 0, and its leader. */
  found(): void;
  /** Sends the list of a cluster to its members; we lead it. */
  announce(layer: number): void;
  onJoin(from: Member, layer: number, now: number): void;
  onCluster(from: Member, message: NiceKind<'cluster'>, now: number): void;
  onLead(from: Member, message: NiceKind<'lead'>, now: number): void;
  onMerge(message: NiceKind<'merge'>, now: number): void;
  onLeave(from: NodeId, layer: number): void;
  /** Leaves all layers from that one up; others lead what we led. Returns who leads that layer. */
  resign(layer: number, now: number): Member | undefined;
  /** Another member of a cluster leads it from now on. */
  handOver(layer: number, to: Member, now: number): void;
  /** The leader of our highest cluster is gone: we or another member take its place. */
  replaceLeader(now: number): void;
  /** Our leader names another one, which has not told us yet. */
  follow(leader: Member, now: number): void;
  /** Asks another leader to take us into its cluster instead of our highest one. */
  moveTo(leader: Member): void;
  /** Cuts a cluster that we lead in two. */
  split(layer: number, now: number): void;
  /** Gives the members of a cluster that we lead to its nearest neighbour; false: there is none. */
  merge(layer: number, now: number): boolean;
  /** The distance of any two nodes, as far as it can be said, ms. */
  distance(a: Member, b: Member): number;
}

interface LeadershipOptions {
  readonly context: RivalContext<NiceMessage>;
  readonly hierarchy: Hierarchy;
  readonly distances: Distances;
  readonly search: Search;
  /** Tells the rendezvous point who leads the highest cluster instead of us. */
  yieldTo(root: Member, layer: number, now: number): void;
}

/** What is assumed of a distance of which nothing is known, ms. Guess. */
const UNKNOWN_MS = 500;

/** Creates the rules of one node. */
export function createLeadership(options: LeadershipOptions): Leadership {
  const { context, hierarchy, distances, search, yieldTo } = options;
  const { self, send } = context;

  /** The leader whose cluster we have asked to move to. */
  let destination: NodeId | undefined;

  /** Two members of a cluster that have not told their distance are as far as the way over us. */
  const distance = (a: Member, b: Member): number =>
    distances.between(a.id, b.id) ??
    (distances.to(a.id) ?? UNKNOWN_MS) + (distances.to(b.id) ?? UNKNOWN_MS);

  const announce = (layer: number): void => {
    const cluster = hierarchy.cluster(layer);
    if (cluster === undefined) return;
    const members = [self, ...membersOf(cluster)];
    const over = hierarchy.cluster(layer + 1);
    const above = over === undefined ? [] : [over.leader, ...othersIn(over)];
    for (const member of membersOf(cluster)) {
      const told = distances.tell(cluster.peers.keys());
      send(member.address, { kind: 'cluster', layer, members, above, distances: told });
    }
  };

  /** Everybody in a cluster but its leader. */
  const othersIn = (cluster: Cluster): Member[] =>
    [self, ...membersOf(cluster)].filter(({ id }) => id !== cluster.leader.id);

  /** A member is told to lead a cluster; returns it. */
  const appoint = (
    layer: number,
    to: Member,
    members: readonly Member[],
    above: Member | undefined,
    now: number,
  ): Member => {
    const others = members.filter(({ id }) => id !== to.id);
    send(to.address, { kind: 'lead', layer, members: others, above: above ?? null });
    if (above === undefined) yieldTo(to, layer, now);
    return to;
  };

  const leave = (layer: number, cluster: Cluster): Member => {
    for (const { address } of membersOf(cluster)) send(address, { kind: 'leave', layer });
    return cluster.leader;
  };

  const resign = (lowest: number, now: number): Member | undefined => {
    let above: Member | undefined;
    // From the top down, so that a new leader can be told who leads the cluster above.
    for (let layer = hierarchy.top(); layer >= lowest; layer--) {
      const cluster = hierarchy.cluster(layer) as Cluster;
      const centre = centreOf(membersOf(cluster), distance);
      if (!hierarchy.leads(layer)) above = leave(layer, cluster);
      else if (centre !== undefined) above = appoint(layer, centre, membersOf(cluster), above, now);
    }
    hierarchy.truncate(lowest);
    return above;
  };

  const handOver = (layer: number, to: Member, now: number): void => {
    const cluster = hierarchy.cluster(layer);
    if (cluster === undefined) return;
    const above = resign(layer + 1, now);
    appoint(layer, to, [self, ...membersOf(cluster)], above, now);
    cluster.leader = to;
    cluster.above = [];
  };

  /** We lead our highest cluster, and need one above it, unless we are the root. */
  const takeLead = (above: Member | undefined, now: number): void => {
    const layer = hierarchy.top();
    const cluster = hierarchy.cluster(layer);
    if (cluster === undefined) return;
    cluster.leader = self;
    announce(layer);
    if (above !== undefined && above.id !== self.id) search.joinAt(above, layer + 1, now);
  };

  /**
   * Whether a list comes from who may lead our cluster: who does already, another member of it, who
   * takes it as a whole, or whom we have asked. The list of one that we have left may still be under way.
   */
  const mayLead = (from: Member, { leader, peers }: Cluster, members: readonly Member[]): boolean =>
    peers.has(from.id) || from.id === destination || members.some(({ id }) => id === leader.id);

  /** Takes the list of a cluster's leader. */
  const adopt = (from: Member, message: NiceKind<'cluster'>, now: number): void => {
    const { layer, members, above } = message;
    const before = hierarchy.cluster(layer);
    const peers = peersFrom(self.id, members, before?.peers, now);
    const heard = peers.get(from.id);
    if (heard !== undefined) heard.heardAt = now;
    for (const { member } of peers.values()) {
      if (distances.to(member.id) === undefined) distances.probe(member, now);
    }
    if (before === undefined) return hierarchy.push({ leader: from, peers, above });
    const isMove = !before.peers.has(from.id) && !peers.has(before.leader.id);
    if (isMove) leave(layer, before);
    if (from.id === destination) destination = undefined;
    Object.assign(before, { leader: from, peers, above });
  };

  /** Somebody else leads a cluster that we lead, and counts us among its members. */
  const settle = (from: Member, message: NiceKind<'cluster'>, now: number): void => {
    const { layer, members } = message;
    const cluster = hierarchy.cluster(layer) as Cluster;
    if (from.id > self.id) {
      cluster.peers.set(from.id, { member: from, heardAt: now });
      return announce(layer);
    }
    const missing = membersOf(cluster).filter((one) => !members.some(({ id }) => id === one.id));
    resign(layer + 1, now);
    Object.assign(cluster, {
      ...{ leader: from, above: message.above },
      peers: peersFrom(self.id, members, cluster.peers, now),
    });
    if (missing.length > 0) send(from.address, { kind: 'merge', layer, members: missing });
  };

  const admit = (members: readonly Member[], layer: number, now: number): void => {
    const cluster = hierarchy.cluster(layer);
    if (cluster === undefined) return;
    for (const member of members) {
      if (member.id === self.id || cluster.peers.has(member.id)) continue;
      cluster.peers.set(member.id, { member, heardAt: now });
      if (distances.to(member.id) === undefined) distances.probe(member, now);
    }
    announce(layer);
  };

  /** A root that is asked for a layer above its own ones opens it. */
  const openLayer = (layer: number): boolean => {
    if (!hierarchy.isRoot() || hierarchy.top() !== layer - 1) return false;
    hierarchy.push({ leader: self, peers: new Map(), above: [] });
    return true;
  };

  return {
    distance,
    announce,
    resign,
    handOver,
    found: () => hierarchy.push({ leader: self, peers: new Map(), above: [] }),
    onJoin: (from, layer, now) => {
      if (hierarchy.leads(layer) || openLayer(layer)) return admit([from], layer, now);
      const leader = hierarchy.cluster(layer)?.leader ?? null;
      send(from.address, { kind: 'refuse', layer, leader });
    },
    onCluster: (from, message, now) => {
      const { layer, members } = message;
      distances.onTold(from.id, message.distances);
      const cluster = hierarchy.cluster(layer);
      if (!members.some(({ id }) => id === self.id)) {
        // It has dropped us, as it had not heard of us for long.
        const isOurs = layer === hierarchy.top() && cluster?.leader.id === from.id;
        if (isOurs) send(from.address, { kind: 'join', layer });
      } else if (hierarchy.leads(layer)) settle(from, message, now);
      else if (cluster !== undefined && mayLead(from, cluster, members)) adopt(from, message, now);
      else if (cluster === undefined && search.finds(layer)) adopt(from, message, now);
      else send(from.address, { kind: 'leave', layer });
    },
    onLead: (from, { layer, members, above }, now) => {
      const cluster = hierarchy.cluster(layer);
      if (cluster === undefined || layer !== hierarchy.top() || hierarchy.leads(layer)) return;
      if (cluster.leader.id !== from.id) return;
      cluster.peers = peersFrom(self.id, members, cluster.peers, now);
      cluster.above = [];
      takeLead(above ?? undefined, now);
    },
    onMerge: ({ layer, members }, now) => {
      if (hierarchy.leads(layer)) admit(members, layer, now);
    },
    onLeave: (from, layer) => {
      const cluster = hierarchy.cluster(layer);
      // Our leader is replaced by whom it has told to lead, or when it has been silent for long.
      if (cluster === undefined || cluster.leader.id === from) return;
      if (cluster.peers.delete(from) && hierarchy.leads(layer)) announce(layer);
    },
    replaceLeader: (now) => {
      const layer = hierarchy.top();
      const cluster = hierarchy.cluster(layer);
      if (cluster === undefined) return;
      const gone = cluster.leader;
      cluster.peers.delete(gone.id);
      const centre = centreOf([self, ...membersOf(cluster)], distance) ?? self;
      const above = cluster.above.find(({ id }) => id !== gone.id && id !== self.id);
      const heard = cluster.peers.get(centre.id);
      if (heard === undefined) return takeLead(above, now);
      // It has as long to tell that it leads as any leader has between two heartbeats.
      heard.heardAt = now;
      cluster.leader = centre;
    },
    follow: (leader, now) => {
      const cluster = hierarchy.cluster(hierarchy.top());
      if (cluster === undefined) return;
      cluster.leader = leader;
      cluster.peers.set(leader.id, { member: leader, heardAt: now });
      send(leader.address, { kind: 'join', layer: hierarchy.top() });
    },
    moveTo: (leader) => {
      destination = leader.id;
      send(leader.address, { kind: 'join', layer: hierarchy.top() });
    },
    split: (layer, now) => {
      const cluster = hierarchy.cluster(layer);
      if (cluster === undefined) return;
      const halves = halve([self, ...membersOf(cluster)], distance);
      const [mine, theirs] = halves[0].includes(self) ? halves : [halves[1], halves[0]];
      const centre = centreOf(theirs, distance);
      if (centre === undefined) return;
      cluster.peers = peersFrom(self.id, mine, cluster.peers, now);
      openLayer(layer + 1);
      appoint(layer, centre, theirs, hierarchy.cluster(layer + 1)?.leader, now);
      announce(layer);
    },
    merge: (layer, now) => {
      const [cluster, over] = [hierarchy.cluster(layer), hierarchy.cluster(layer + 1)];
      if (cluster === undefined || over === undefined) return false;
      const near = membersOf(over).toSorted((a, b) => distance(self, a) - distance(self, b))[0];
      if (near === undefined) return false;
      send(near.address, { kind: 'merge', layer, members: [self, ...membersOf(cluster)] });
      resign(layer + 1, now);
      cluster.leader = near;
      cluster.peers.set(near.id, { member: near, heardAt: now });
      return true;
    },
  };
}
