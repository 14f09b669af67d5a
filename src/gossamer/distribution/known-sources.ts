/**
 * The sources that an SCX knows of: where each is attached and over whom we reach it, as the routing table
 * says (§3.7), and its flows, one for each channel (§3.8): "A separate tree is constructed for each
 * channel in the session."
 *
 * A source without a route is not forgotten at once: its last ADUs may still be under way, and the route
 * may come back. Nor is it later where its flows stood, see positions.ts.
 */
import { type Context, notify } from '../core/context.js';
import type { Member, NodeId, Source, SourceId } from '../core/node.js';
import type { TableEntry } from '../routing/routing.js';
import { createFlow, type Flow } from './flow.js';
import type { Disturbances } from './health/disturbances.js';
import { createPositions } from './positions.js';

/** Sources known at most; those that have ended make room. Guess: a few for each source SCX. */
const SOURCES_MAX = 256;

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
export interface KnownSource extends Attachment {
  /** One for each of the session's channels. */
  readonly flows: readonly Flow[];
}

export interface SourcesFacts {
  neighbour(id: NodeId): Member | undefined;
  /** Its flows are closed. */
  onForgotten(known: KnownSource): void;
}

export interface Sources {
  readonly known: ReadonlyMap<SourceId, KnownSource>;
  /** Of all known sources. */
  readonly flows: ReadonlyMap<string, Flow>;
  flowOf(source: SourceId, channel: number): Flow | undefined;
  onTable(table: ReadonlyMap<NodeId, TableEntry>, now: number): void;
  /** Whether it is attached elsewhere, and there is a way. */
  wantsParent(known: KnownSource): boolean;
  /** When it is to be forgotten; Infinity while there is a way. */
  lingersUntil(known: KnownSource): number;
  forget(known: KnownSource): void;
}

/** Each source where it attached last: the highest epoch. */
function attachmentsOf(table: ReadonlyMap<NodeId, TableEntry>): Map<SourceId, Attachment> {
  const found = new Map<SourceId, Attachment>();
  for (const [scx, { route, nextHop }] of table) {
    const hops = route.path.length - 1;
    for (const source of route.sources) {
      if (source.epoch < (found.get(source.id)?.source.epoch ?? 0)) continue;
      found.set(source.id, { source, scx, nextHop, hops, goneSince: undefined });
    }
  }
  return found;
}

const isNews = (known: KnownSource, attached: Attachment): boolean =>
  known.goneSince !== undefined ||
  known.scx !== attached.scx ||
  known.source.epoch !== attached.source.epoch ||
  known.source.priority !== attached.source.priority;

/** None is known; what disturbs their flows is counted. */
export function createSources(
  context: Context,
  disturbances: Disturbances,
  facts: SourcesFacts,
): Sources {
  const { config } = context;
  const selfId = context.self().id;
  /** Bounded by SOURCES_MAX: the routing table's, and those that ended within sourceLingerMs. */
  const known = new Map<SourceId, KnownSource>();
  /** Bounded: known sources times the session's channels. */
  const flows = new Map<string, Flow>();
  const positions = createPositions();

  const flowKey = (source: SourceId, channel: number): string => `${source}/${channel}`;

  const openFlow = (source: SourceId, channel: number): Flow => {
    const flow = createFlow(context, source, channel, facts.neighbour, disturbances);
    const position = positions.get(source, channel);
    if (position !== undefined) flow.stream.begin(position.next, position.last);
    flows.set(flowKey(source, channel), flow);
    return flow;
  };

  const closeFlow = (flow: Flow): void => {
    const { source, channel, stream } = flow;
    const { next } = stream;
    if (next !== undefined) {
      positions.remember(source, channel, { next, last: stream.get(next - 1) });
    }
    flow.close();
    flows.delete(flowKey(source, channel));
  };

  const becomeKnown = (attached: Attachment): KnownSource => {
    const { id } = attached.source;
    const opened = config.channels.map((channel) => openFlow(id, channel));
    const entry = { ...attached, flows: opened };
    known.set(id, entry);
    return entry;
  };

  const becomeUnknown = (entry: KnownSource): void => {
    for (const flow of entry.flows) closeFlow(flow);
    facts.onForgotten(entry);
    known.delete(entry.source.id);
  };

  const makeRoom = (): boolean => {
    if (known.size < SOURCES_MAX) return true;
    for (const entry of known.values()) {
      if (entry.goneSince === undefined) continue;
      becomeUnknown(entry);
      return true;
    }
    return false;
  };

  const becomeGone = (entry: KnownSource, now: number): void => {
    entry.goneSince = now;
    entry.nextHop = undefined;
    notify(context, { kind: 'sourceDown', source: entry.source.id });
  };

  const update = (attached: Attachment, now: number): void => {
    const { source, scx } = attached;
    const before = known.get(source.id);
    if (before === undefined && !makeRoom()) return;
    const entry = before ?? becomeKnown(attached);
    if (before === undefined || isNews(before, attached)) {
      notify(context, { kind: 'sourceUp', source, scx });
    }
    Object.assign(entry, attached);
    for (const flow of entry.flows) {
      if (scx === selfId) flow.becomeLocal();
      else flow.wantParent(attached.nextHop, now);
    }
  };

  return {
    known,
    flows,
    flowOf: (source, channel) => known.get(source)?.flows.find((flow) => flow.channel === channel),
    onTable: (table, now) => {
      const attached = attachmentsOf(table);
      for (const [id, entry] of known) {
        if (!attached.has(id) && entry.goneSince === undefined) becomeGone(entry, now);
      }
      for (const attachment of attached.values()) update(attachment, now);
    },
    wantsParent: ({ scx, goneSince }) => goneSince === undefined && scx !== selfId,
    lingersUntil: ({ goneSince }) =>
      goneSince === undefined ? Number.POSITIVE_INFINITY : goneSince + config.sourceLingerMs,
    forget: becomeUnknown,
  };
}
