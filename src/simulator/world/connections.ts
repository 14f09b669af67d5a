/**
 * The common part of control and data connections: messages travel over them, they break, and both
 * ends are notified one delay later. A partition stops everything that crosses it without a notice;
 * when it ends, the connections that crossed it are reset, as TCP does after its retries.
 */
import type { Input } from '../../gossamer/core/effects.js';
import { type Link, peerOf } from './lanes.js';
import type { NetworkContext } from './network-context.js';
import { createSegments } from './segments.js';
import type { SimulatedScx } from './simulated-scx.js';

/** Tells the SCXs of one side of a partition from those of the other. */
type Side = (scx: SimulatedScx) => boolean;

export interface Connections {
  /** Whether a partition separates two SCXs. */
  isCut(a: SimulatedScx, b: SimulatedScx): boolean;
  /** Begins a partition, or ends it. */
  cut(side: Side | undefined): void;
  /** Sends an input from one end to the other, unless the link breaks under it. */
  transmit(link: Link, from: SimulatedScx, input: Input): void;
  /** Closes a link; the ends in `informed` learn of it one delay later. */
  close(link: Link, informed: readonly SimulatedScx[]): void;
  /** An SCX died: with a reset its peers learn of it, otherwise its links stay open. */
  onDeath(scx: SimulatedScx, withReset: boolean): void;
  /** How long it takes to learn that no connection can be opened, ms. */
  refusalMs(from: SimulatedScx, to: SimulatedScx): number;
}

/** A connection attempt that gets no answer fails after this time, ms, as in overlay/. */
export const CONNECT_TIMEOUT_MS = 3000;

/** Creates the partition, if there is one. */
function createPartition() {
  let side: Side | undefined;
  const isCut = (a: SimulatedScx, b: SimulatedScx): boolean =>
    side !== undefined && side(a) !== side(b);
  return {
    isCut,
    /** Changes the partition; returns which pairs it separated before and no longer does. */
    change: (newSide: Side | undefined): ((a: SimulatedScx, b: SimulatedScx) => boolean) => {
      const oldSide = side;
      side = newSide;
      if (oldSide === undefined) return () => false;
      return (a, b) => oldSide(a) !== oldSide(b) && !isCut(a, b);
    },
  };
}

/** The input of one end of a link after the link has closed. */
function closedInput(link: Link, end: SimulatedScx): Input {
  const { channel } = link;
  const peer = peerOf(link, end);
  if (channel === undefined) {
    return { kind: 'linkDown', address: peer.address, reason: 'closed' };
  }
  const peerIs = end === link.opener ? 'parent' : 'child';
  return { kind: 'dataDown', peer: peer.gossamer.self().id, channel, peerIs };
}

/** Creates connections over the context's lanes, without a partition. */
export function createConnections(context: NetworkContext): Connections {
  const { lanes, deferred, delayMs, now, at, counters } = context;
  const segments = createSegments(context);
  const { isCut, change } = createPartition();

  const close = (link: Link, informed: readonly SimulatedScx[]): void => {
    lanes.close(link);
    for (const end of informed) {
      const delay = delayMs(peerOf(link, end).index, end.index);
      at(now() + delay, () => deferred.run(end, () => end.feed(closedInput(link, end))));
    }
  };

  const transmit = (link: Link, from: SimulatedScx, input: Input): void => {
    const to = peerOf(link, from);
    if (isCut(from, to)) return;
    const losses = segments.drawLosses();
    if (losses === undefined) {
      counters.broken++;
      return close(link, [from, to]);
    }
    link.usedAt = now();
    const receive = (): void => {
      if (to.isFrozen) deferred.run(to, receive);
      else if (to.isUp && link.isOpen) to.feed(input);
    };
    at(segments.arrival(from, to, link.lane, losses), receive);
  };

  return {
    isCut,
    transmit,
    close,
    cut: (newSide) => {
      const isHealed = change(newSide);
      for (const link of lanes.all()) {
        const { opener, acceptor } = link;
        if (isHealed(opener, acceptor)) close(link, [opener, acceptor]);
      }
    },
    onDeath: (scx, withReset) => {
      if (!withReset) return;
      for (const link of lanes.all()) {
        if (link.opener !== scx && link.acceptor !== scx) continue;
        const peer = peerOf(link, scx);
        close(link, isCut(scx, peer) ? [] : [peer]);
      }
    },
    refusalMs: (from, to) =>
      to.hasVanished || isCut(from, to) ? CONNECT_TIMEOUT_MS : 2 * delayMs(from.index, to.index),
  };
}
