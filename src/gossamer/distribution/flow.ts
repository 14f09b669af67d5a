/**
 * The upstream side of one source's channel at one SCX. ADUs come from the parent (parent/), are
 * put in order and delivered (stream/). Missing ones are waited for (holes.ts); on a lossy channel
 * the parent is asked again (repairs.ts). This file composes these parts, and makes the
 * reverse-path check of §3.8 for distribution.ts.
 */

import { TIMEOUTS } from '../core/config.js';
import { type Context, sendData } from '../core/context.js';
import type { EdgeDownReason } from '../core/effects.js';
import type { SequenceRange } from '../core/message.js';
import type { Adu, Member, NodeId, SourceId } from '../core/node.js';
import { createFlowWatch, type Disturbances, EDGE_CAUSES } from './health/disturbances.js';
import { createSlowParent } from './health/slow-parent.js';
import { createUsualInterval } from './health/usual-interval.js';
import { createHoles } from './holes.js';
import { createParentChange, type ParentChange } from './parent/parent-change.js';
import type { AduMemory } from './stream/adu-memory.js';
import { createReception, type FlowCounters } from './stream/reception.js';
import { createRepairs } from './stream/repairs.js';
import { createStream, NOTHING, type Progress, type Stream } from './stream/stream.js';

type WitnessName = 'needsWitness' | 'askWitness';

export interface Flow
  extends Pick<
    ParentChange,
    | ('wantParent' | 'needsParent' | 'needsRetry' | 'needsReserve' | 'askReserve' | 'asked')
    | 'isUnserved'
    | WitnessName
  > {
  readonly source: SourceId;
  readonly channel: number;
  /** Its channel travels only where somebody wants it. */
  readonly isOptional: boolean;
  readonly stream: Stream;
  readonly counters: FlowCounters;
  parent(): NodeId | undefined;
  /** Whether the parent has delivered since it is the parent. */
  isParentHeard(): boolean;
  /** The upstreams that have broken their promise since the last call: see promises.ts. */
  takeBroken(): readonly NodeId[];
  /** The source is attached here: there is no parent. */
  becomeLocal(): void;
  /** The reverse-path check: true for any upstream that we have subscribed to. */
  passesReversePathCheck(from: NodeId): boolean;
  /** An ADU of our own source. */
  publish(adu: Adu, now: number): Progress;
  /** An ADU from an upstream. */
  accept(from: NodeId, adu: Adu, now: number): Progress;
  onSubscribed(from: NodeId, first: number, now: number): Progress;
  onRefused(from: NodeId, now: number): void;
  /** The parent has sent all before that number, and has no further ones. */
  onHead(from: NodeId, next: number, now: number): void;
  /** The parent will never have these. */
  onLost(from: NodeId, range: SequenceRange, now: number): Progress;
  /** Asks the parent for the lost ADUs that are due. */
  askRepairs(now: number): void;
  /** From when on askRepairs() has something to do. */
  repairsAt(): number;
  onDataDown(peer: NodeId, now: number): void;
  /** Whether the parent has just been found to be too slow; `hops` from the source. */
  isParentSlow(hops: number, now: number): boolean;
  /** The peer is no neighbour any more: a parent may yet deliver for a while. */
  onEdgeDown(peer: NodeId, reason: EdgeDownReason): void;
  /** Gives up holes whose time is up, and changes to the next parent when the parent is stalled. */
  maintain(now: number): Progress;
  /**
   * From when on maintain() has something to do, or needsParent() and needsReserve() where a parent
   * is wanted, if nothing happens before; Infinity: nothing is awaited.
   */
  maintainAt(wantsParent: boolean): number;
  close(): void;
}

export interface FlowOptions {
  readonly context: Context;
  readonly source: SourceId;
  readonly channel: number;
  /** Of a channel that travels only where somebody wants it. Default: false. */
  readonly isOptional?: boolean;
  /** Where disturbances of the first channel are counted. */
  readonly disturbances: Disturbances;
  /** The memory of all flows. */
  readonly memory?: AduMemory;
  /** The member, if it is a neighbour. */
  neighbour(id: NodeId): Member | undefined;
}

const noCounts = (): FlowCounters => ({
  received: 0,
  delivered: 0,
  forwarded: 0,
  duplicate: 0,
  missed: 0,
  stray: 0,
});

/** Creates the parts of a flow. */
function createParts(options: FlowOptions) {
  const { context, source, channel, disturbances, memory, neighbour } = options;
  const { isOptional = false } = options;
  const { config, rng } = context;
  // A new subscriber of an optional channel gets all that is cached (optional-channels.ts).
  const kept = isOptional ? { ...config, recentMs: config.cacheMs } : config;
  const stream = createStream(kept, memory);
  const counters = noCounts();
  const isLossy = config.lossyChannels.includes(channel);
  const repairs = isLossy ? createRepairs(config.repairTimeoutMs, rng.fork('repairs')) : undefined;
  const usualInterval = createUsualInterval(config.stallMs, isLossy);
  const watch = channel === config.channels[0] ? createFlowWatch(disturbances) : undefined;
  const flow = { source, channel, stream, watch };
  const parentChange = createParentChange({
    ...{ context, flow, isLossy, isOptional, usualInterval, neighbour },
  });
  const reception = createReception({ stream, counters, repairs, usualInterval, watch });
  const holes = createHoles({ config, stream, repairs, reception, parentChange });
  return { stream, counters, repairs, watch, parentChange, reception, holes };
}

/** Creates a flow without a parent. */
export function createFlow(options: FlowOptions): Flow {
  const { context, source, channel, isOptional = false } = options;
  const { stream, counters, repairs, watch, ...parts } = createParts(options);
  const { parentChange, reception, holes } = parts;
  const slowParent = createSlowParent();

  const onSubscribed = (from: NodeId, first: number, now: number): Progress => {
    const upstream = parentChange.get(from);
    if (upstream === undefined) return NOTHING;
    // An upstream that has answered before skips, as its link to us carries too little.
    upstream.skips = upstream.from === undefined ? 'unkept' : 'behind';
    upstream.from = first;
    upstream.reached = first;
    stream.expect(first);
    parentChange.promoteIfSeamless(now);
    return reception.onBegun(upstream.skips, now);
  };

  return {
    source,
    channel,
    isOptional,
    stream,
    counters,
    parent() {
      return parentChange.parent()?.id;
    },
    isParentHeard() {
      return parentChange.parent()?.heardAt !== undefined;
    },
    becomeLocal: () => {
      watch?.onLocal();
      parentChange.end();
    },
    wantParent: parentChange.wantParent,
    needsParent: parentChange.needsParent,
    needsRetry: parentChange.needsRetry,
    needsReserve: parentChange.needsReserve,
    askReserve: parentChange.askReserve,
    asked: parentChange.asked,
    isUnserved: parentChange.isUnserved,
    needsWitness: parentChange.needsWitness,
    askWitness: parentChange.askWitness,
    takeBroken: parentChange.take,
    passesReversePathCheck: (from) => parentChange.get(from) !== undefined,
    publish: reception.accept,
    accept: (from, adu, now) => {
      const isNews = !stream.isDuplicate(adu);
      const isTimely = isNews || stream.ageMs(adu) <= TIMEOUTS.timelyMs;
      const result = reception.accept(adu, now);
      const isProgress = result.delivered.length > 0;
      parentChange.onAdu(from, adu, { isNews, isTimely, isProgress }, now);
      parentChange.promoteIfSeamless(now);
      // What the parent has nothing of is lost, now that something newer has come.
      return isProgress ? result : holes.giveUpIfDue(now);
    },
    onSubscribed,
    onRefused: (from, now) => parentChange.lose(from, 'left', now),
    onHead: (from, next, now) => {
      if (from === parentChange.parent()?.id && stream.next() !== undefined)
        repairs?.onHead(next, now);
    },
    onLost: (from, range, now) => {
      if (from !== parentChange.parent()?.id || stream.next() === undefined) return NOTHING;
      repairs?.onLost(range, now);
      return holes.giveUpIfDue(now);
    },
    askRepairs: (now) => {
      const parent = parentChange.parent();
      if (parent === undefined || repairs === undefined) return;
      const ranges = repairs.ask(now);
      if (ranges.length === 0) return;
      sendData(context, parent.member, channel, { kind: 'nack', source, channel, ranges });
    },
    repairsAt() {
      if (parentChange.parent() === undefined) return Number.POSITIVE_INFINITY;
      return repairs?.askAt() ?? Number.POSITIVE_INFINITY;
    },
    onDataDown: (peer, now) => parentChange.lose(peer, 'closed', now),
    isParentSlow: (hops, now) => {
      const isSlow = watch !== undefined && slowParent.heard(watch.lateMs(), hops, now);
      if (isSlow) watch.doubt('behind');
      return isSlow;
    },
    onEdgeDown: (peer, reason) => {
      if (peer === parentChange.parent()?.id) watch?.doubt(EDGE_CAUSES[reason]);
    },
    maintain: (now) => {
      parentChange.leaveDebtors(now);
      parentChange.promoteIfParentStalled(now);
      return holes.giveUpIfDue(now);
    },
    maintainAt: (wantsParent) => {
      const ownAt = Math.min(holes.fillBy(), parentChange.actAt());
      return wantsParent ? Math.min(ownAt, parentChange.neededAt()) : ownAt;
    },
    close: () => {
      parentChange.end();
      stream.close();
    },
  };
}
