/**
 * Counts the disturbances of one SCX's flows, by cause. They are counted over the first channel of
 * all sources, which flows all the time, and never reset: counts stay when a source ends.
 *
 * A FlowWatch observes one flow and attributes each change of parents, each late ADU and each loss
 * to its cause. It only observes; parents are chosen in parent/.
 */
import type { EdgeDownReason } from '../../core/effects.js';
import type { Adu, NodeId } from '../../core/node.js';
import { createLateness } from './lateness.js';

/** Why a flow that was live changed its parent. */
const FAILOVER_CAUSES = [
  /** The connection to the parent, or its mesh edge, closed. */
  'closed',
  /** The parent sent nothing: it hangs, or its machine or the network is gone. */
  'silent',
  /** The parent's ADUs came later and later. */
  'behind',
  /** The parent left the session, or refused to continue. */
  'left',
  /** Routing found a better route, or the mesh has changed: the old parent was well. */
  'route',
] as const;

/** Where late ADUs came from. */
const REPAIR_CAUSES = [
  /** From the cache of the parent that took over. */
  'failover',
  /** Lost on the way as a datagram, and asked for again. */
  'retransmission',
] as const;

/** Why ADUs are given up for good. */
const LOSS_CAUSES = [
  /** The new parent had nothing older, and no other upstream was asked. */
  'unkept',
  /** No upstream filled the hole in time. */
  'givenUp',
  /** The parent skipped to live: its link to us carries too little. */
  'behind',
] as const;

export type FailoverCause = (typeof FAILOVER_CAUSES)[number];
type RepairCause = (typeof REPAIR_CAUSES)[number];
export type LossCause = (typeof LOSS_CAUSES)[number];

export interface Disturbances {
  readonly failovers: Record<FailoverCause, number>;
  /** How long no ADU came although one was due, ms: see lateness.ts. */
  stallMs: number;
  /** ADUs that came after all. */
  readonly repaired: Record<RepairCause, number>;
  /** ADUs that never came. */
  readonly lost: Record<LossCause, number>;
}

const zeroes = <Cause extends string>(causes: readonly Cause[]): Record<Cause, number> =>
  Object.fromEntries(causes.map((cause) => [cause, 0])) as Record<Cause, number>;

/** Creates counters, all zero. */
export const createDisturbances = (): Disturbances => ({
  failovers: zeroes(FAILOVER_CAUSES),
  stallMs: 0,
  repaired: zeroes(REPAIR_CAUSES),
  lost: zeroes(LOSS_CAUSES),
});

/** Why a flow leaves a parent that is no neighbour any more. */
export const EDGE_CAUSES: Readonly<Record<EdgeDownReason, FailoverCause>> = {
  closed: 'closed',
  silent: 'silent',
  failed: 'silent',
  left: 'left',
  replaced: 'route',
  evicted: 'route',
  dropped: 'route',
};

export interface FlowWatch {
  /** Why the present parent will be left, if it is. */
  doubt(cause: FailoverCause): void;
  /** The present parent is wanted after all. */
  trust(): void;
  /** This is the parent from now on; `wasSilent`: the old one was silent. */
  onParent(id: NodeId, wasSilent: boolean): void;
  /** The source is attached here. */
  onLocal(): void;
  onDelivered(adus: readonly Adu[], now: number): void;
  onLost(count: number, cause: LossCause): void;
  /** An ADU came because we asked the parent again. */
  onRetransmission(): void;
  /** How late the flow is, ms: see lateness.ts. */
  lateMs(): number;
}

/** Whether a cause is only a reason to look for another parent; the other causes end a parent. */
const isMild = (cause: FailoverCause | undefined): boolean =>
  cause === undefined || cause === 'behind' || cause === 'route';

/** Creates a watch of a flow that has no parent and has delivered nothing. */
export function createFlowWatch(disturbances: Disturbances): FlowWatch {
  const lateness = createLateness();
  let parent: NodeId | undefined;
  let cause: FailoverCause | undefined;
  let isLive = false;
  /** A new parent has taken over: what it delivers first was due before. */
  let isRepairing = false;
  /** ADUs up to this time stamp are repaired, ms on the source's clock. */
  let repairedUntil = Number.NEGATIVE_INFINITY;

  const onFailover = (known: FailoverCause): void => {
    disturbances.failovers[known]++;
    isRepairing = known !== 'route';
  };

  return {
    doubt: (why) => {
      if (isMild(cause)) cause = why;
    },
    trust: () => {
      cause = undefined;
    },
    onParent: (id, wasSilent) => {
      const isChange = parent !== undefined && parent !== id;
      if (isChange && isLive) onFailover(cause ?? (wasSilent ? 'silent' : 'route'));
      parent = id;
      cause = undefined;
    },
    onLocal: () => {
      parent = undefined;
      cause = undefined;
    },
    onDelivered: (adus, now) => {
      if (isRepairing && adus.length > 0) {
        repairedUntil = lateness.sourceTimeMs(now) ?? Number.NEGATIVE_INFINITY;
        isRepairing = false;
      }
      for (const adu of adus) {
        isLive = true;
        if (adu.timestampMs <= repairedUntil) disturbances.repaired.failover++;
        disturbances.stallMs += lateness.heard(adu, now);
      }
      if (cause === 'behind' && lateness.lateMs() === 0) cause = undefined;
    },
    onLost: (count, why) => {
      disturbances.lost[why] += count;
    },
    onRetransmission: () => {
      disturbances.repaired.retransmission++;
    },
    lateMs() {
      return lateness.lateMs();
    },
  };
}
