/**
 * The members that are marked dead (§3.5): "Upon receiving an SCX leave/failure notification, other
 * SCXs mark that SCX as dead in their membership list." Beyond: the mark holds up to an incarnation
 * and is remembered for `deathMemoryMs`, so that gossip does not bring back a dead member.
 */
import type { GossamerConfig } from '../core/config.js';
import type { Death } from '../core/message.js';
import type { NodeId } from '../core/node.js';

interface Mark {
  readonly incarnation: number;
  readonly atMs: number;
}

export interface DeadMembers {
  has(death: Death): boolean;
  /** The highest incarnation of a node that is marked dead. */
  diedIn(id: NodeId): number | undefined;
  mark(death: Death, now: number): void;
  /** The node is alive in a later incarnation. */
  unmark(id: NodeId): void;
  /** Forgets the marks that are older than `deathMemoryMs`. */
  forgetOld(now: number): void;
  /** The deaths to tell, the newest first, bounded by `discoveryListMax`. */
  list(now: number): Death[];
}

/** Creates a set without marks; bounded by `membersMax`. */
export function createDeadMembers(config: GossamerConfig): DeadMembers {
  /** The oldest first. */
  const marks = new Map<NodeId, Mark>();

  const forgetOld = (now: number): void => {
    for (const [id, { atMs }] of marks) {
      if (now - atMs < config.deathMemoryMs) break;
      marks.delete(id);
    }
  };

  return {
    has: ({ id, incarnation }) => {
      const mark = marks.get(id);
      return mark !== undefined && incarnation <= mark.incarnation;
    },
    diedIn: (id) => marks.get(id)?.incarnation,
    mark: ({ id, incarnation }, now) => {
      if (marks.size >= config.membersMax) marks.delete(marks.keys().next().value as NodeId);
      marks.delete(id);
      marks.set(id, { incarnation, atMs: now });
    },
    forgetOld,
    unmark: (id) => void marks.delete(id),
    list: (now) => {
      forgetOld(now);
      const newest = [...marks].slice(-config.discoveryListMax).reverse();
      return newest.map(([id, { incarnation }]) => ({ id, incarnation }));
    },
  };
}
