/**
 * The state of one SCX as plain data. `status` shows it to operators, and the checkers of the
 * simulator verify invariants on it. A view is drawn anew on each call, so it never changes
 * afterwards.
 */

import type { Coordinates, Member, NodeId, Source } from './core/node.js';
import type { Distribution } from './distribution/distribution.js';
import type { Flow } from './distribution/flow.js';
import type { Disturbances } from './distribution/health/disturbances.js';
import type { FlowCounters } from './distribution/stream/reception.js';
import type { LifeState } from './lifecycle.js';
import type { Avoided } from './routing/trust.js';
import type { Rules } from './rules.js';

interface NeighbourView {
  readonly member: Member;
  readonly rttMs: number;
  /** Whether we added the edge, or accepted it. */
  readonly ours: boolean;
}

export interface FlowView extends FlowCounters {
  readonly channel: number;
  readonly parent: NodeId | undefined;
  readonly children: readonly NodeId[];
  /** The number of the next ADU; undefined before the first. */
  readonly next: number | undefined;
}

export interface SourceView {
  readonly source: Source;
  readonly scx: NodeId;
  /** Cost of the route to it, ms; undefined without a route. */
  readonly costMs: number | undefined;
  readonly path: readonly NodeId[];
  /** Listeners here and below in the source's tree; at its SCX: all of them. */
  readonly audience: number;
  readonly flows: readonly FlowView[];
}

export interface GossamerView {
  readonly self: Member;
  readonly state: LifeState;
  /** Our coordinates; `samples` is 0 before the first ping experiment. */
  readonly place: Coordinates;
  /** Our own listeners. */
  readonly listeners: number;
  readonly membersKnown: number;
  /** 0 in sessions without entries. */
  readonly entriesKept: number;
  readonly generator: NodeId | null;
  readonly neighbours: readonly NeighbourView[];
  readonly sources: readonly SourceView[];
  readonly avoided: Avoided;
  /** Counted since the start. */
  readonly disturbances: Readonly<Disturbances>;
}

const flowView = (distribution: Distribution, flow: Flow): FlowView => ({
  channel: flow.channel,
  parent: flow.parent(),
  children: distribution.childrenOf(flow),
  next: flow.stream.next(),
  ...flow.counters,
});

/** Draws the view of one SCX. */
export function drawView(rules: Rules): GossamerView {
  const { life, mesh, routing, distribution } = rules;
  const neighbours = [...mesh.neighbours.values()].map(({ member, ours }) => ({
    member,
    ours,
    rttMs: routing.rttMs(member.id) ?? 0,
  }));
  const known = [...distribution.sources.values()];
  const present = known.filter(({ goneSince }) => goneSince === undefined);
  const sources = present.map(({ source, scx }) => {
    const route = routing.table.get(scx)?.route;
    const flows = [...distribution.flows.values()].filter((flow) => flow.source === source.id);
    return {
      source,
      scx,
      costMs: route?.costMs,
      path: route?.path ?? [],
      audience: distribution.audience(source.id),
      flows: flows.map((flow) => flowView(distribution, flow)),
    };
  });
  return {
    self: life.self(),
    state: life.state(),
    place: rules.ownCoordinates.current(),
    listeners: distribution.ownListeners(),
    entriesKept: rules.entries.size(),
    membersKnown: rules.membership.all().length,
    generator: rules.heartbeat.generator(),
    neighbours,
    sources,
    avoided: routing.avoided(),
    disturbances: distribution.disturbances,
  };
}
