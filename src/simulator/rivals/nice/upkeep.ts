/**
 * What a NICE node does in each heartbeat interval: it tells the members of its clusters that it lives,
 * drops those that are silent, keeps the sizes of the clusters that it leads between k and 3k - 1, hands
 * over to a better centre, and looks for a nearer cluster.
 */
import type { Member } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import { centreOf, isMuchLess, radiusAt } from './centre.js';
import type { Distances } from './distances.js';
import { type Hierarchy, membersOf } from './hierarchy.js';
import type { Leadership } from './leadership.js';
import type { NiceMessage } from './messages.js';

/** "Each cluster is size bounded between k and 3k - 1"; the authors' experiments, and OverSim, have k = 3. */
export const K = 3;
export const SIZE_MAX = 3 * K - 1;

interface UpkeepOptions {
  readonly context: RivalContext<NiceMessage>;
  readonly hierarchy: Hierarchy;
  readonly distances: Distances;
  readonly leadership: Leadership;
  /** Who is not heard for this time is gone, ms. */
  readonly silentMs: number;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

/** Creates a function that does the upkeep of one node. */
export function createUpkeep(options: UpkeepOptions): (now: number) => void {
  const { context, hierarchy, distances, leadership, silentMs } = options;
  const { self, send } = context;

  /** Drops the silent members of clusters that we lead; returns whether our own leader is silent. */
  const dropSilent = (now: number): boolean => {
    let isLeaderGone = false;
    for (const [layer, cluster] of hierarchy.clusters.entries()) {
      for (const [id, { heardAt }] of cluster.peers) {
        if (now - heardAt < silentMs) continue;
        if (hierarchy.leads(layer)) cluster.peers.delete(id);
        else isLeaderGone ||= id === cluster.leader.id;
      }
    }
    return isLeaderGone;
  };

  const heartbeat = (): void => {
    for (const [layer, { leader, peers }] of hierarchy.clusters.entries()) {
      if (hierarchy.leads(layer)) leadership.announce(layer);
      else {
        const told = distances.tell(peers.keys());
        const message = { kind: 'heartbeat', layer, leader: leader.id, distances: told } as const;
        for (const { member } of peers.values()) send(member.address, message);
      }
    }
  };

  /** Whether the distances of any two members of a cluster that we lead are known. */
  const knowsAll = (members: readonly Member[]): boolean =>
    members.every((a) => members.every((b) => distances.between(a.id, b.id) !== undefined));

  /** One cluster is cut or merged at a time; returns whether one was. */
  const fitSizes = (now: number): boolean => {
    const top = hierarchy.top();
    for (let layer = 0; layer <= top && hierarchy.leads(layer); layer++) {
      const size = 1 + (hierarchy.cluster(layer)?.peers.size ?? 0);
      if (size > SIZE_MAX) {
        leadership.split(layer, now);
        return true;
      }
      if (layer < top && size < K && leadership.merge(layer, now)) return true;
      // The root needs no layer in which it is alone.
      if (layer === top && layer > 0 && size === 1) hierarchy.truncate(layer);
    }
    return false;
  };

  /** A cluster that we lead gets a better leader, from the top down; returns whether one did. */
  const centre = (now: number): boolean => {
    for (let layer = hierarchy.top(); layer >= 0; layer--) {
      const cluster = hierarchy.cluster(layer);
      if (cluster === undefined || !hierarchy.leads(layer)) continue;
      const members = [self, ...membersOf(cluster)];
      const best = knowsAll(members) ? centreOf(members, leadership.distance) : undefined;
      if (best === undefined || best.id === self.id) continue;
      const radius = (at: Member): number => radiusAt(at, members, leadership.distance);
      const meanMs = mean(membersOf(cluster).map((each) => leadership.distance(self, each)));
      if (!isMuchLess(radius(best), radius(self), meanMs)) continue;
      leadership.handOver(layer, best, now);
      return true;
    }
    return false;
  };

  /**
   * "Refining cluster attachments": a member of the cluster above that is much nearer than our leader
   * leads a cluster that suits us better. We leave our own one when that one has taken us.
   */
  const refine = (now: number): void => {
    const layer = hierarchy.top();
    const cluster = hierarchy.cluster(layer);
    if (cluster === undefined || hierarchy.leads(layer)) return;
    const others = cluster.above.filter(({ id }) => id !== cluster.leader.id && id !== self.id);
    const known = others.filter(({ id }) => distances.to(id) !== undefined);
    const toMs = ({ id }: Member): number => distances.to(id) ?? Number.POSITIVE_INFINITY;
    const near = known.toSorted((a, b) => toMs(a) - toMs(b))[0];
    if (near !== undefined && isMuchLess(toMs(near), toMs(cluster.leader), mean(known.map(toMs)))) {
      leadership.moveTo(near);
    }
    for (const member of others) distances.probe(member, now);
  };

  return (now) => {
    if (dropSilent(now)) leadership.replaceLeader(now);
    heartbeat();
    if (!fitSizes(now) && !centre(now)) refine(now);
    distances.keep(new Set(hierarchy.peers().keys()));
  };
}
