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
import type { Adu, Member, NodeId } from '../../core/node.js';
import type { FailoverCause } from '../health/disturbances.js';
import type { UsualInterval } from '../health/usual-interval.js';
import { createPromises, type Promises } from './promises.js';
import { createSilence } from './silence.js';
import type { Subscription } from './subscriptions.js';
import { createUpstreams, type UpstreamFlow } from './upstreams.js';

export interface ParentChangeOptions {
  readonly context: Context;
  readonly flow: UpstreamFlow;
  /** Whether ADUs may be lost on the way. */
  readonly isLossy: boolean;
  /** Nobody is asked for what the parent may withhold: it would have to be brought there first. */
  readonly isOptional?: boolean;
  readonly usualInterval: UsualInterval;
  /** The member, if it is a neighbour. */
  neighbour(id: NodeId): Member | undefined;
}

/** What an ADU is to the flow. */
interface Arrival {
  /** It was not received before. */
  readonly isNews: boolean;
  /** It is news, or not much older than the newest one. */
  readonly isTimely: boolean;
  /** With it something could be delivered. */
  readonly isProgress: boolean;
}

export interface ParentChange extends Pick<Promises, 'take'> {
  parent(): Subscription | undefined;
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
  /** Whether the reserves, too, are silent. */
  isUnserved(now: number): boolean;
  askReserve(id: NodeId, now: number): void;
  /** All that are not to be asked now: they are asked already, or failed a moment ago. */
  asked(now: number): ReadonlySet<NodeId>;
  /** An upstream refuses, or its connection is gone: it need not be sent UNSUBSCRIBE. */
  lose(id: NodeId, cause: FailoverCause, now: number): void;
  /** An upstream has sent an ADU. */
  onAdu(from: NodeId, adu: Adu, arrival: Arrival, now: number): void;
  /** Leaves the upstreams that owe what others have delivered. */
  leaveDebtors(now: number): void;
  /** Whether another neighbour should be asked for what the parent may withhold. */
  needsWitness(now: number): boolean;
  /** Asks it instead of the witness before; undefined: there is none. */
  askWitness(id: NodeId | undefined, now: number): void;
  /**
   * The next parent takes over if it delivers, or will, without a hole that the parent may fill.
   */
  promoteIfSeamless(now: number): void;
  /** The next parent takes over if the parent is stalled. */
  promoteIfParentStalled(now: number): void;
  /** Until when an upstream other than the parent may yet send what is missing. */
  othersFillUntil(): number;
  /** From when on promoteIfParentStalled() or leaveDebtors() has something to do. */
  actAt(): number;
  /** From when on needsParent(), needsRetry(), needsReserve() or needsWitness() is true. */
  neededAt(): number;
  /** Cancels all subscriptions. */
  end(): void;
}

/** Neighbours whose failures are remembered: more than there are at a time. */
const FAILED_MAX = 64;

/** Creates the change of parents of one flow; no upstream has been asked. */
export function createParentChange(options: ParentChangeOptions): ParentChange {
  const { context, flow, isLossy, isOptional, usualInterval, neighbour } = options;
  const { stream, watch } = flow;
  const isMain = watch !== undefined;
  const silence = createSilence(context.config, usualInterval);
  const upstreams = createUpstreams(context, flow, silence);
  const { reserves } = upstreams;
  const { askAgainFirstMs: firstMs, askAgainLastMs: lastMs } = TIMEOUTS;
  const retries = createRetries<NodeId>({ range: { firstMs, lastMs }, peersMax: FAILED_MAX });
  /** Routing's next hop, if it has failed: it is asked again later, also while the parent stays. */
  let postponed: NodeId | undefined;
  const promises = createPromises(isLossy);
  let witnessAt: number | undefined;

  const breakPromise = (upstream: Subscription): void => {
    promises.onBroken(upstream.id);
    upstreams.giveUp(upstream);
  };

  const wantParent = (id: NodeId | undefined, now: number): void => {
    const parent = upstreams.parent();
    const nextParent = upstreams.nextParent();
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
    const parent = upstreams.parent();
    const nextParent = upstreams.nextParent();
    if (nextParent?.from === undefined) return;
    const next = stream.next();
    const isSeamless = next === undefined || nextParent.from <= next;
    if (parent === undefined || (isSeamless && nextParent.heardAt !== undefined)) {
      upstreams.becomeParent(nextParent, now);
    }
  };

  /** A reserve has news. */
  const takeOver = (reserve: Subscription, isInOrder: boolean, now: number): void => {
    const parent = upstreams.parent();
    if (isMain && parent !== undefined && silence.isMute(parent, now)) promises.onBroken(parent.id);
    if (!isInOrder && parent !== undefined) {
      // There is a hole, which the old parent may yet fill.
      watch?.doubt('silent');
      upstreams.demoteParent();
    }
    upstreams.becomeParent(reserve, now);
  };

  /**
   * News from a reserve makes it the parent; news from another upstream makes reserves needless.
   * ADUs that we had prove nothing: a reserve may be below us in the tree and send back what we
   * sent to it. A witness does not take over: it may only be nearer than the parent.
   */
  const onNews = (from: NodeId, isInOrder: boolean, now: number): void => {
    if (!isMain && upstreams.parent() !== undefined) return;
    const reserve = reserves.take(from);
    if (reserve !== undefined) takeOver(reserve, isInOrder, now);
    if (isInOrder) reserves.dismiss();
  };

  const noteFailure = (id: NodeId, now: number): void => {
    retries.sweep(now);
    retries.onFailed(id, now);
    if (upstreams.nextParent()?.id === id) postponed = id;
  };

  /** What was delivered now, all others should have sent, too. */
  const onOvertaken = (by: Subscription, now: number): void =>
    upstreams.each((upstream) => {
      if (upstream === by || (stream.next() ?? 0) <= (upstream.from ?? 0)) return;
      promises.onOvertaken(upstream, now);
    });

  const onAdu = (from: NodeId, adu: Adu, arrival: Arrival, now: number): void => {
    const upstream = upstreams.get(from);
    if (upstream === undefined) return;
    const { isNews, isTimely, isProgress } = arrival;
    const skips = promises.onAdu(upstream, adu);
    if (isProgress) silence.onHeard(now);
    if (isTimely) {
      // One that delivers has not failed, until it fails again.
      if (upstream.heardAt === undefined) retries.onSucceeded(upstream.id);
      upstream.heardAt = now;
      upstream.owesSince = undefined;
    }
    if (isNews) onNews(from, isProgress, now);
    if (isProgress) onOvertaken(upstream, now);
    if (skips) breakPromise(upstream);
  };

  const debtAt = (): number => {
    let earliest = Number.POSITIVE_INFINITY;
    upstreams.each((upstream) => {
      earliest = Math.min(earliest, promises.brokenAt(upstream));
    });
    return earliest;
  };

  /** A quiet channel shows no silence: another neighbour is asked in turn for what is withheld. */
  const witnessDueAt = (): number => {
    const parent = upstreams.parent();
    if (isMain || isOptional || parent === undefined) return Number.POSITIVE_INFINITY;
    return witnessAt ?? parent.askedAt + context.config.witnessIntervalMs;
  };

  const isStalled = (upstream: Subscription, now: number): boolean =>
    isMain && now >= silence.stalledAt(upstream);

  /**
   * A next parent that has answered is waited for, unless the parent delivers meanwhile: then it is
   * not the source that pauses.
   */
  const isWaitedFor = (): boolean => {
    const parent = upstreams.parent();
    const nextParent = upstreams.nextParent();
    if (nextParent?.from === undefined) return false;
    return (parent?.heardAt ?? Number.NEGATIVE_INFINITY) < silence.stalledAt(nextParent);
  };

  const needsParent = (now: number): boolean => {
    const parent = upstreams.parent();
    const nextParent = upstreams.nextParent();
    const upstream = nextParent ?? parent;
    if (upstream === undefined) return true;
    if (isWaitedFor() || !isStalled(upstream, now)) return false;
    // It has answered, and the parent delivers what it does not.
    if (upstream.from !== undefined && parent !== upstream && parent !== undefined) {
      promises.onBroken(upstream.id);
    }
    upstreams.giveUp(upstream);
    silence.onGivenUp();
    return true;
  };

  const parentNeededAt = (): number => {
    const parent = upstreams.parent();
    const nextParent = upstreams.nextParent();
    const upstream = nextParent ?? parent;
    if (upstream === undefined) return Number.NEGATIVE_INFINITY;
    if (!isMain || isWaitedFor()) return Number.POSITIVE_INFINITY;
    return silence.stalledAt(upstream);
  };

  const retryAt = (): number => {
    const parent = upstreams.parent();
    const nextParent = upstreams.nextParent();
    const isOpen = parent !== undefined && nextParent === undefined;
    if (postponed === undefined || !isOpen) return Number.POSITIVE_INFINITY;
    return retries.triableAt(postponed);
  };

  const reserveNeededAt = (): number => {
    const isAsked = upstreams.parent() !== undefined || upstreams.nextParent() !== undefined;
    return isMain && isAsked ? silence.reserveDueAt() : Number.POSITIVE_INFINITY;
  };

  const takeOverAt = (): number => {
    const parent = upstreams.parent();
    const nextParent = upstreams.nextParent();
    if (parent === undefined || nextParent?.from === undefined) return Number.POSITIVE_INFINITY;
    return silence.stalledAt(parent);
  };

  return {
    parent() {
      return upstreams.parent();
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
    isUnserved: (now) => isMain && silence.isUnserved(now),
    askReserve: (id, now) => {
      const member = neighbour(id);
      if (member !== undefined) upstreams.askReserve(member, now);
    },
    asked: (now) => new Set([...upstreams.asked(), ...retries.waiting(now)]),
    lose: (id, cause, now) => {
      // Anybody may refuse: only those that we asked count, as there is no end of the others.
      if (upstreams.get(id) === undefined) return;
      noteFailure(id, now);
      upstreams.lose(id, cause);
      promoteIfSeamless(now);
    },
    onAdu,
    leaveDebtors: (now) => {
      const debtors: Subscription[] = [];
      upstreams.each((upstream) => {
        if (promises.brokenAt(upstream) <= now) debtors.push(upstream);
      });
      for (const upstream of debtors) breakPromise(upstream);
    },
    take: promises.take,
    needsWitness: (now) => now >= witnessDueAt(),
    askWitness: (id, now) => {
      const member = id === undefined ? undefined : neighbour(id);
      reserves.dismiss();
      witnessAt = now + context.config.witnessIntervalMs;
      if (member !== undefined) upstreams.askReserve(member, now);
    },
    promoteIfSeamless,
    promoteIfParentStalled: (now) => {
      const nextParent = upstreams.nextParent();
      if (nextParent !== undefined && now >= takeOverAt()) upstreams.becomeParent(nextParent, now);
    },
    othersFillUntil: () => {
      let latest = Number.NEGATIVE_INFINITY;
      for (const other of [upstreams.nextParent(), ...reserves.all()]) {
        if (other === undefined || (other.from ?? 0) > (stream.next() ?? 0)) continue;
        latest = Math.max(latest, (other.heardAt ?? other.askedAt) + TIMEOUTS.answerMs);
      }
      return latest;
    },
    actAt: () => Math.min(takeOverAt(), debtAt()),
    neededAt: () => Math.min(parentNeededAt(), retryAt(), reserveNeededAt(), witnessDueAt()),
    end: upstreams.end,
  };
}
