/**
 * The upstream side of one source's channel at one SCX: ADUs come from the parent (change-over.ts), are put
 * in order (stream.ts) and delivered. What is missing is waited for, as another upstream may send it yet;
 * on a lossy channel the parent is asked again for what was lost on the way (repairs.ts); at last it is given
 * up.
 */

import { type Context, sendData } from '../core/context.js';
import type { EdgeDownReason } from '../core/effects.js';
import type { SequenceRange } from '../core/message.js';
import type { Adu, Member, NodeId, SourceId } from '../core/node.js';
import { createContinuity, EDGE_CAUSES } from './health/continuity.js';
import type { Disturbances, LossCause } from './health/disturbances.js';
import { createFallingBehind } from './health/slow-parent.js';
import { createRhythm } from './health/usual-interval.js';
import { type ChangeOver, createChangeOver } from './parent-change.js';
import { createRepairs } from './repairs.js';
import { createStream, NOTHING, type Progress, type Stream } from './stream.js';

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

export interface Flow
  extends Pick<ChangeOver, 'wantParent' | 'needsParent' | 'needsReserve' | 'askReserve' | 'asked'> {
  readonly source: SourceId;
  readonly channel: number;
  readonly stream: Stream;
  readonly counters: FlowCounters;
  readonly parent: NodeId | undefined;
  /** The source is attached here: there is no parent. */
  becomeLocal(): void;
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
  const counters = { received: 0, delivered: 0, forwarded: 0, duplicate: 0, missed: 0, stray: 0 };
  const isLossy = config.lossyChannels.includes(channel);
  const repairs = isLossy
    ? createRepairs(config.repairTimeoutMs, context.rng.fork('repairs'))
    : undefined;
  const rhythm = createRhythm(config.stallMs, isLossy);
  const continuity = channel === config.channels[0] ? createContinuity(disturbances) : undefined;
  const fallingBehind = createFallingBehind();
  const changeOver = createChangeOver(
    context,
    { source, channel, stream, rhythm, continuity },
    neighbour,
  );

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
    const upstream = changeOver.get(from);
    if (upstream === undefined) return NOTHING;
    // It has answered before: it skips, as it cannot send us all.
    const cause = upstream.from === undefined ? 'unkept' : 'behind';
    upstream.from = first;
    stream.begin(first);
    changeOver.promoteIfSeamless(now);
    // Nobody else feeds us, and this parent has nothing older: what is between is lost.
    const isLost = changeOver.parent === upstream && now >= changeOver.othersFillUntil();
    return settle(isLost ? stream.skipTo(first, now) : NOTHING, cause, now);
  };

  const parentHasNothingOlder = (): boolean => (changeOver.parent?.from ?? 0) > (stream.next ?? 0);

  /** When a hole is given up: at once when the parent has nothing older, and nobody else may. */
  const fillBy = (): number => {
    const { holeSince } = stream;
    const lostAt = repairs?.giveUpAt ?? Number.POSITIVE_INFINITY;
    if (holeSince === undefined) return lostAt;
    const latest = Math.min(holeSince + config.gapTimeoutMs, lostAt);
    return parentHasNothingOlder() ? Math.min(latest, changeOver.othersFillUntil()) : latest;
  };

  /** Gives up the present hole, or as much of it as is known to have had its time. */
  const giveUpHole = (now: number): Progress => {
    const lost = repairs?.lostBefore(now);
    if (lost !== undefined) return settle(stream.skipTo(lost, now), 'givenUp', now);
    const cause = parentHasNothingOlder() ? 'unkept' : 'givenUp';
    return settle(stream.skipHole(now), cause, now);
  };

  return {
    source,
    channel,
    stream,
    counters,
    get parent() {
      return changeOver.parent?.id;
    },
    becomeLocal: () => {
      continuity?.onLocal();
      changeOver.end();
    },
    wantParent: changeOver.wantParent,
    needsParent: changeOver.needsParent,
    needsReserve: changeOver.needsReserve,
    askReserve: changeOver.askReserve,
    get asked() {
      return changeOver.asked;
    },
    passesReversePathCheck: (from) => changeOver.get(from) !== undefined,
    take,
    takeFrom: (from, adu, now) => {
      changeOver.onHeard(from, now);
      const isNews = !stream.isDuplicate(adu);
      const result = take(adu, now);
      if (isNews) changeOver.onNews(from, result.delivered.length > 0, now);
      changeOver.promoteIfSeamless(now);
      return result;
    },
    onSubscribed,
    onRefused: (from, now) => changeOver.lose(from, 'left', now),
    onHead: (from, next, now) => {
      if (from === changeOver.parent?.id && stream.next !== undefined) repairs?.onHead(next, now);
    },
    onLost: (from, range, now) => {
      if (from !== changeOver.parent?.id || stream.next === undefined) return NOTHING;
      repairs?.onLost(range, now);
      return now >= fillBy() ? giveUpHole(now) : NOTHING;
    },
    askRepairs: (now) => {
      const { parent } = changeOver;
      if (parent === undefined || repairs === undefined) return;
      const ranges = repairs.ask(now);
      if (ranges.length === 0) return;
      sendData(context, parent.member, channel, { kind: 'nack', source, channel, ranges });
    },
    get repairsAt() {
      if (changeOver.parent === undefined) return Number.POSITIVE_INFINITY;
      return repairs?.askAt ?? Number.POSITIVE_INFINITY;
    },
    onDataDown: (peer, now) => changeOver.lose(peer, 'closed', now),
    fallsBehind: (hops, now) => {
      const isBehind =
        continuity !== undefined && fallingBehind.heard(continuity.lateMs, hops, now);
      if (isBehind) continuity.doubt('behind');
      return isBehind;
    },
    onEdgeDown: (peer, reason) => {
      if (peer === changeOver.parent?.id) continuity?.doubt(EDGE_CAUSES[reason]);
    },
    care: (now) => {
      changeOver.promoteIfParentSilent(now);
      return now >= fillBy() ? giveUpHole(now) : NOTHING;
    },
    careAt: (wantsParent) => {
      const ofOwn = Math.min(fillBy(), changeOver.takeOverAt());
      return wantsParent ? Math.min(ofOwn, changeOver.neededAt()) : ofOwn;
    },
    close: changeOver.end,
  };
}
