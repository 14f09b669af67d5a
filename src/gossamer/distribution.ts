/**
 * Data distribution (§3.8): "At each node X_i, when an ADU is received on a channel from a neighbor
 * X_j, it is forwarded only if X_j is the next hop in X_i's route towards the source SCX. Every ADU
 * that passes this reverse-path check is forwarded to all those neighbors that use X_i as their next
 * hop ... data continues to be forwarded along the old route for a short while until the downstream
 * SCX starts receiving data along the new route."
 *
 * Beyond: a child says that it uses X_i as its next hop by subscribing, from the number that it needs
 * next. So a flow has at most two upstreams: the parent, and during a change of routes the candidate,
 * which becomes the parent when it delivers without a hole. The parent sends from its cache what the
 * child has missed. Routes come from routing.ts; this file never chooses one, save a reserve when the
 * chosen parent fails.
 */

import { createAudience } from './audience.js';
import { createChildren } from './children.js';
import { type ClockedContext, notify } from './context.js';
import { createDisturbances, type Disturbances } from './disturbances.js';
import { createFlow, type Flow } from './flow.js';
import type { EdgeDownReason } from './gossamer-types.js';
import type { DataMessage } from './message.js';
import type { Adu, Member, NodeId, Source, SourceId } from './node.js';
import type { TableEntry } from './routing.js';
import type { Progress } from './stream.js';

/**
 * Answers that did not come, silence, holes: flows are looked after when something is waited for in
 * vain, and when something has changed, but at most so often, ms. Guess.
 */
const CARE_MS = 100;

/** Sources known at most; those that have ended make room. Guess: a few for each source SCX. */
const SOURCES_MAX = 256;

/** Flows whose place is remembered after their source has ended. Guess: as many as may be known. */
const POSITIONS_MAX = 1024;

export interface DistributionFacts {
  /** The members that are our neighbours: only they may subscribe. */
  neighbour(id: NodeId): Member | undefined;
  /** A next hop in reserve, see routing.ts. */
  alternate(scx: NodeId, avoided: ReadonlySet<NodeId>): NodeId | undefined;
  /** What comes over a parent comes later and later. */
  onBehind(parent: NodeId, now: number): void;
}

/** Where a source is attached, and our way there. */
interface Attachment {
  source: Source;
  scx: NodeId;
  nextHop: NodeId | undefined;
  /** From there to here. */
  hops: number;
  /** Set when no route to it is left: its last ADUs may still be under way. */
  goneSince: number | undefined;
}

/** A source that we know of. */
interface Known extends Attachment {
  /** One for each of the session's channels. */
  readonly flows: readonly Flow[];
}

export interface Distribution {
  onTable(table: ReadonlyMap<NodeId, TableEntry>, now: number): void;
  publish(adu: Adu, now: number): void;
  handleAdu(from: NodeId, adu: Adu, now: number): void;
  handleData(from: Member, message: DataMessage, now: number): void;
  onParentDown(peer: NodeId, channel: number, now: number): void;
  onChildDown(peer: NodeId, channel: number, now: number): void;
  onCongestion(peer: NodeId, channel: number, isCongested: boolean, now: number): void;
  /** Before routing hears of it and chooses anew. */
  onEdgeDown(peer: NodeId, reason: EdgeDownReason): void;
  /** The mesh has changed: who was a neighbour may be none any more. */
  onEdges(now: number): void;
  /** Our own listeners; they are summed up along the trees. */
  setAudience(listeners: number, now: number): void;
  /** From now on newcomers are refused. */
  leave(): void;
  readonly hasChildren: boolean;
  readonly disturbances: Readonly<Disturbances>;
  readonly flows: ReadonlyMap<string, Flow>;
  readonly sources: ReadonlyMap<SourceId, Readonly<Known>>;
  audience(source: SourceId): number;
  childrenOf(flow: Flow): NodeId[];
  tick(now: number): void;
  readonly deadline: number;
}

const flowKey = (source: SourceId, channel: number): string => `${source}/${channel}`;

/** Without flows. */
export function createDistribution(
  context: ClockedContext,
  facts: DistributionFacts,
): Distribution {
  const { config } = context;
  const selfId = context.self().id;
  /** Bounded by SOURCES_MAX: the routing table's, and those that ended within sourceLingerMs. */
  const known = new Map<SourceId, Known>();
  /** Bounded: known sources times the session's channels. */
  const flows = new Map<string, Flow>();
  /**
   * Where the flows of sources that ended stood, should one come back: a route may be away for longer
   * than sourceLingerMs. Bounded by POSITIONS_MAX, the oldest first.
   */
  const positions = new Map<string, number>();
  const disturbances = createDisturbances();
  const audience = createAudience(context, facts.neighbour);
  const children = createChildren(context, flows, audience, facts.neighbour);
  /** Nothing is to be done before: at it perhaps neither, when what was waited for has come. */
  let nextCare = Number.POSITIVE_INFINITY;
  let caredAt = Number.NEGATIVE_INFINITY;
  /** Something that was lost on the way is to be asked for again. */
  let nextRepair = Number.POSITIVE_INFINITY;

  /** Something is to be done at that instant. */
  const careBy = (instant: number, now: number): void => {
    nextCare = Math.min(nextCare, Math.max(now, instant, caredAt + CARE_MS));
    context.wakeBy(nextCare);
  };

  const repairBy = (instant = Number.POSITIVE_INFINITY): void => {
    nextRepair = Math.min(nextRepair, instant);
    if (nextRepair < Number.POSITIVE_INFINITY) context.wakeBy(nextRepair);
  };

  const askRepairs = (now: number): void => {
    nextRepair = Number.POSITIVE_INFINITY;
    for (const flow of flows.values()) {
      flow.askRepairs(now);
      repairBy(flow.repairsAt);
    }
  };

  const careFully = (now: number): void => {
    for (const entry of [...known.values()]) careFor(entry, now);
    for (const flow of flows.values()) {
      children.care(flow, now);
      audience.care(flow, now);
    }
    caredAt = now;
    nextCare = Number.POSITIVE_INFINITY;
    careBy(careAt(), now);
  };

  const careSoon = (now: number): void => {
    if (known.size > 0) careBy(now, now);
  };

  /** Listeners wait. */
  const careAtOnce = (now: number): void => {
    caredAt = Number.NEGATIVE_INFINITY;
    careSoon(now);
  };

  const openFlow = (source: SourceId, channel: number): Flow => {
    const key = flowKey(source, channel);
    const flow = createFlow(context, source, channel, facts.neighbour, disturbances);
    const position = positions.get(key);
    if (position !== undefined) flow.stream.begin(position);
    flows.set(key, flow);
    return flow;
  };

  const becomeKnown = (source: Source, scx: NodeId): Known => {
    const opened = config.channels.map((channel) => openFlow(source.id, channel));
    const entry = { source, scx, nextHop: undefined, hops: 0, goneSince: undefined, flows: opened };
    known.set(source.id, entry);
    notify(context, { kind: 'sourceUp', source, scx });
    return entry;
  };

  const remember = (key: string, position: number): void => {
    positions.delete(key);
    if (positions.size >= POSITIONS_MAX) positions.delete(positions.keys().next().value as string);
    positions.set(key, position);
  };

  const becomeUnknown = (id: SourceId): void => {
    for (const flow of known.get(id)?.flows ?? []) {
      const key = flowKey(id, flow.channel);
      if (flow.stream.next !== undefined) remember(key, flow.stream.next);
      flow.close();
      flows.delete(key);
    }
    children.forget(id);
    audience.forget(id);
    known.delete(id);
  };

  /** Each source where it attached last: the highest epoch. */
  const attachments = (table: ReadonlyMap<NodeId, TableEntry>): Map<SourceId, Attachment> => {
    const found = new Map<SourceId, Attachment>();
    for (const [scx, { route, nextHop }] of table) {
      const hops = route.path.length - 1;
      for (const source of route.sources) {
        if (source.epoch < (found.get(source.id)?.source.epoch ?? 0)) continue;
        found.set(source.id, { source, scx, nextHop, hops, goneSince: undefined });
      }
    }
    return found;
  };

  const makeRoom = (): boolean => {
    if (known.size < SOURCES_MAX) return true;
    for (const [id, entry] of known) {
      if (entry.goneSince === undefined) continue;
      becomeUnknown(id);
      return true;
    }
    return false;
  };

  const isNews = (entry: Known, attached: Attachment): boolean =>
    entry.scx !== attached.scx ||
    entry.source.epoch !== attached.source.epoch ||
    entry.source.priority !== attached.source.priority;

  const updateKnown = (attached: Attachment, now: number): void => {
    const id = attached.source.id;
    let entry = known.get(id);
    if (entry === undefined && !makeRoom()) return;
    if (entry === undefined) entry = becomeKnown(attached.source, attached.scx);
    else if (entry.goneSince !== undefined || isNews(entry, attached)) {
      notify(context, { kind: 'sourceUp', source: attached.source, scx: attached.scx });
    }
    Object.assign(entry, attached);
    for (const flow of entry.flows) {
      if (attached.scx === selfId) flow.becomeLocal();
      else flow.wantParent(attached.nextHop, now);
    }
  };

  const progress = (flow: Flow, result: Progress): void => {
    if (result.missed > 0) {
      flow.counters.missed += result.missed;
      notify(context, { kind: 'missed', source: flow.source, count: result.missed });
    }
    for (const adu of result.delivered) {
      flow.counters.delivered++;
      context.emit({ kind: 'deliver', adu });
    }
    if (result.delivered.length > 0) children.serve(flow);
  };

  const flowFor = (source: SourceId, channel: number): Flow | undefined =>
    known.get(source)?.flows.find((flow) => flow.channel === channel);

  const handleData = (from: Member, message: DataMessage, now: number): void => {
    if (message.kind === 'audience') {
      return audience.hear(from.id, message.source, message.listeners);
    }
    const flow = flowFor(message.source, message.channel);
    switch (message.kind) {
      case 'subscribe':
        return children.subscribe(flow, from, message);
      case 'unsubscribe':
        return children.unsubscribe(message.source, message.channel, from.id);
      case 'subscribed':
        if (flow !== undefined) progress(flow, flow.onSubscribed(from.id, message.from, now));
        return;
      case 'refused':
        return flow?.onRefused(from.id, now);
      case 'nack':
        return flow === undefined ? undefined : children.repair(flow, from.id, message.ranges);
      case 'head':
        flow?.onHead(from.id, message.next, now);
        return repairBy(flow?.repairsAt);
      case 'lost':
        if (flow !== undefined) progress(flow, flow.onLost(from.id, message.range, now));
        return;
    }
  };

  /** Whom to ask next: routing's choice, then those in reserve; undefined: all have been asked. */
  const nextUpstream = (flow: Flow, { scx, nextHop }: Known): NodeId | undefined => {
    const { asked } = flow;
    const isFresh = nextHop !== undefined && !asked.has(nextHop);
    return isFresh ? nextHop : facts.alternate(scx, asked);
  };

  const lookForUpstream = (flow: Flow, entry: Known, now: number): void => {
    if (flow.needsParent(now)) {
      flow.wantParent(nextUpstream(flow, entry) ?? entry.nextHop, now);
    } else if (flow.needsReserve(now)) {
      const reserve = nextUpstream(flow, entry);
      if (reserve !== undefined) flow.askReserve(reserve, now);
    }
  };

  const wantsParent = (entry: Known): boolean =>
    entry.goneSince === undefined && entry.scx !== selfId;

  const lingersUntil = ({ goneSince }: Known): number =>
    goneSince === undefined ? Number.POSITIVE_INFINITY : goneSince + config.sourceLingerMs;

  const careFor = (entry: Known, now: number): void => {
    for (const flow of entry.flows) {
      progress(flow, flow.care(now));
      if (wantsParent(entry)) lookForUpstream(flow, entry, now);
    }
    if (now >= lingersUntil(entry)) becomeUnknown(entry.source.id);
  };

  const careAt = (): number => {
    let earliest = Number.POSITIVE_INFINITY;
    for (const entry of known.values()) {
      earliest = Math.min(earliest, lingersUntil(entry));
      for (const flow of entry.flows) {
        const ofOthers = Math.min(children.careAt(flow), audience.careAt(flow));
        earliest = Math.min(earliest, flow.careAt(wantsParent(entry)), ofOthers);
      }
    }
    return earliest;
  };

  /** What an ADU may bring forward: a hole, a candidate that answers at last, a quicker rhythm. */
  const onAdu = (flow: Flow, now: number): void => {
    const entry = known.get(flow.source) as Known;
    const { parent } = flow;
    if (flow.fallsBehind(entry.hops, now) && parent !== undefined) facts.onBehind(parent, now);
    careBy(flow.careAt(wantsParent(entry)), now);
  };

  /** Children on a lossy channel are to be told where it ends, when nothing more comes. */
  const onServed = (flow: Flow, now: number): void => {
    if (config.lossyChannels.includes(flow.channel)) careBy(now, now);
  };

  return {
    onTable: (table, now) => {
      const attached = attachments(table);
      for (const [id, entry] of known) {
        if (attached.has(id) || entry.goneSince !== undefined) continue;
        entry.goneSince = now;
        entry.nextHop = undefined;
        notify(context, { kind: 'sourceDown', source: id });
      }
      for (const entry of attached.values()) updateKnown(entry, now);
      careSoon(now);
    },
    publish: (adu, now) => {
      const flow = flowFor(adu.source, adu.channel);
      if (flow === undefined) return;
      progress(flow, flow.take(adu, now));
      onServed(flow, now);
    },
    handleAdu: (from, adu, now) => {
      const flow = flowFor(adu.source, adu.channel);
      if (flow?.passesReversePathCheck(from)) {
        progress(flow, flow.takeFrom(from, adu, now));
        repairBy(flow.repairsAt);
        onAdu(flow, now);
        onServed(flow, now);
      } else if (flow !== undefined) flow.counters.stray++;
    },
    handleData: (from, message, now) => {
      handleData(from, message, now);
      careSoon(now);
    },
    onParentDown: (peer, channel, now) => {
      let isOrphaned = false;
      for (const flow of flows.values()) {
        if (flow.channel !== channel) continue;
        isOrphaned ||= flow.parent === peer;
        flow.onDataDown(peer, now);
      }
      // Whom we only ask may fail again and again.
      if (isOrphaned) careAtOnce(now);
      else careSoon(now);
    },
    onChildDown: (peer, channel, now) => {
      children.onDataDown(peer, channel);
      careSoon(now);
    },
    onEdgeDown: (peer, reason) => {
      for (const flow of flows.values()) flow.onEdgeDown(peer, reason);
    },
    onEdges: careSoon,
    onCongestion: (peer, channel, isCongested, now) => {
      children.onCongestion(peer, channel, isCongested);
      careSoon(now);
    },
    setAudience: (listeners, now) => {
      audience.set(listeners);
      careSoon(now);
    },
    leave: () => children.refuseNewcomers(),
    get hasChildren() {
      return children.size > 0;
    },
    disturbances,
    flows,
    sources: known,
    audience: audience.of,
    childrenOf: (flow) => children.of(flow),
    tick: (now) => {
      if (nextRepair <= now) askRepairs(now);
      if (nextCare <= now) careFully(now);
    },
    get deadline() {
      return Math.min(nextCare, nextRepair);
    },
  };
}
