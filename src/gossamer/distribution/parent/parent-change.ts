/**
 * The change from one parent to another, make before break (§3.8): "To minimize any data loss
 * during a route change, data continues to be forwarded along the old route for a short while until
 * the downstream SCX starts receiving data along the new route."
 *
 * Here the downstream SCX ensures that. Routing's new next hop is its next parent, and becomes the
 * parent when it delivers and leaves no hole that the old parent may fill, or when the old parent
 * is stalled.
 *
 * Beyond: while both are silent, reserves are asked, too. An upstream that is silent for too long
 * is given up. A change that has failed is tried again, later with each failure.
 */
import { createRetries } from '../../../lib/retries.js';
import { TIMEOUTS } from '../../core/config.js';
import type { Context } from '../../core/context.js';
import type { Member, NodeId } from '../../core/node.js';
import type { FailoverCause } from '../health/disturbances.js';
import type { UsualInterval } from '../health/usual-interval.js';
import { createSilence } from './silence.js';
import type { Subscription } from './subscriptions.js';
import { createUpstreams, type UpstreamFlow } from './upstreams.js';

export interface ParentChangeOptions {
  readonly context: Context;
  readonly flow: UpstreamFlow;
  readonly usualInterval: UsualInterval;
  /** The member, if it is a neighbour. */
  neighbour(id: NodeId): Member | undefined;
}

export interface ParentChange {
  readonly parent: Subscription | undefined;
  /** The parent, the next parent or a reserve. */
  get(id: NodeId): Subscription | undefined;
  /** Routing's next hop; undefined: no route, and the old parent stays while it delivers. */
  wantParent(id: NodeId | undefined, now: number): void;
  /**
   * Whether no upstream delivers: none is asked, none answers, or all are stalled; or the parent
   * delivers, and the next parent does not. Stalled ones are given up.
   */
  needsParent(now: number): boolean;
  /** Whether a change from the parent has failed, and is to be tried again now. */
  needsRetry(now: number): boolean;
  /** Whether its upstreams are silent for longer than is usual: then a reserve should be asked. */
  needsReserve(now: number): boolean;
  askReserve(id: NodeId, now: number): void;
  /** All that are not to be asked now: they are asked already, or failed a moment ago. */
  asked(now: number): ReadonlySet<NodeId>;
  /** An upstream refuses, or its connection is gone: it need not be sent UNSUBSCRIBE. */
  lose(id: NodeId, cause: FailoverCause, now: number): void;
  /** An upstream has sent an ADU. */
  onHeard(from: NodeId, now: number): void;
  /** It was new; `isInOrder`: and can be delivered. */
  onNews(from: NodeId, isInOrder: boolean, now: number): void;
  /**
   * The next parent takes over if it delivers, or will, without a hole that the parent may fill.
   */
  promoteIfSeamless(now: number): void;
  /** The next parent takes over if the parent is stalled. */
  promoteIfParentStalled(now: number): void;
  /** Until when an upstream other than the parent may yet send what is missing. */
  othersFillUntil(): number;
  /** From when on promoteIfParentStalled() has something to do. */
  takeOverAt(): number;
  /** From when on needsParent(), needsRetry() or needsReserve() is true. */
  neededAt(): number;
  /** Cancels all subscriptions. */
  end(): void;
}

/** Neighbours whose failures are remembered: more than there are at a time. */
const FAILED_MAX = 64;

/** Creates the change of parents of one flow; no upstream has been asked. */
export function createParentChange(options: ParentChangeOptions): ParentChange {
  const { context, flow, usualInterval, neighbour } = options;
  const { stream, watch } = flow;
  const isMain = watch !== undefined;
  const silence = createSilence(context.config, usualInterval);
  const upstreams = createUpstreams(context, flow, silence);
  const { reserves } = upstreams;
  const { askAgainFirstMs: firstMs, askAgainLastMs: lastMs } = TIMEOUTS;
  const retries = createRetries<NodeId>({ range: { firstMs, lastMs }, peersMax: FAILED_MAX });
  /** Routing's next hop, if it has failed: it is asked again later, also while the parent stays. */
  let postponed: NodeId | undefined;

  const wantParent = (id: NodeId | undefined, now: number): void => {
    const { parent, nextParent } = upstreams;
    if (id === undefined || id === nextParent?.id) return;
    if (id === parent?.id) {
      watch?.trust();
      return upstreams.dropNextParent();
    }
    const member = neighbour(id);
    if (member === undefined) return;
    postponed = retries.mayTry(id, now) ? undefined : id;
    if (postponed !== undefined) return;
    // While no upstream delivers, the old next parent may yet do so.
    if (parent === undefined || silence.isQuiet(now)) upstreams.demoteNextParent();
    else upstreams.dropNextParent();
    reserves.forgive(id);
    upstreams.setNextParent(member, now);
  };

  const promoteIfSeamless = (now: number): void => {
    const { parent, nextParent } = upstreams;
    if (nextParent?.from === undefined) return;
    const isSeamless = stream.next === undefined || nextParent.from <= stream.next;
    if (parent === undefined || (isSeamless && nextParent.heardAt !== undefined)) {
      upstreams.becomeParent(nextParent, now);
    }
  };

  /**
   * News from a reserve makes it the parent; news from another upstream makes reserves needless.
   * ADUs that we had prove nothing: a reserve may be below us in the tree and send back what we
   * sent to it.
   */
  const onNews = (from: NodeId, isInOrder: boolean, now: number): void => {
    const reserve = reserves.take(from);
    if (reserve !== undefined && !isInOrder && upstreams.parent !== undefined) {
      // There is a hole, which the old parent may yet fill.
      watch?.doubt('silent');
      upstreams.demoteParent();
    }
    if (reserve !== undefined) upstreams.becomeParent(reserve, now);
    if (isInOrder) reserves.dismiss();
  };

  const noteFailure = (id: NodeId, now: number): void => {
    retries.sweep(now);
    retries.onFailed(id, now);
    if (upstreams.nextParent?.id === id) postponed = id;
  };

  /** An upstream that delivers has not failed, until it fails again. */
  const noteHeard = (upstream: Subscription | undefined, now: number): void => {
    if (upstream === undefined) return;
    if (upstream.heardAt === undefined) retries.onSucceeded(upstream.id);
    upstream.heardAt = now;
  };

  const isStalled = (upstream: Subscription, now: number): boolean =>
    isMain && now >= silence.stalledAt(upstream);

  /**
   * A next parent that has answered is waited for, unless the parent delivers meanwhile: then it is
   * not the source that pauses.
   */
  const isWaitedFor = (): boolean => {
    const { parent, nextParent } = upstreams;
    if (nextParent?.from === undefined) return false;
    return (parent?.heardAt ?? Number.NEGATIVE_INFINITY) < silence.stalledAt(nextParent);
  };

  const needsParent = (now: number): boolean => {
    const { parent, nextParent } = upstreams;
    const upstream = nextParent ?? parent;
    if (upstream === undefined) return true;
    if (isWaitedFor() || !isStalled(upstream, now)) return false;
    upstreams.giveUp(upstream);
    return true;
  };

  const parentNeededAt = (): number => {
    const { parent, nextParent } = upstreams;
    const upstream = nextParent ?? parent;
    if (upstream === undefined) return Number.NEGATIVE_INFINITY;
    if (!isMain || isWaitedFor()) return Number.POSITIVE_INFINITY;
    return silence.stalledAt(upstream);
  };

  const retryAt = (): number => {
    const { parent, nextParent } = upstreams;
    const isOpen = parent !== undefined && nextParent === undefined;
    if (postponed === undefined || !isOpen) return Number.POSITIVE_INFINITY;
    return retries.triableAt(postponed);
  };

  const reserveNeededAt = (): number => {
    const isAsked = upstreams.parent !== undefined || upstreams.nextParent !== undefined;
    return isMain && isAsked ? silence.reserveDueAt() : Number.POSITIVE_INFINITY;
  };

  const takeOverAt = (): number => {
    const { parent, nextParent } = upstreams;
    if (parent === undefined || nextParent?.from === undefined) return Number.POSITIVE_INFINITY;
    return silence.stalledAt(parent);
  };

  return {
    get parent() {
      return upstreams.parent;
    },
    get: upstreams.get,
    wantParent,
    needsParent,
    needsRetry: (now) => {
      if (now < retryAt()) return false;
      postponed = undefined;
      return true;
    },
    needsReserve: (now) => now >= reserveNeededAt(),
    askReserve: (id, now) => {
      const member = neighbour(id);
      if (member !== undefined) upstreams.askReserve(member, now);
    },
    asked: (now) => new Set([...upstreams.asked, ...retries.waiting(now)]),
    lose: (id, cause, now) => {
      // Anybody may refuse: only those that we asked count, as there is no end of the others.
      if (upstreams.get(id) === undefined) return;
      noteFailure(id, now);
      upstreams.lose(id, cause);
      promoteIfSeamless(now);
    },
    onHeard: (from, now) => {
      silence.onHeard(now);
      const { parent, nextParent } = upstreams;
      if (nextParent?.id === from) noteHeard(nextParent, now);
      if (parent?.id === from) noteHeard(parent, now);
    },
    onNews,
    promoteIfSeamless,
    promoteIfParentStalled: (now) => {
      const { nextParent } = upstreams;
      if (nextParent !== undefined && now >= takeOverAt()) upstreams.becomeParent(nextParent, now);
    },
    othersFillUntil: () => {
      let latest = Number.NEGATIVE_INFINITY;
      for (const other of [upstreams.nextParent, ...reserves.all]) {
        if (other === undefined || (other.from ?? 0) > (stream.next ?? 0)) continue;
        latest = Math.max(latest, (other.heardAt ?? other.askedAt) + TIMEOUTS.answerMs);
      }
      return latest;
    },
    takeOverAt,
    neededAt: () => Math.min(parentNeededAt(), retryAt(), reserveNeededAt()),
    end: upstreams.end,
  };
}
