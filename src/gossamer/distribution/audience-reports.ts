/**
 * How many listen to a source (Beyond): its ADUs come down a tree (§3.8), and up the same tree each SCX
 * reports how many listeners there are at it and below it. So the source's SCX knows the sum, and nobody
 * needs to know who listens elsewhere.
 *
 * Listeners count once, not for each channel: reports go up the tree of the first one.
 */
import { type Context, sendData } from '../core/context.js';
import type { Member, NodeId, SourceId } from '../core/node.js';
import type { Flow } from './flow.js';

/** Reports go up on change at most so often, and at least so often, ms. Guess. */
const REPORT_MIN_MS = 1000;
const REPORT_MAX_MS = 10_000;

interface LastReport {
  readonly to: NodeId;
  readonly listeners: number;
  readonly atMs: number;
}

export interface Audience {
  /** Our own listeners. */
  set(listeners: number): void;
  /** Listeners here and below, for one source. */
  of(source: SourceId): number;
  /** Only children are heard. */
  hear(from: NodeId, source: SourceId, listeners: number): void;
  onChild(flow: Flow, child: NodeId): void;
  onChildGone(flow: Flow, child: NodeId): void;
  forget(source: SourceId): void;
  /** Reports to the flow's parent what is due. */
  care(flow: Flow, now: number): void;
  /** From when on care() has something to do, if nothing happens before. */
  careAt(flow: Flow): number;
}

/** Nobody listens. */
export function createAudience(
  context: Context,
  neighbour: (id: NodeId) => Member | undefined,
): Audience {
  const mainChannel = context.config.channels[0];
  let ownListeners = 0;
  /** By source, then child; one that has not reported counts as 0. Bounded like the children. */
  const reports = new Map<SourceId, Map<NodeId, number>>();
  const lastReport = new Map<SourceId, LastReport>();

  const total = (source: SourceId): number => {
    let listeners = ownListeners;
    for (const theirs of reports.get(source)?.values() ?? []) listeners += theirs;
    return listeners;
  };

  const parentOf = ({ channel, parent }: Flow): Member | undefined =>
    channel !== mainChannel || parent === undefined ? undefined : neighbour(parent);

  const reportAt = ({ source }: Flow, parent: Member): number => {
    const last = lastReport.get(source);
    // A new parent knows nothing of what the old one was told.
    if (last?.to !== parent.id) return Number.NEGATIVE_INFINITY;
    const isNews = last.listeners !== total(source);
    return last.atMs + (isNews ? REPORT_MIN_MS : REPORT_MAX_MS);
  };

  const report = ({ source, channel }: Flow, parent: Member, now: number): void => {
    const listeners = total(source);
    lastReport.set(source, { to: parent.id, listeners, atMs: now });
    sendData(context, parent, channel, { kind: 'audience', source, listeners });
  };

  return {
    set: (listeners) => {
      ownListeners = listeners;
    },
    of: total,
    hear: (from, source, listeners) => {
      const bySource = reports.get(source);
      if (bySource?.has(from)) bySource.set(from, listeners);
    },
    onChild: ({ source, channel }, child) => {
      lastReport.delete(source);
      if (channel !== mainChannel) return;
      const bySource = reports.get(source) ?? new Map<NodeId, number>();
      bySource.set(child, bySource.get(child) ?? 0);
      reports.set(source, bySource);
    },
    onChildGone: ({ source, channel }, child) => {
      if (channel === mainChannel) reports.get(source)?.delete(child);
    },
    forget: (source) => {
      reports.delete(source);
      lastReport.delete(source);
    },
    care: (flow, now) => {
      const parent = parentOf(flow);
      if (parent !== undefined && now >= reportAt(flow, parent)) report(flow, parent, now);
    },
    careAt: (flow) => {
      const parent = parentOf(flow);
      return parent === undefined ? Number.POSITIVE_INFINITY : reportAt(flow, parent);
    },
  };
}
