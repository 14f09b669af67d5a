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
 * child has missed.
 *
 * Here is what comes in. The sources, whose routes come from routing.ts, are sources.ts; a flow's upstreams
 * are flow.ts, its children are children.ts; what is done when nothing comes in is care.ts.
 */

import { type ClockedContext, notify } from '../core/context.js';
import type { EdgeDownReason } from '../core/effects.js';
import type { DataMessage } from '../core/message.js';
import type { Adu, Member, NodeId, SourceId } from '../core/node.js';
import type { TableEntry } from '../routing/routing.js';
import { createAudience } from './audience-reports.js';
import { createChildren } from './children.js';
import type { Flow } from './flow.js';
import { createDisturbances, type Disturbances } from './health/disturbances.js';
import { createSources, type KnownSource } from './known-sources.js';
import type { Progress } from './stream.js';
import { createCare } from './upkeep.js';

export interface DistributionFacts {
  /** The members that are our neighbours: only they may subscribe. */
  neighbour(id: NodeId): Member | undefined;
  /** A next hop in reserve, see routing.ts. */
  alternate(scx: NodeId, avoided: ReadonlySet<NodeId>): NodeId | undefined;
  /** What comes over a parent comes later and later. */
  onBehind(parent: NodeId, now: number): void;
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
  readonly sources: ReadonlyMap<SourceId, Readonly<KnownSource>>;
  audience(source: SourceId): number;
  childrenOf(flow: Flow): NodeId[];
  tick(now: number): void;
  readonly deadline: number;
}

/** Without flows. */
export function createDistribution(
  context: ClockedContext,
  facts: DistributionFacts,
): Distribution {
  const { config } = context;
  const disturbances = createDisturbances();
  const audience = createAudience(context, facts.neighbour);
  const sources = createSources(context, disturbances, {
    neighbour: facts.neighbour,
    onForgotten: ({ source, flows: closed }) => {
      for (const flow of closed) children.forget(flow);
      audience.forget(source.id);
    },
  });
  const { flows } = sources;
  const children = createChildren(context, flows, audience, facts.neighbour);
  const care = createCare(context, sources, children, audience, {
    alternate: facts.alternate,
    onProgress: (flow, result) => progress(flow, result),
  });

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

  const handleData = (from: Member, message: DataMessage, now: number): void => {
    if (message.kind === 'audience') {
      return audience.hear(from.id, message.source, message.listeners);
    }
    const flow = sources.flowOf(message.source, message.channel);
    if (message.kind === 'subscribe') return children.subscribe(flow, from, message);
    if (flow === undefined) return;
    switch (message.kind) {
      case 'unsubscribe':
        return children.unsubscribe(flow, from.id);
      case 'subscribed':
        return progress(flow, flow.onSubscribed(from.id, message.from, now));
      case 'refused':
        return flow.onRefused(from.id, now);
      case 'nack':
        return children.repair(flow, from.id, message.ranges);
      case 'head':
        flow.onHead(from.id, message.next, now);
        return care.repairBy(flow.repairsAt);
      case 'lost':
        return progress(flow, flow.onLost(from.id, message.range, now));
    }
  };

  /** What an ADU may bring forward: a hole, a candidate that answers at last, a quicker rhythm. */
  const onAdu = (flow: Flow, now: number): void => {
    const known = sources.known.get(flow.source) as KnownSource;
    const { parent } = flow;
    if (flow.fallsBehind(known.hops, now) && parent !== undefined) facts.onBehind(parent, now);
    care.by(flow.careAt(sources.wantsParent(known)), now);
  };

  /** Children on a lossy channel are to be told where it ends, when nothing more comes. */
  const onServed = (flow: Flow, now: number): void => {
    if (config.lossyChannels.includes(flow.channel)) care.soon(now);
  };

  return {
    onTable: (table, now) => {
      sources.onTable(table, now);
      care.soon(now);
    },
    publish: (adu, now) => {
      const flow = sources.flowOf(adu.source, adu.channel);
      if (flow === undefined) return;
      progress(flow, flow.take(adu, now));
      onServed(flow, now);
    },
    handleAdu: (from, adu, now) => {
      const flow = sources.flowOf(adu.source, adu.channel);
      if (flow?.passesReversePathCheck(from)) {
        progress(flow, flow.takeFrom(from, adu, now));
        care.repairBy(flow.repairsAt);
        onAdu(flow, now);
        onServed(flow, now);
      } else if (flow !== undefined) flow.counters.stray++;
    },
    handleData: (from, message, now) => {
      handleData(from, message, now);
      care.soon(now);
    },
    onParentDown: (peer, channel, now) => {
      let isOrphaned = false;
      for (const flow of flows.values()) {
        if (flow.channel !== channel) continue;
        isOrphaned ||= flow.parent === peer;
        flow.onDataDown(peer, now);
      }
      // Whom we only ask may fail again and again.
      if (isOrphaned) care.atOnce(now);
      else care.soon(now);
    },
    onChildDown: (peer, channel, now) => {
      children.onDataDown(peer, channel);
      care.soon(now);
    },
    onEdgeDown: (peer, reason) => {
      for (const flow of flows.values()) flow.onEdgeDown(peer, reason);
    },
    onEdges: care.soon,
    onCongestion: (peer, channel, isCongested, now) => {
      children.onCongestion(peer, channel, isCongested);
      care.soon(now);
    },
    setAudience: (listeners, now) => {
      audience.set(listeners);
      care.soon(now);
    },
    leave: children.refuseNewcomers,
    get hasChildren() {
      return children.size > 0;
    },
    disturbances,
    flows,
    sources: sources.known,
    audience: audience.of,
    childrenOf: children.of,
    tick: care.tick,
    get deadline() {
      return care.deadline;
    },
  };
}
