/**
 * Failure of a neighbour (§3.5): "To detect neighbor failure, neighboring nodes in the mesh
 * exchange periodic KEEP_ALIVE messages. Loss of these messages is an indication of failure."
 *
 * Beyond: the death of a parent must be noticed soon, so a node sends frequent keep-alives to the
 * neighbours that it feeds and rare ones to the others. Any message of a neighbour counts as a sign
 * of life. ADUs, which flow all the time, replace the frequent keep-alives. And a node that is
 * itself late (stopped, overloaded) gives its neighbours that much more time before it accuses them
 * (Lifeguard).
 *
 * The timeouts are `keepAliveMisses` intervals; config.ts lists them with the other timeouts.
 */
import { type ClockedContext, send } from '../core/context.js';
import type { Message } from '../core/message.js';
import type { Address, NodeId } from '../core/node.js';

interface Watched {
  readonly address: Address;
  readonly rttMs: number;
  heardAt: number;
  /** When it was last sent a keep-alive. */
  keepAliveAt: number;
  /** When it was last sent a keep-alive or an ADU. */
  sentAt: number;
  /** A parent must be heard often. */
  isParent: boolean;
}

export interface LivenessFacts {
  /** A neighbour has missed its keep-alives. */
  onSilent(id: NodeId, now: number): void;
  /** Whether it is our next hop towards a source, or we are its. */
  isParent(id: NodeId): boolean;
  isChild(id: NodeId): boolean;
  /** Whether there is something new to report to a neighbour with a keep-alive. */
  hasNews(id: NodeId): boolean;
  /** The next keep-alive to a neighbour. */
  keepAlive(id: NodeId): Extract<Message, { kind: 'keepAlive' }>;
}

/** A neighbour to watch. */
interface WatchedNeighbour {
  readonly id: NodeId;
  readonly address: Address;
  readonly rttMs: number;
}

export interface Liveness {
  /**
   * The first message of a new neighbour takes a round trip: only then does it know of the edge.
   */
  watch(neighbour: WatchedNeighbour, now: number): void;
  unwatch(id: NodeId): void;
  heard(id: NodeId, now: number): void;
  /** Next hops have changed: old and new parents are sent the value of their edges at once. */
  onTableChanged(now: number): void;
  /** An ADU was sent to it. */
  onForwarded(id: NodeId, now: number): void;
  tick(now: number): void;
  deadline(): number;
}

/** Creates liveness without neighbours. */
export function createLiveness(context: ClockedContext, facts: LivenessFacts): Liveness {
  const { keepAliveIntervalMs, treeKeepAliveIntervalMs, keepAliveMisses, answerTimeoutMs } =
    context.config;
  /** Bounded by the mesh: the neighbours. */
  const watched = new Map<NodeId, Watched>();
  let nextRound = Number.POSITIVE_INFINITY;

  const forgiveOwnLateness = (now: number): void => {
    const lateMs = now - nextRound;
    if (lateMs < treeKeepAliveIntervalMs / 2) return;
    for (const peer of watched.values()) {
      peer.heardAt = Math.max(peer.heardAt, Math.min(now, peer.heardAt + lateMs));
    }
  };

  const isSilent = (peer: Watched, now: number): boolean => {
    const intervalMs = peer.isParent ? treeKeepAliveIntervalMs : keepAliveIntervalMs;
    return now - peer.heardAt > intervalMs * keepAliveMisses;
  };

  /** News are looked for last: that takes longest. */
  const isDue = (id: NodeId, peer: Watched, now: number): boolean =>
    now - peer.keepAliveAt >= keepAliveIntervalMs ||
    (now - peer.sentAt >= treeKeepAliveIntervalMs && facts.isChild(id)) ||
    facts.hasNews(id);

  const sendKeepAlive = (id: NodeId, peer: Watched, now: number): void => {
    peer.keepAliveAt = now;
    peer.sentAt = now;
    send(context, peer.address, facts.keepAlive(id));
  };

  const updateParent = (id: NodeId, peer: Watched, now: number): void => {
    const isParent = facts.isParent(id);
    if (isParent === peer.isParent) return;
    // A new parent sends often only after it has learned that it is one.
    const graceMs = Math.min(peer.rttMs, answerTimeoutMs);
    if (isParent) peer.heardAt = Math.max(peer.heardAt, now + graceMs);
    peer.isParent = isParent;
    if (context.config.exchangesEdges) sendKeepAlive(id, peer, now);
  };

  return {
    watch: ({ id, address, rttMs }, now) => {
      const heardAt = now + Math.min(rttMs, answerTimeoutMs);
      watched.set(id, { address, rttMs, heardAt, keepAliveAt: now, sentAt: now, isParent: false });
      nextRound = Math.min(nextRound, now + treeKeepAliveIntervalMs);
      context.wakeBy(nextRound);
    },
    unwatch: (id) => {
      watched.delete(id);
      if (watched.size === 0) nextRound = Number.POSITIVE_INFINITY;
    },
    heard: (id, now) => {
      const peer = watched.get(id);
      if (peer !== undefined) peer.heardAt = Math.max(peer.heardAt, now);
    },
    onTableChanged: (now) => {
      for (const [id, peer] of watched) updateParent(id, peer, now);
    },
    onForwarded: (id, now) => {
      const peer = watched.get(id);
      if (peer !== undefined) peer.sentAt = now;
    },
    tick: (now) => {
      forgiveOwnLateness(now);
      nextRound = now + treeKeepAliveIntervalMs;
      for (const [id, peer] of watched) {
        if (isSilent(peer, now)) facts.onSilent(id, now);
        else if (isDue(id, peer, now)) sendKeepAlive(id, peer, now);
      }
    },
    deadline() {
      return nextRound;
    },
  };
}
