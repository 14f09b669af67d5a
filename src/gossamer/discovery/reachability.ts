/**
 * Members that could not be reached. Each is not tried for a while, and is forgotten after several
 * failures in a row. A member behind a cut is thus found again when the cut ends.
 */
import type { NodeId } from '../core/node.js';

/** The pause after a failed attempt, ms. Guess. */
const REST_MS = 10_000;

/** Failures in a row after which a member is forgotten. Guess: it outlives a 1-minute cut. */
const ATTEMPTS_MAX = 12;

export interface Reachability {
  /** Whether any member is paused. Usually none is, and then no member needs to be checked. */
  isAnyResting(): boolean;
  isReachable(id: NodeId, now: number): boolean;
  /** Notes a failure; false when the member is to be forgotten. */
  onFailure(id: NodeId, now: number): boolean;
  /** The member was heard from, or is forgotten. */
  clear(id: NodeId): void;
}

/** Creates a record without failed attempts. */
export function createReachability(): Reachability {
  /** Bounded by the members known. */
  const failures = new Map<NodeId, { readonly count: number; readonly restUntil: number }>();
  return {
    isAnyResting() {
      return failures.size > 0;
    },
    isReachable: (id, now) => (failures.get(id)?.restUntil ?? 0) <= now,
    onFailure: (id, now) => {
      const count = (failures.get(id)?.count ?? 0) + 1;
      if (count >= ATTEMPTS_MAX) return false;
      failures.set(id, { count, restUntil: now + REST_MS });
      return true;
    },
    clear: (id) => {
      if (failures.size > 0) failures.delete(id);
    },
  };
}
