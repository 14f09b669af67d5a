/**
 * A bridge over a cut (§3.5): an edge to the far side of a partition, which is wanted whatever it
 * costs. Heartbeat notices the cut; the optimiser probes members of the far side until an edge
 * begins.
 */
import type { NodeId } from '../core/node.js';

/** A bridge is given up after this time; the next lost heartbeat asks for one again, ms. Guess. */
const BRIDGE_MS = 10_000;

export interface Bridge {
  isWanted(): boolean;
  want(now: number): void;
  /** The cut is healed, or we are leaving. */
  end(): void;
  onProbe(id: NodeId): void;
  /** Whether a member was probed in vain for the present bridge. */
  hasTried(id: NodeId): boolean;
  expire(now: number): void;
  /** When the bridge is given up; Infinity while none is wanted. */
  until(): number;
}

/** Creates the state of bridges; none is wanted. */
export function createBridge(): Bridge {
  let until = Number.POSITIVE_INFINITY;
  /** Bounded: the probes of BRIDGE_MS. */
  let tried = new Set<NodeId>();
  const isWanted = (): boolean => until !== Number.POSITIVE_INFINITY;
  const end = (): void => {
    until = Number.POSITIVE_INFINITY;
    tried = new Set();
  };
  return {
    isWanted() {
      return isWanted();
    },
    want: (now) => {
      if (!isWanted()) until = now + BRIDGE_MS;
    },
    end,
    onProbe: (id) => {
      if (isWanted()) tried.add(id);
    },
    hasTried: (id) => tried.has(id),
    expire: (now) => {
      if (until <= now) end();
    },
    until() {
      return until;
    },
  };
}
