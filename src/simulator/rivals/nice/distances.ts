/**
 * The distances that a NICE node knows: its own ones, measured by probes, and those that others tell in
 * their heartbeats. Clusters are made of what is near, and led by their "graph-theoretic center".
 */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { Distance, NiceMessage } from './messages.js';

export interface Distances {
  /** Measures the distance to a node; its answer is handed to `onReply`. */
  probe(member: Member, now: number): void;
  onReply(from: NodeId, now: number): void;
  onTold(from: NodeId, distances: readonly Distance[]): void;
  /** From us, ms; undefined: not measured. */
  to(id: NodeId): number | undefined;
  /** When it was measured last; undefined: never. */
  measuredAt(id: NodeId): number | undefined;
  /** Between any two nodes, ms; undefined: not known. */
  between(a: NodeId, b: NodeId): number | undefined;
  /** What we tell these others. */
  tell(others: Iterable<NodeId>): Distance[];
  /** Forgets what others than these have told. */
  keep(ids: ReadonlySet<NodeId>): void;
}

interface Measured {
  readonly ms: number;
  readonly at: number;
}

/** Creates an empty table. Bounded by the session: own distances, and what peers tell of peers. */
export function createDistances({ self, send }: RivalContext<NiceMessage>): Distances {
  const own = new Map<NodeId, Measured>();
  const asked = new Map<NodeId, number>();
  const told = new Map<NodeId, ReadonlyMap<NodeId, number>>();
  const to = (id: NodeId): number | undefined => (id === self.id ? 0 : own.get(id)?.ms);
  return {
    probe: (member, now) => {
      asked.set(member.id, now);
      send(member.address, { kind: 'probe' });
    },
    onReply: (from, now) => {
      const sentAt = asked.get(from);
      asked.delete(from);
      if (sentAt !== undefined) own.set(from, { ms: (now - sentAt) / 2, at: now });
    },
    onTold: (from, distances) => {
      told.set(from, new Map(distances.map((each) => [each.to, each.ms])));
    },
    to,
    measuredAt: (id) => own.get(id)?.at,
    between: (a, b) => {
      if (a === b) return 0;
      if (a === self.id) return to(b);
      if (b === self.id) return to(a);
      return told.get(a)?.get(b) ?? told.get(b)?.get(a);
    },
    tell: (others) =>
      [...others].flatMap((id) => {
        const ms = to(id);
        return ms === undefined ? [] : [{ to: id, ms }];
      }),
    keep: (ids) => {
      for (const id of told.keys()) if (!ids.has(id)) told.delete(id);
    },
  };
}
