/**
 * Counts the listeners of a source (Beyond). Its ADUs come down a tree (§3.8), and up the same tree
 * each SCX reports the number of listeners at it and below it. The source's SCX thus knows the sum,
 * and no other SCX needs to know the listeners elsewhere.
 *
 * A listener counts once, not once for each channel: reports go up the tree of the first channel.
 */
import { type Context, sendData } from '../core/context.js';
import type { Member, NodeId, SourceId } from '../core/node.js';
import type { Flow } from './flow.js';

/**
 * The interval between two reports, ms: the first while the number changes, the second at most.
 * Guess.
 */
const REPORT_MIN_MS = 1000;
const REPORT_MAX_MS = 10_000;

/**
 * Listeners that one child is believed to have with all below it. Reports can be invented. Guess:
 * more than any station has.
 */
const CHILD_LISTENERS_MAX = 1_000_000;

interface LastReport {
  readonly to: NodeId;
  readonly listeners: number;
  readonly atMs: number;
}

export interface AudienceReports {
  /** The number of our own listeners. */
  setOwn(listeners: number): void;
  own(): number;
  /** Listeners here and below, for one source. */
  of(source: SourceId): number;
  /** Only reports of children count. */
  handle(from: NodeId, source: SourceId, listeners: number): void;
  onChild(flow: Flow, child: NodeId): void;
  onChildGone(flow: Flow, child: NodeId): void;
  forget(source: SourceId): void;
  /** Reports to the flow's parent if that is due. */
  maintain(flow: Flow, now: number): void;
  /** From when on maintain() has something to do, if nothing happens before. */
  maintainAt(flow: Flow): number;
}

/** Creates a table of the children's reports, by source and child. Bounded like the children. */
function createChildReports() {
  const reports = new Map<SourceId, Map<NodeId, number>>();
  return {
    sum: (source: SourceId): number => {
      let listeners = 0;
      for (const theirs of reports.get(source)?.values() ?? []) listeners += theirs;
      return listeners;
    },
    /** A child that has not reported counts as 0. */
    add: (source: SourceId, child: NodeId): void => {
      const bySource = reports.get(source) ?? new Map<NodeId, number>();
      bySource.set(child, bySource.get(child) ?? 0);
      reports.set(source, bySource);
    },
    set: (source: SourceId, child: NodeId, listeners: number): void => {
      const bySource = reports.get(source);
      if (bySource?.has(child)) bySource.set(child, listeners);
    },
    remove: (source: SourceId, child: NodeId): void => void reports.get(source)?.delete(child),
    forget: (source: SourceId): void => void reports.delete(source),
  };
}

/** Creates reports without listeners, here or below. */
export function createAudienceReports(
  context: Context,
  neighbour: (id: NodeId) => Member | undefined,
): AudienceReports {
  const mainChannel = context.config.channels[0];
  const reports = createChildReports();
  const lastReport = new Map<SourceId, LastReport>();
  let ownListeners = 0;

  const total = (source: SourceId): number => ownListeners + reports.sum(source);

  const parentOf = (flow: Flow): Member | undefined => {
    const parent = flow.channel === mainChannel ? flow.parent() : undefined;
    return parent && neighbour(parent);
  };

  const reportAt = ({ source }: Flow, parent: Member): number => {
    const last = lastReport.get(source);
    // A new parent does not know what the old one was told.
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
    setOwn: (listeners) => {
      ownListeners = listeners;
    },
    own() {
      return ownListeners;
    },
    of: total,
    handle: (from, source, listeners) =>
      reports.set(source, from, Math.min(listeners, CHILD_LISTENERS_MAX)),
    onChild: ({ source, channel }, child) => {
      lastReport.delete(source);
      if (channel === mainChannel) reports.add(source, child);
    },
    onChildGone: ({ source, channel }, child) => {
      if (channel === mainChannel) reports.remove(source, child);
    },
    forget: (source) => {
      reports.forget(source);
      lastReport.delete(source);
    },
    maintain: (flow, now) => {
      const parent = parentOf(flow);
      if (parent !== undefined && now >= reportAt(flow, parent)) report(flow, parent, now);
    },
    maintainAt: (flow) => {
      const parent = parentOf(flow);
      return parent === undefined ? Number.POSITIVE_INFINITY : reportAt(flow, parent);
    },
  };
}
