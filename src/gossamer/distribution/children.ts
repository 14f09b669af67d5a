/**
 * The downstream side (§3.8): "Every ADU that passes this reverse-path check is forwarded to all
 * those neighbors that use X_i as their next hop for routing towards the source SCX": here the
 * children that have subscribed. cursor.ts decides what each is sent. A child whose connection is
 * full waits there and delays no sibling.
 */
import { TIMEOUTS } from '../core/config.js';
import { type Context, sendData } from '../core/context.js';
import type { DataMessage, SequenceRange } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';
import type { AudienceReports } from './audience-reports.js';
import { type Cursor, createCursor } from './cursor.js';
import type { Flow } from './flow.js';

interface Child {
  readonly member: Member;
  readonly cursor: Cursor;
  /** Since when it has been no neighbour. */
  formerSince: number | undefined;
}

type SubscribeMessage = Extract<DataMessage, { kind: 'subscribe' }>;

export interface Children {
  /** @param flow the flow that it asks for; undefined: it is unknown here */
  subscribe(flow: Flow | undefined, from: Member, message: SubscribeMessage): void;
  unsubscribe(flow: Flow, child: NodeId): void;
  /** Sends each child of the flow what it has not been sent. */
  serve(flow: Flow): void;
  /** A child asks again for lost ADUs. */
  repair(flow: Flow, child: NodeId, ranges: readonly SequenceRange[]): void;
  onDataDown(peer: NodeId, channel: number): void;
  onCongestion(peer: NodeId, channel: number, isCongested: boolean): void;
  refuseNewcomers(): void;
  /** The flow is closed: its children are told. */
  forget(flow: Flow): void;
  /** Sends the flow's children what they are owed, and ends the flow of former neighbours. */
  maintain(flow: Flow, now: number): void;
  /** From when on maintain() has something to do, if nothing happens before. */
  maintainAt(flow: Flow): number;
  of(flow: Flow): NodeId[];
  size(): number;
}

export interface ChildrenOptions {
  readonly context: Context;
  /** All flows of this SCX. */
  readonly flows: ReadonlyMap<string, Flow>;
  readonly audience: Pick<AudienceReports, 'onChild' | 'onChildGone'>;
  /** The member, if it is a neighbour. */
  neighbour(id: NodeId): Member | undefined;
}

/**
 * Creates a table of the children of each flow. Bounded: only neighbours subscribe, and former ones
 * end after a while.
 */
function createChildTable() {
  const children = new Map<Flow, Map<NodeId, Child>>();
  return {
    of: (flow: Flow): Iterable<Child> => children.get(flow)?.values() ?? [],
    ids: (flow: Flow): NodeId[] => [...(children.get(flow)?.keys() ?? [])],
    get: (flow: Flow, id: NodeId): Child | undefined => children.get(flow)?.get(id),
    set: (flow: Flow, child: Child): void => {
      const siblings = children.get(flow) ?? new Map<NodeId, Child>();
      siblings.set(child.member.id, child);
      children.set(flow, siblings);
    },
    remove: (flow: Flow, id: NodeId): void => {
      const siblings = children.get(flow);
      siblings?.delete(id);
      if (siblings?.size === 0) children.delete(flow);
    },
    size: (): number => {
      let total = 0;
      for (const siblings of children.values()) total += siblings.size;
      return total;
    },
  };
}

/** Creates a set without children. */
export function createChildren(options: ChildrenOptions): Children {
  const { context, flows, audience, neighbour } = options;
  const children = createChildTable();
  /** Data connections that accept no more for now. */
  const congested = new Set<string>();
  let isLeaving = false;

  const linkKey = (peer: NodeId, channel: number): string => `${peer}/${channel}`;

  const isCongested = (flow: Flow, { member }: Child): boolean =>
    congested.has(linkKey(member.id, flow.channel));

  const serveChild = (flow: Flow, child: Child): void => {
    if (!isCongested(flow, child)) child.cursor.serve();
  };

  const isOwed = (flow: Flow, child: Child): boolean =>
    child.cursor.isOwed() && !isCongested(flow, child);

  const remove = (flow: Flow, child: NodeId): void => {
    children.remove(flow, child);
    audience.onChildGone(flow, child);
  };

  const refuse = (member: Member, { source, channel }: Pick<Flow, 'source' | 'channel'>): void =>
    sendData(context, member, channel, { kind: 'refused', source, channel });

  /** The child must be told: on a channel that is often silent it would wait in vain. */
  const dismiss = (flow: Flow, { member }: Child): void => {
    refuse(member, flow);
    remove(flow, member.id);
  };

  const dismissedAt = ({ formerSince }: Child): number =>
    formerSince === undefined ? Number.POSITIVE_INFINITY : formerSince + TIMEOUTS.formerNeighbourMs;

  const isOverdue = (child: Child, now: number): boolean => {
    if (neighbour(child.member.id) !== undefined) child.formerSince = undefined;
    else child.formerSince ??= now;
    return now >= dismissedAt(child);
  };

  return {
    subscribe: (flow, from, message) => {
      const isRefused = flow === undefined || isLeaving || neighbour(from.id) === undefined;
      if (isRefused) return refuse(from, message);
      const cursor = createCursor({ context, flow, member: from, from: message.from });
      const child = { member: from, cursor, formerSince: undefined };
      children.set(flow, child);
      audience.onChild(flow, from.id);
      serveChild(flow, child);
    },
    unsubscribe: remove,
    serve: (flow) => {
      for (const child of children.of(flow)) serveChild(flow, child);
    },
    repair: (flow, id, ranges) => {
      const child = children.get(flow, id);
      // A child that does not read what it has asked for gets no more.
      if (child !== undefined && !isCongested(flow, child)) child.cursor.repair(ranges);
    },
    onDataDown: (peer, channel) => {
      congested.delete(linkKey(peer, channel));
      for (const flow of flows.values()) if (flow.channel === channel) remove(flow, peer);
    },
    onCongestion: (peer, channel, isFull) => {
      if (isFull) return void congested.add(linkKey(peer, channel));
      congested.delete(linkKey(peer, channel));
      for (const flow of flows.values()) {
        const child = flow.channel === channel ? children.get(flow, peer) : undefined;
        if (child !== undefined) serveChild(flow, child);
      }
    },
    refuseNewcomers: () => {
      isLeaving = true;
    },
    forget: (flow) => {
      for (const child of [...children.of(flow)]) dismiss(flow, child);
    },
    maintain: (flow, now) => {
      for (const child of [...children.of(flow)]) {
        if (isOverdue(child, now)) dismiss(flow, child);
        else if (isOwed(flow, child)) serveChild(flow, child);
        else child.cursor.tellHead(now);
      }
    },
    maintainAt: (flow) => {
      let earliest = Number.POSITIVE_INFINITY;
      for (const child of children.of(flow)) {
        if (isOwed(flow, child)) return Number.NEGATIVE_INFINITY;
        earliest = Math.min(earliest, dismissedAt(child), child.cursor.headAt());
      }
      return earliest;
    },
    of: children.ids,
    size() {
      return children.size();
    },
  };
}
