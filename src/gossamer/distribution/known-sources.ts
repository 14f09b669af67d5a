/**
 * The sources that an SCX knows of: where each is attached and which next hop leads there, as the
 * routing table says (§3.7), and its flows, one for each channel (§3.8): "A separate tree is
 * constructed for each channel in the session."
 *
 * A source without a route is not forgotten at once: its last ADUs may still be under way, and the
 * route may come back. The positions of its flows are remembered even longer. When the source comes
 * back later, its listeners continue where they were and do not get the recent ADUs again; and
 * newcomers get the last ADU of a quiet channel, as a title holds until there is another.
 */

import { newestOfMost } from '../../lib/bounds/fair-share.js';
import { type Context, notify } from '../core/context.js';
import type { Adu, Member, NodeId, Source, SourceId } from '../core/node.js';
import type { TableEntry } from '../routing/routing-table.js';
import { createFlow, type Flow } from './flow.js';
import type { Disturbances } from './health/disturbances.js';
import { createAduMemory } from './stream/adu-memory.js';

/**
 * Sources known at most. Those that have ended make room, and then the newest of the SCX with the
 * most, as sources can be invented. Guess: a few for each source SCX.
 */
const SOURCES_MAX = 256;

/** Flows whose position is remembered; the oldest makes room. Guess: all that may be known. */
const POSITIONS_MAX = 1024;

/** The last ADU of an ended flow is kept up to this size, bytes. Guess: the longest title. */
const LAST_BYTES_MAX = 4096;

/** The SCX to which a source is attached, and our route to it. */
interface Attachment {
  source: Source;
  scx: NodeId;
  nextHop: NodeId | undefined;
  /** The hops of the route, and its cost, ms. */
  hops: number;
  costMs: number;
  /** Since when there has been no route to it. */
  goneSince: number | undefined;
}

/** Channels of a session at most, as its announcement has them. */
const CHANNELS_MAX = 16;

/** A source that we know of. */
export interface KnownSource extends Attachment {
  /** One for each of the session's channels, and of the optional ones that somebody wants. */
  readonly flows: readonly Flow[];
}

export interface KnownSourcesOptions {
  readonly context: Context;
  readonly disturbances: Disturbances;
  /** The member, if it is a neighbour. */
  neighbour(id: NodeId): Member | undefined;
  /** A source is forgotten; its flows are closed. */
  onForgotten(known: KnownSource): void;
}

export interface KnownSources {
  readonly known: ReadonlyMap<SourceId, KnownSource>;
  /** Of all known sources. */
  readonly flows: ReadonlyMap<string, Flow>;
  flowOf(source: SourceId, channel: number): Flow | undefined;
  /** Opens the flow of an optional channel, which must have none. */
  open(known: KnownSource, channel: number, now: number): Flow;
  /** Closes the flow of an optional channel. */
  close(known: KnownSource, flow: Flow): void;
  onTable(table: ReadonlyMap<NodeId, TableEntry>, now: number): void;
  /** Opens the flows of channels that the session did not have before, and asks next hops for them. */
  addChannels(channels: readonly number[], now: number): void;
  /** Whether it is attached elsewhere, and there is a route. */
  wantsParent(known: KnownSource): boolean;
  /** When it is to be forgotten; Infinity while there is a route. */
  lingersUntil(known: KnownSource): number;
  forget(known: KnownSource): void;
}

/**
 * Each source where it was attached last: the highest epoch. A source with several roots of one epoch
 * (levels/bridge.ts) is taken from the nearest.
 */
function attachmentsOf(table: ReadonlyMap<NodeId, TableEntry>): Map<SourceId, Attachment> {
  const found = new Map<SourceId, Attachment>();
  const isBetter = ({ epoch }: Source, costMs: number, than: Attachment): boolean =>
    epoch === than.source.epoch ? costMs < than.costMs : epoch > than.source.epoch;
  for (const [scx, { route, nextHop }] of table) {
    const hops = route.path.length - 1;
    const { costMs } = route;
    for (const source of route.sources) {
      const other = found.get(source.id);
      if (other !== undefined && !isBetter(source, costMs, other)) continue;
      found.set(source.id, { source, scx, nextHop, hops, costMs, goneSince: undefined });
    }
  }
  return found;
}

const isNews = (known: KnownSource, attached: Attachment): boolean =>
  known.goneSince !== undefined ||
  known.scx !== attached.scx ||
  known.source.epoch !== attached.source.epoch ||
  known.source.priority !== attached.source.priority;

const flowKey = (source: SourceId, channel: number): string => `${source}/${channel}`;

/** The position at which a flow ended. */
interface Position {
  /** The number that was to be delivered next. */
  readonly next: number;
  /** The ADU before it, if it was kept. */
  readonly last: Adu | undefined;
}

/** Creates a store for the positions of ended flows, the oldest first. Bounded by POSITIONS_MAX. */
function createPositions() {
  const positions = new Map<string, Position>();
  return {
    get: (key: string): Position | undefined => positions.get(key),
    remember: (key: string, position: Position): void => {
      positions.delete(key);
      if (positions.size >= POSITIONS_MAX)
        positions.delete(positions.keys().next().value as string);
      positions.set(key, position);
    },
  };
}

/** Creates a table of the open flows. Bounded: known sources times the session's channels. */
function createOpenFlows({ context, disturbances, neighbour }: KnownSourcesOptions) {
  const flows = new Map<string, Flow>();
  const positions = createPositions();
  const memory = createAduMemory(context.config);
  return {
    flows,
    open: (source: SourceId, channel: number, isOptional: boolean): Flow => {
      const options = { context, source, channel, neighbour, disturbances, memory, isOptional };
      const flow = createFlow(options);
      const position = positions.get(flowKey(source, channel));
      if (position !== undefined) flow.stream.begin(position.next, position.last);
      flows.set(flowKey(source, channel), flow);
      return flow;
    },
    close: (flow: Flow): void => {
      const key = flowKey(flow.source, flow.channel);
      const next = flow.stream.next();
      if (next !== undefined && !flow.isOptional) {
        const last = flow.stream.get(next - 1);
        const isSmall = last !== undefined && last.payload.length <= LAST_BYTES_MAX;
        positions.remember(key, { next, last: isSmall ? last : undefined });
      }
      flow.close();
      flows.delete(key);
    },
  };
}

/** Creates a table without sources. */
export function createKnownSources(options: KnownSourcesOptions): KnownSources {
  const { context, onForgotten } = options;
  const { config } = context;
  const selfId = context.self().id;
  /**
   * Bounded by SOURCES_MAX: those in the routing table, and those that ended within sourceLingerMs.
   */
  const known = new Map<SourceId, KnownSource>();
  const openFlows = createOpenFlows(options);
  let channels = config.channels;

  const openFlowsOf = ({ source: { id } }: Attachment, wanted: readonly number[]): Flow[] =>
    wanted.map((channel) => openFlows.open(id, channel, false));

  const becomeKnown = (attached: Attachment): KnownSource => {
    const { id } = attached.source;
    const entry = { ...attached, flows: openFlowsOf(attached, channels) };
    known.set(id, entry);
    return entry;
  };

  const becomeUnknown = (entry: KnownSource): void => {
    for (const flow of entry.flows) openFlows.close(flow);
    onForgotten(entry);
    known.delete(entry.source.id);
  };

  /** The source that makes room for one of that SCX; undefined: none does. */
  const spareFor = (scx: NodeId): KnownSource | undefined => {
    const ended = [...known.values()].find(({ goneSince }) => goneSince !== undefined);
    const ownerOf = (entry: KnownSource) => (entry.scx === selfId ? undefined : entry.scx);
    return ended ?? newestOfMost(known.values(), ownerOf, scx);
  };

  const makeRoomFor = (scx: NodeId, now: number): boolean => {
    if (known.size < SOURCES_MAX) return true;
    const spare = spareFor(scx);
    if (spare === undefined) return false;
    if (spare.goneSince === undefined) becomeGone(spare, now);
    becomeUnknown(spare);
    return true;
  };

  const becomeGone = (entry: KnownSource, now: number): void => {
    entry.goneSince = now;
    entry.nextHop = undefined;
    notify(context, { kind: 'sourceDown', source: entry.source.id });
  };

  const setFlows = (entry: KnownSource, flows: readonly Flow[]): void =>
    void Object.assign(entry, { flows });

  /** Where the ADUs of flows are to come from: from our own source, or from the next hop. */
  const place = (flows: readonly Flow[], { scx, nextHop }: Attachment, now: number): void => {
    for (const flow of flows) {
      if (scx === selfId) flow.becomeLocal();
      else flow.wantParent(nextHop, now);
    }
  };

  const update = (attached: Attachment, now: number): void => {
    const { source, scx } = attached;
    const before = known.get(source.id);
    if (before === undefined && !makeRoomFor(scx, now)) return;
    const entry = before ?? becomeKnown(attached);
    if (before === undefined || isNews(before, attached)) {
      notify(context, { kind: 'sourceUp', source, scx });
    }
    Object.assign(entry, attached);
    place(entry.flows, attached, now);
  };

  return {
    known,
    flows: openFlows.flows,
    flowOf: (source, channel) => known.get(source)?.flows.find((flow) => flow.channel === channel),
    open: (entry, channel, now) => {
      const flow = openFlows.open(entry.source.id, channel, true);
      setFlows(entry, [...entry.flows, flow]);
      place([flow], entry, now);
      return flow;
    },
    close: (entry, flow) => {
      openFlows.close(flow);
      setFlows(
        entry,
        entry.flows.filter((one) => one !== flow),
      );
    },
    onTable: (table, now) => {
      const attached = attachmentsOf(table);
      for (const [id, entry] of known) {
        if (!attached.has(id) && entry.goneSince === undefined) becomeGone(entry, now);
      }
      for (const attachment of attached.values()) update(attachment, now);
    },
    addChannels: (given, now) => {
      const fresh = [...new Set(given)].filter((channel) => !channels.includes(channel));
      const added = fresh.slice(0, CHANNELS_MAX - channels.length);
      channels = [...channels, ...added];
      for (const entry of known.values()) {
        setFlows(entry, [...entry.flows, ...openFlowsOf(entry, added)]);
        // A next hop that did not have them yet has refused, and somebody else was asked.
        place(entry.flows.slice(config.channels.length), entry, now);
      }
    },
    wantsParent: ({ scx, goneSince }) => goneSince === undefined && scx !== selfId,
    lingersUntil: ({ goneSince }) =>
      goneSince === undefined ? Number.POSITIVE_INFINITY : goneSince + config.sourceLingerMs,
    forget: becomeUnknown,
  };
}
