/**
 * "To detect neighbor failure, neighboring nodes in the mesh exchange periodic KEEP_ALIVE messages.
 * Loss of these messages is an indication of failure" (§3.5).
 *
 * Beyond: whatever a neighbour sends counts as keep-alive, data included; and a node that is itself
 * late (stopped, overloaded) gives its neighbours that much more time before it accuses them
 * (Lifeguard's local health).
 */
import { type Context, send } from './context.js';
import type { Address, NodeId } from './node.js';

interface Watched {
  readonly address: Address;
  heardAt: number;
}

export interface Liveness {
  /** The first word of a new neighbour needs a round trip: it knows of the edge only then. */
  watch(id: NodeId, address: Address, rttMs: number, now: number): void;
  unwatch(id: NodeId): void;
  heard(id: NodeId, now: number): void;
  tick(now: number): void;
  readonly deadline: number;
}

/** `onSilent` hears of a neighbour that has missed its keep-alives. */
export function createLiveness(
  context: Context,
  onSilent: (id: NodeId, now: number) => void,
): Liveness {
  const { keepAliveIntervalMs, keepAliveMisses, answerTimeoutMs } = context.config;
  /** Bounded by the mesh: the neighbours. */
  const watched = new Map<NodeId, Watched>();
  let nextRound = Number.POSITIVE_INFINITY;

  const forgiveOwnLateness = (now: number): void => {
    const lateMs = now - nextRound;
    if (lateMs < keepAliveIntervalMs / 2) return;
    for (const peer of watched.values()) {
      peer.heardAt = Math.max(peer.heardAt, Math.min(now, peer.heardAt + lateMs));
    }
  };

  return {
    watch: (id, address, rttMs, now) => {
      watched.set(id, { address, heardAt: now + Math.min(rttMs, answerTimeoutMs) });
      if (nextRound === Number.POSITIVE_INFINITY) nextRound = now + keepAliveIntervalMs;
    },
    unwatch: (id) => {
      watched.delete(id);
      if (watched.size === 0) nextRound = Number.POSITIVE_INFINITY;
    },
    heard: (id, now) => {
      const peer = watched.get(id);
      if (peer !== undefined) peer.heardAt = Math.max(peer.heardAt, now);
    },
    tick: (now) => {
      if (nextRound > now) return;
      forgiveOwnLateness(now);
      nextRound = now + keepAliveIntervalMs;
      for (const [id, peer] of [...watched]) {
        if (now - peer.heardAt > keepAliveIntervalMs * keepAliveMisses) onSilent(id, now);
        else send(context, peer.address, { kind: 'keepAlive' });
      }
    },
    get deadline() {
      return nextRound;
    },
  };
}
