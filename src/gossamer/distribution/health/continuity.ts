/** Watches over one flow, and counts what disturbs it: see disturbances.ts. It decides nothing. */

import type { EdgeDownReason } from '../../core/effects.js';
import type { Adu, NodeId } from '../../core/node.js';
import type { Disturbances, FailoverCause, LossCause } from './disturbances.js';
import { createLateness } from './lateness.js';

export interface Continuity {
  /** Why the present parent will be left, if it will. */
  doubt(cause: FailoverCause): void;
  /** The present parent is wanted after all. */
  trust(): void;
  /** From now on this is the parent; the old one was silent, or spoke until now. */
  onParent(id: NodeId, wasSilent: boolean): void;
  /** The source is attached here. */
  onLocal(): void;
  onDelivered(adus: readonly Adu[], now: number): void;
  onLost(count: number, cause: LossCause): void;
  /** An ADU came because we asked the parent again. */
  onRetransmission(): void;
  /** How late the flow is, see lateness.ts. */
  readonly lateMs: number;
}

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

/** A reason to look for another parent; the others end a parent. */
const isMild = (cause: FailoverCause | undefined): boolean =>
  cause === undefined || cause === 'behind' || cause === 'route';

/** Of a flow that has no parent and has delivered nothing. */
export function createContinuity(disturbances: Disturbances): Continuity {
  const lateness = createLateness();
  let parent: NodeId | undefined;
  let cause: FailoverCause | undefined;
  let isLive = false;
  /** A new parent has taken over: what it delivers first was due before. */
  let isRepairing = false;
  /** ADUs up to that time stamp are repaired, ms on the source's clock. */
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
      if (cause === 'behind' && lateness.lateMs === 0) cause = undefined;
    },
    onLost: (count, why) => {
      disturbances.lost[why] += count;
    },
    onRetransmission: () => {
      disturbances.repaired.retransmission++;
    },
    get lateMs() {
      return lateness.lateMs;
    },
  };
}
