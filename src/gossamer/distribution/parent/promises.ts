/**
 * Which upstreams break their promise (Beyond §3.8). Whoever advertises a route and answers a
 * SUBSCRIBE promises to send what the source publishes. Nobody can check a route, as it may be
 * invented; but each child sees what it is sent, and compares its upstreams with each other:
 *
 *   silent   a reserve delivers what the parent did not, for longer than is usual
 *   owes     another upstream has delivered what this one has not sent, 3 s later
 *   skips    on a reliable channel it sends a number after one that it has not sent
 *
 * Who breaks its promise is left, and routing remembers it (routing/trust.ts). An SCX that is itself
 * in trouble looks the same; so each broken promise costs it little, and is forgotten.
 */
import { TIMEOUTS } from '../../core/config.js';
import type { Adu, NodeId } from '../../core/node.js';
import type { Subscription } from './subscriptions.js';

export interface Promises {
  /** An upstream has sent an ADU; returns whether it has skipped one. */
  onAdu(upstream: Subscription, adu: Adu): boolean;
  /** Another upstream delivers what this one has not sent. */
  onOvertaken(upstream: Subscription, now: number): void;
  /** Since then an upstream has been in debt for too long; Infinity: it owes nothing. */
  brokenAt(upstream: Subscription): number;
  /** Notes that one has broken its promise. */
  onBroken(id: NodeId): void;
  /** Those noted since the last call. */
  take(): readonly NodeId[];
}

/** Creates promises, none of them broken. @param isLossy ADUs may be lost on the way */
export function createPromises(isLossy: boolean): Promises {
  /** Bounded by the upstreams: emptied after each input. */
  let broken: NodeId[] = [];
  return {
    onAdu: (upstream, { sequence }) => {
      const { reached } = upstream;
      const skips = !isLossy && reached !== undefined && sequence > reached;
      if (reached !== undefined) upstream.reached = Math.max(reached, sequence + 1);
      return skips;
    },
    onOvertaken: (upstream, now) => {
      upstream.owesSince ??= now;
    },
    brokenAt: ({ owesSince }) => (owesSince ?? Number.POSITIVE_INFINITY) + TIMEOUTS.owedMs,
    onBroken: (id) => {
      broken.push(id);
    },
    take: () => {
      if (broken.length === 0) return broken;
      const taken = broken;
      broken = [];
      return taken;
    },
  };
}
