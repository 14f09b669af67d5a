/**
 * The upstream side of one source's channel at one SCX: its stream, its parent, and during a change of
 * routes the candidate that is to become the parent (§3.8, make before break). Beyond: while they are
 * silent, reserves are asked, too (upstream.ts); and on a lossy channel the parent is asked again for what
 * was lost on the way (repairs.ts).
 */
import { type Context, notify, sendData } from './context.js';
import { createContinuity, EDGE_CAUSES } from './continuity.js';
import type { Disturbances, FailoverCause, LossCause } from './disturbances.js';
import { createFallingBehind } from './falling-behind.js';
import type { EdgeDownReason } from './gossamer-types.js';
import type { SequenceRange } from './message.js';
import type { Adu, Member, NodeId, SourceId } from './node.js';
import { createRepairs } from './repairs.js';
import { createRhythm } from './rhythm.js';
import { createStream, NOTHING, type Progress, type Stream } from './stream.js';
import { createReserves, createSubscriptions, type Upstream } from './upstream.js';

/** What an SCX counts for each source and channel; `status` shows it. */
export interface FlowCounters {
  received: number;
  delivered: number;
  forwarded: number;
  duplicate: number;
  /** Given up: nobody upstream had it any more, or it did not come in time. */
  missed: number;
  /** From a node that is not our next hop: dropped by the reverse-path check. */
  stray: number;
}

/**
 * While nobody delivers, patience with the next parent doubles, up to so many `stallMs`: a source that
 * pauses must not keep the whole session asking around. Guess.
 */
const PATIENCE_MAX = 4;

/** While nobody delivers, another reserve is asked each so many ms. Guess: a round trip. */
const RESERVE_STEP_MS = 200;

/** Who was asked, or heard, so lately may fill a hole, ms. Guess: a long round trip. */
const ANSWER_MS = 1000;

export interface Flow {
  readonly source: SourceId;
  readonly channel: number;
  readonly stream: Stream;
  readonly counters: FlowCounters;
  readonly parent: NodeId | undefined;
  /** The source is attached here: there is no parent. */
  becomeLocal(): void;
  /** Routing's next hop; undefined: no route, the old parent stays while it delivers. */
  wantParent(id: NodeId | undefined, now: number): void;
  /** Whether nobody delivers: no parent, no answer, or silence for `stallMs`. */
  needsParent(now: number): boolean;
  /** Whether its upstreams are silent, for longer than is usual: others should be asked, too. */
  needsReserve(now: number): boolean;
  askReserve(id: NodeId, now: number): void;
  /** All that are asked now, and those that failed since ADUs came last. */
  readonly asked: ReadonlySet<NodeId>;
  passesReversePathCheck(from: NodeId): boolean;
  take(adu: Adu, now: number): Progress;
  takeFrom(from: NodeId, adu: Adu, now: number): Progress;
  onSubscribed(from: NodeId, first: number, now: number): Progress;
  onRefused(from: NodeId, now: number): void;
  /** The parent has nothing from that number on. */
  onHead(from: NodeId, next: number, now: number): void;
  /** The parent will never have these. */
  onLost(from: NodeId, range: SequenceRange, now: number): Progress;
  /** Asks the parent for what was lost on the way, as far as that is due. */
  askRepairs(now: number): void;
  /** From when on askRepairs() has something to do. */
  readonly repairsAt: number;
  onDataDown(peer: NodeId, now: number): void;
  /** Whether the parent has been found to be too slow, just now; `hops` from the source. */
  fallsBehind(hops: number, now: number): boolean;
  /** No neighbour any more: a parent may yet deliver for a while. */
  onEdgeDown(peer: NodeId, reason: EdgeDownReason): void;
  /** Gives up holes that nobody fills, and changes to an idle candidate. */
  care(now: number): Progress;
  /**
   * From when on care() has something to do, or needsParent() and needsReserve() where a parent is
   * wanted, if nothing happens before; Infinity: nothing is waited for.
   */
  careAt(wantsParent: boolean): number;
  close(): void;
}

/** A flow without a parent; what disturbs it is counted if its channel is the first. */
export function createFlow(
  context: Context,
  source: SourceId,
  channel: number,
  neighbour: (id: NodeId) => Member | undefined,
  disturbances: Disturbances,
): Flow {
  const { config } = context;
  const stream = createStream(config);
  /** Only the first channel flows all the time; on the others silence, for minutes, says nothing. */
  const isMain = channel === config.channels[0];
  const counters = { received: 0, delivered: 0, forwarded: 0, duplicate: 0, missed: 0, stray: 0 };
  const fallingBehind = createFallingBehind();
  let parent: Upstream | undefined;
  let candidate: Upstream | undefined;
  /** How long an upstream may be silent, ms. */
  let patienceMs = config.stallMs;
  const subscriptions = createSubscriptions(context, source, channel);
  const reserves = createReserves(subscriptions);
  const isLossy = config.lossyChannels.includes(channel);
  const rhythm = createRhythm(config.stallMs, isLossy);
  const repairs = isLossy
    ? createRepairs(config.repairTimeoutMs, context.rng.fork('repairs'))
    : undefined;
  const continuity = isMain ? createContinuity(disturbances) : undefined;
  /** When an ADU came last, or the first one was asked for; and when somebody was asked last. */
  let heardAt: number | undefined;
  let askedAt = 0;

  const subscribe = (member: Member, now: number): Upstream => {
    heardAt ??= now;
    askedAt = now;
    return subscriptions.open(member, stream.next, now);
  };

  /** An upstream that has not spoken for longer than is usual. */
  const isMute = ({ heardAt: spokeAt, askedAt: since }: Upstream, now: number): boolean =>
    now - (spokeAt ?? since) >= rhythm.quietMs;

  const becomeParent = (upstream: Upstream, now: number): void => {
    const old = parent;
    continuity?.onParent(upstream.id, old !== undefined && isMute(old, now));
    parent = upstream;
    if (candidate !== upstream) subscriptions.close(candidate);
    candidate = undefined;
    subscriptions.close(old);
    if (isMain) notify(context, { kind: 'parentChanged', source, parent: upstream.id });
  };

  const dropCandidate = (): void => {
    subscriptions.close(candidate);
    candidate = undefined;
  };

  const becomeOrphan = (): void => {
    parent = undefined;
    if (isMain) notify(context, { kind: 'parentChanged', source, parent: null });
  };

  /** Nobody has delivered for longer than is usual. */
  const isQuiet = (now: number): boolean => now - (heardAt ?? now) >= rhythm.quietMs;

  const wantParent = (id: NodeId | undefined, now: number): void => {
    if (id === undefined || id === candidate?.id) return;
    if (id === parent?.id) {
      continuity?.trust();
      return dropCandidate();
    }
    const member = neighbour(id);
    if (member === undefined) return;
    // While nobody delivers, who was asked may yet do so.
    const isStarving = parent === undefined || isQuiet(now);
    if (isStarving && candidate !== undefined) reserves.keep(candidate);
    else subscriptions.close(candidate);
    reserves.forgive(id);
    const reserve = reserves.take(id);
    candidate = reserve === undefined ? subscribe(member, now) : { ...reserve, askedAt: now };
  };

  /** The candidate delivers, or will: it takes over unless that left a hole the parent may fill. */
  const promoteIfSeamless = (now: number): void => {
    if (candidate?.from === undefined) return;
    const isSeamless = stream.next === undefined || candidate.from <= stream.next;
    if (parent === undefined || (isSeamless && candidate.heardAt !== undefined)) {
      becomeParent(candidate, now);
    }
  };

  const heardFrom = (id: NodeId, now: number): void => {
    patienceMs = config.stallMs;
    heardAt = now;
    if (candidate?.id === id) candidate.heardAt = now;
    if (parent?.id === id) parent.heardAt = now;
  };

  /**
   * News from a reserve makes it the parent, news from others make reserves needless. What we had already
   * proves nothing: a reserve may be below us in the tree, and send us back what we gave it.
   */
  const settleReserves = (from: NodeId, isInOrder: boolean, now: number): void => {
    const reserve = reserves.take(from);
    if (reserve !== undefined && !isInOrder && parent !== undefined) {
      // There is a hole, which the old parent may fill yet.
      continuity?.doubt('silent');
      reserves.keep(parent);
      parent = undefined;
    }
    if (reserve !== undefined) becomeParent(reserve, now);
    if (isInOrder) reserves.dismiss();
  };

  /** Until when somebody beside the parent may yet send what is missing. */
  const othersFillUntil = (): number => {
    let latest = Number.NEGATIVE_INFINITY;
    for (const other of [candidate, ...reserves.all]) {
      if (other === undefined || (other.from ?? 0) > (stream.next ?? 0)) continue;
      latest = Math.max(latest, (other.heardAt ?? other.askedAt) + ANSWER_MS);
    }
    return latest;
  };

  const mayBeFilled = (now: number): boolean => now < othersFillUntil();

  /** What is to be delivered now, and why some of it never will be: neither is missing any more. */
  const settle = (progress: Progress, cause: LossCause, now: number): Progress => {
    if (stream.next !== undefined) repairs?.settle(stream.next);
    for (const delivered of progress.delivered) rhythm.heard(delivered);
    continuity?.onLost(progress.missed, cause);
    continuity?.onDelivered(progress.delivered, now);
    return progress;
  };

  const take = (adu: Adu, now: number): Progress => {
    counters.received++;
    if (stream.isDuplicate(adu)) {
      counters.duplicate++;
      return NOTHING;
    }
    if (repairs?.onArrived(adu.sequence, now)) continuity?.onRetransmission();
    return settle(stream.accept(adu, now), 'givenUp', now);
  };

  const onSubscribed = (from: NodeId, first: number, now: number): Progress => {
    const upstream = [candidate, parent, reserves.get(from)].find((asked) => asked?.id === from);
    if (upstream === undefined) return NOTHING;
    // It has answered before: it skips, as it cannot send us all.
    const cause = upstream.from === undefined ? 'unkept' : 'behind';
    upstream.from = first;
    stream.begin(first);
    promoteIfSeamless(now);
    // Nobody else feeds us, and this parent has nothing older: what is between is lost.
    const isLost = parent === upstream && !mayBeFilled(now);
    return settle(isLost ? stream.skipTo(first, now) : NOTHING, cause, now);
  };

  const silentAt = (upstream: Upstream): number =>
    (upstream.heardAt ?? upstream.askedAt) + patienceMs;

  const isSilent = (upstream: Upstream, now: number): boolean => now >= silentAt(upstream);

  const hasStalled = (upstream: Upstream, now: number): boolean =>
    isMain && isSilent(upstream, now);

  const parentNeededAt = (): number => {
    const upstream = candidate ?? parent;
    if (upstream === undefined) return Number.NEGATIVE_INFINITY;
    if (!isMain || candidate?.from !== undefined) return Number.POSITIVE_INFINITY;
    return silentAt(upstream);
  };

  const reserveNeededAt = (): number => {
    const isServed = parent !== undefined || candidate !== undefined;
    if (!isMain || !isServed || heardAt === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(heardAt + rhythm.quietMs, askedAt + RESERVE_STEP_MS);
  };

  const parentHasNothingOlder = (): boolean => (parent?.from ?? 0) > (stream.next ?? 0);

  /** When a hole is given up: at once when the parent has nothing older, and nobody else may. */
  const fillBy = (): number => {
    const { holeSince } = stream;
    const lostAt = repairs?.giveUpAt ?? Number.POSITIVE_INFINITY;
    if (holeSince === undefined) return lostAt;
    const latest = Math.min(holeSince + config.gapTimeoutMs, lostAt);
    return parentHasNothingOlder() ? Math.min(latest, othersFillUntil()) : latest;
  };

  /** Gives up the present hole, or as much of it as is known to have had its time. */
  const giveUpHole = (now: number): Progress => {
    const lost = repairs?.lostBefore(now);
    if (lost !== undefined) return settle(stream.skipTo(lost, now), 'givenUp', now);
    const cause = parentHasNothingOlder() ? 'unkept' : 'givenUp';
    return settle(stream.skipHole(now), cause, now);
  };

  const takeOverAt = (): number =>
    parent === undefined || candidate?.from === undefined
      ? Number.POSITIVE_INFINITY
      : silentAt(parent);

  const giveUp = (upstream: Upstream): void => {
    if (upstream === parent) continuity?.doubt('silent');
    subscriptions.close(upstream);
    reserves.lose(upstream.id);
    patienceMs = Math.min(2 * patienceMs, PATIENCE_MAX * config.stallMs);
  };

  const isUpstream = (id: NodeId): boolean =>
    id === parent?.id || id === candidate?.id || reserves.get(id) !== undefined;

  /** It refuses, or its connection is gone: it need not be told that we leave. */
  const lose = (id: NodeId, cause: FailoverCause, now: number): void => {
    // Strangers, of whom there is no end, have nothing to refuse.
    if (!isUpstream(id) && neighbour(id) === undefined) return;
    reserves.lose(id);
    if (candidate?.id === id) candidate = undefined;
    if (parent?.id === id) {
      continuity?.doubt(cause);
      becomeOrphan();
    }
    promoteIfSeamless(now);
  };

  return {
    source,
    channel,
    stream,
    counters,
    get parent() {
      return parent?.id;
    },
    becomeLocal: () => {
      continuity?.onLocal();
      reserves.dismiss();
      dropCandidate();
      subscriptions.close(parent);
      parent = undefined;
    },
    wantParent,
    needsParent: (now) => {
      if (candidate !== undefined) {
        if (candidate.from !== undefined || !hasStalled(candidate, now)) return false;
        giveUp(candidate);
        candidate = undefined;
        return true;
      }
      if (parent === undefined) return true;
      if (!hasStalled(parent, now)) return false;
      giveUp(parent);
      parent = undefined;
      return true;
    },
    needsReserve: (now) => now >= reserveNeededAt(),
    askReserve: (id, now) => {
      const member = neighbour(id);
      if (member === undefined) return;
      askedAt = now;
      reserves.ask(member, stream.next, now);
    },
    get asked() {
      const ids = [parent?.id, candidate?.id, ...reserves.asked];
      return new Set(ids.filter((id) => id !== undefined));
    },
    passesReversePathCheck: isUpstream,
    take,
    takeFrom: (from, adu, now) => {
      heardFrom(from, now);
      const isNews = !stream.isDuplicate(adu);
      const result = take(adu, now);
      if (isNews) settleReserves(from, result.delivered.length > 0, now);
      promoteIfSeamless(now);
      return result;
    },
    onSubscribed,
    onRefused: (from, now) => lose(from, 'left', now),
    onHead: (from, next, now) => {
      if (from === parent?.id && stream.next !== undefined) repairs?.onHead(next, now);
    },
    onLost: (from, range, now) => {
      if (from !== parent?.id || stream.next === undefined) return NOTHING;
      repairs?.onLost(range, now);
      return now >= fillBy() ? giveUpHole(now) : NOTHING;
    },
    askRepairs: (now) => {
      if (parent === undefined || repairs === undefined) return;
      const ranges = repairs.ask(now);
      if (ranges.length === 0) return;
      sendData(context, parent.member, channel, { kind: 'nack', source, channel, ranges });
    },
    get repairsAt() {
      const isAsked = parent !== undefined && repairs !== undefined;
      return isAsked ? repairs.askAt : Number.POSITIVE_INFINITY;
    },
    onDataDown: (peer, now) => lose(peer, 'closed', now),
    fallsBehind: (hops, now) => {
      const isBehind =
        continuity !== undefined && fallingBehind.heard(continuity.lateMs, hops, now);
      if (isBehind) continuity.doubt('behind');
      return isBehind;
    },
    onEdgeDown: (peer, reason) => {
      if (peer === parent?.id) continuity?.doubt(EDGE_CAUSES[reason]);
    },
    care: (now) => {
      if (candidate !== undefined && now >= takeOverAt()) becomeParent(candidate, now);
      return now >= fillBy() ? giveUpHole(now) : NOTHING;
    },
    careAt: (wantsParent) => {
      const ofOwn = Math.min(fillBy(), takeOverAt());
      return wantsParent ? Math.min(ofOwn, parentNeededAt(), reserveNeededAt()) : ofOwn;
    },
    close: () => {
      reserves.dismiss();
      dropCandidate();
      subscriptions.close(parent);
      parent = undefined;
    },
  };
}
