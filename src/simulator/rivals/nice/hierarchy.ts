/**
 * The clusters of one NICE node. Every node is in a cluster of layer 0; who leads a cluster of a layer is
 * in one of the next layer as well. So a node leads the clusters of all its layers but the highest, and
 * of that one only if it is the root: the leader of the single cluster of the highest layer.
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { NiceMessage } from './messages.js';

/** Another member of one of our clusters. */
interface Peer {
  readonly member: Member;
  heardAt: number;
}

export interface Cluster {
  /** We, or one of the peers. */
  leader: Member;
  peers: Map<NodeId, Peer>;
  /** The members of the cluster above it, as its leader has told; empty if we lead it. */
  above: readonly Member[];
}

export interface Hierarchy {
  /** By layer. */
  readonly clusters: readonly Cluster[];
  /** The highest layer that we are in; -1: we are in none. */
  top(): number;
  cluster(layer: number): Cluster | undefined;
  leads(layer: number): boolean;
  /** Whether we lead all clusters that we are in; alone, or the only one, or cut off. */
  isRoot(): boolean;
  /** Adds a cluster above the present ones. */
  push(cluster: Cluster): void;
  /** Keeps that number of layers. */
  truncate(layers: number): void;
  /** The members of all clusters, without us. */
  peers(): ReadonlyMap<NodeId, Member>;
  /** Notifies of peers that have come or gone since the last time. */
  report(): void;
}

export const membersOf = ({ peers }: Cluster): Member[] =>
  [...peers.values()].map(({ member }) => member);

/** The peers among these, heard of now if they are new. */
export function peersFrom(
  self: NodeId,
  members: readonly Member[],
  before: Cluster['peers'] | undefined,
  now: number,
): Cluster['peers'] {
  const others = members.filter(({ id }) => id !== self);
  return new Map(
    others.map((member) => [member.id, before?.get(member.id) ?? { member, heardAt: now }]),
  );
}

/** Creates the hierarchy of one node; it is in no cluster. */
export function createHierarchy({ self, notify }: RivalContext<NiceMessage>): Hierarchy {
  const clusters: Cluster[] = [];
  let reported: ReadonlyMap<NodeId, Member> = new Map();
  const leads = (layer: number): boolean => clusters[layer]?.leader.id === self.id;
  const peers = (): ReadonlyMap<NodeId, Member> =>
    new Map(clusters.flatMap((cluster) => membersOf(cluster).map((each) => [each.id, each])));
  return {
    clusters,
    top: () => clusters.length - 1,
    cluster: (layer) => clusters[layer],
    leads,
    isRoot: () => leads(clusters.length - 1),
    push: (cluster) => void clusters.push(cluster),
    truncate: (layers) => void clusters.splice(layers),
    peers,
    report: () => {
      const present = peers();
      for (const [id, member] of present) {
        if (!reported.has(id)) notify({ kind: 'edgeUp', member, ours: true });
      }
      for (const [id, member] of reported) {
        if (!present.has(id)) notify({ kind: 'edgeDown', member, reason: 'dropped' });
      }
      reported = present;
    },
  };
}
