/**
 * "To detect neighbor failure, neighboring nodes in the mesh exchange periodic KEEP_ALIVE messages.
 * Loss of these messages is an indication of failure" (§3.5).
 *
 * Beyond: what must be noticed soon is the death of a parent, so whoever feeds a neighbour speaks to it
 * often, and to others seldom. Whatever a neighbour sends counts, and ADUs, which are sent all the
 * time, take the place of the frequent keep-alives. And a node that is itself late (stopped,
 * overloaded) gives its neighbours that much more time before it accuses them (Lifeguard).
 */
import { type ClockedContext, send } from '../core/context.js';
import type { Message } from '../core/message.js';
import type { Address, NodeId } from '../core/node.js';

interface Watched {
  readonly address: Address;
  readonly rttMs: number;
  heardAt: number;
  /** When it was last sent a keep-alive, and when anything that takes its place. */
  keptAt: number;
  saidAt: number;
  /** A parent must be heard often. */
  isParent: boolean;
}

export interface LivenessFacts {
  /** A neighbour has missed its keep-alives. */
  onSilent(id: NodeId, now: number): void;
  /** Whether we take a source from it, or it from us. */
  isParent(id: NodeId): boolean;
  isChild(id: NodeId): boolean;
  /** Whether there is something new to tell a neighbour with a keep-alive. */
  hasNews(id: NodeId): boolean;
  /** What a neighbour is told. */
  keepAlive(id: NodeId): Extract<Message, { kind: 'keepAlive' }>;
}

export interface Liveness {
  /** The first word of a new neighbour needs a round trip: it knows of the edge only then. */
  watch(id: NodeId, address: Address, rttMs: number, now: number): void;
  unwatch(id: NodeId): void;
  heard(id: NodeId, now: number): void;
  /** Next hops have changed: parents, old and new, hear at once what their edges are worth. */
  onTableChanged(now: number): void;
  /** An ADU went there. */
  onForwarded(id: NodeId, now: number): void;
  tick(now: number): void;
  readonly deadline: number;
}

/** Watches nobody. */
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

  const isDue = (id: NodeId, peer: Watched, now: number): boolean =>
    now - peer.keptAt >= keepAliveIntervalMs ||
    facts.hasNews(id) ||
    (now - peer.saidAt >= treeKeepAliveIntervalMs && facts.isChild(id));

  const keepAlive = (id: NodeId, peer: Watched, now: number): void => {
    peer.keptAt = now;
    peer.saidAt = now;
    send(context, peer.address, facts.keepAlive(id));
  };

  return {
    watch: (id, address, rttMs, now) => {
      const heardAt = now + Math.min(rttMs, answerTimeoutMs);
      watched.set(id, { address, rttMs, heardAt, keptAt: now, saidAt: now, isParent: false });
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
      for (const [id, peer] of watched) {
        const isParent = facts.isParent(id);
        if (isParent === peer.isParent) continue;
        // A new parent speaks often once it knows that it is one.
        const graceMs = Math.min(peer.rttMs, answerTimeoutMs);
        if (isParent) peer.heardAt = Math.max(peer.heardAt, now + graceMs);
        peer.isParent = isParent;
        if (context.config.byWorth) keepAlive(id, peer, now);
      }
    },
    onForwarded: (id, now) => {
      const peer = watched.get(id);
      if (peer !== undefined) peer.saidAt = now;
    },
    tick: (now) => {
      if (nextRound > now) return;
      forgiveOwnLateness(now);
      nextRound = now + treeKeepAliveIntervalMs;
      for (const [id, peer] of watched) {
        if (isSilent(peer, now)) facts.onSilent(id, now);
        else if (isDue(id, peer, now)) keepAlive(id, peer, now);
      }
    },
    get deadline() {
      return nextRound;
    },
  };
}
