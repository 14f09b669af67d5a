/**
 * The downstream side (§3.8): "Every ADU that passes this reverse-path check is forwarded to all those
 * neighbors that use X_i as their next hop" - those that have subscribed. What each is sent is cursor.ts;
 * one whose connection is full waits there and costs its siblings nothing.
 */

import { type Context, sendData } from '../core/context.js';
import type { DataMessage, SequenceRange } from '../core/message.js';
import type { Member, NodeId } from '../core/node.js';
import type { Audience } from './audience-reports.js';
import { type Cursor, createCursor } from './cursor.js';
import type { Flow } from './flow.js';

/** A child that lost its edge keeps its flow so long, to find another parent, ms. Guess. */
const FORMER_NEIGHBOUR_MS = 5000;

interface Child {
  readonly member: Member;
  readonly cursor: Cursor;
  formerSince: number | undefined;
}

type SubscribeMessage = Extract<DataMessage, { kind: 'subscribe' }>;

export interface Children {
  subscribe(flow: Flow | undefined, from: Member, message: SubscribeMessage): void;
  unsubscribe(flow: Flow, child: NodeId): void;
  /** Sends each child of the flow what it has not had. */
  serve(flow: Flow): void;
  /** A child asks again for what was lost on the way. */
  repair(flow: Flow, child: NodeId, ranges: readonly SequenceRange[]): void;
  onDataDown(peer: NodeId, channel: number): void;
  onCongestion(peer: NodeId, channel: number, isCongested: boolean): void;
  refuseNewcomers(): void;
  /** The flow is closed: its children are told. */
  forget(flow: Flow): void;
  /** Gives the flow's children what they are owed, and ends the flow of former neighbours. */
  care(flow: Flow, now: number): void;
  /** From when on care() has something to do, if nothing happens before. */
  careAt(flow: Flow): number;
  of(flow: Flow): NodeId[];
  readonly size: number;
}

/** Nobody has subscribed. */
export function createChildren(
  context: Context,
  flows: ReadonlyMap<string, Flow>,
  audience: Audience,
  neighbour: (id: NodeId) => Member | undefined,
): Children {
  /** Bounded: only neighbours subscribe, and former ones end after FORMER_NEIGHBOUR_MS. */
  const children = new Map<Flow, Map<NodeId, Child>>();
  const congested = new Set<string>();
  let isLeaving = false;

  const linkKey = (peer: NodeId, channel: number): string => `${peer}/${channel}`;
  const childrenOf = (flow: Flow): Iterable<Child> => children.get(flow)?.values() ?? [];

  const isCongested = (flow: Flow, { member }: Child): boolean =>
    congested.has(linkKey(member.id, flow.channel));

  const serveChild = (flow: Flow, child: Child): void => {
    if (!isCongested(flow, child)) child.cursor.serve();
  };

  const isOwed = (flow: Flow, child: Child): boolean =>
    child.cursor.isOwed && !isCongested(flow, child);

  const remove = (flow: Flow, child: NodeId): void => {
    const siblings = children.get(flow);
    siblings?.delete(child);
    if (siblings?.size === 0) children.delete(flow);
    audience.onChildGone(flow, child);
  };

  /** A child that heard nothing more would wait in vain on a channel that is often silent. */
  const dismiss = (flow: Flow, { member }: Child): void => {
    const { source, channel } = flow;
    sendData(context, member, channel, { kind: 'refused', source, channel });
    remove(flow, member.id);
  };

  const dismissedAt = ({ formerSince }: Child): number =>
    formerSince === undefined ? Number.POSITIVE_INFINITY : formerSince + FORMER_NEIGHBOUR_MS;

  const hasHadItsTime = (child: Child, now: number): boolean => {
    if (neighbour(child.member.id) !== undefined) child.formerSince = undefined;
    else child.formerSince ??= now;
    return now >= dismissedAt(child);
  };

  return {
    subscribe: (flow, from, message) => {
      const { source, channel } = message;
      if (flow === undefined || isLeaving || neighbour(from.id) === undefined) {
        sendData(context, from, channel, { kind: 'refused', source, channel });
        return;
      }
      const cursor = createCursor(context, flow, from, message.from);
      const child = { member: from, cursor, formerSince: undefined };
      const siblings = children.get(flow) ?? new Map<NodeId, Child>();
      siblings.set(from.id, child);
      children.set(flow, siblings);
      audience.onChild(flow, from.id);
      serveChild(flow, child);
    },
    unsubscribe: remove,
    serve: (flow) => {
      for (const child of childrenOf(flow)) serveChild(flow, child);
    },
    repair: (flow, id, ranges) => children.get(flow)?.get(id)?.cursor.repair(ranges),
    onDataDown: (peer, channel) => {
      congested.delete(linkKey(peer, channel));
      for (const flow of flows.values()) {
        if (flow.channel === channel) remove(flow, peer);
      }
    },
    onCongestion: (peer, channel, isFull) => {
      if (isFull) {
        congested.add(linkKey(peer, channel));
        return;
      }
      congested.delete(linkKey(peer, channel));
      for (const flow of flows.values()) {
        const child = flow.channel === channel ? children.get(flow)?.get(peer) : undefined;
        if (child !== undefined) serveChild(flow, child);
      }
    },
    refuseNewcomers: () => {
      isLeaving = true;
    },
    forget: (flow) => {
      for (const child of [...childrenOf(flow)]) dismiss(flow, child);
    },
    care: (flow, now) => {
      for (const child of [...childrenOf(flow)]) {
        if (hasHadItsTime(child, now)) dismiss(flow, child);
        else if (isOwed(flow, child)) serveChild(flow, child);
        else child.cursor.tellHead(now);
      }
    },
    careAt: (flow) => {
      let earliest = Number.POSITIVE_INFINITY;
      for (const child of childrenOf(flow)) {
        if (isOwed(flow, child)) return Number.NEGATIVE_INFINITY;
        earliest = Math.min(earliest, dismissedAt(child), child.cursor.headAt());
      }
      return earliest;
    },
    of: (flow) => [...(children.get(flow)?.keys() ?? [])],
    get size() {
      let total = 0;
      for (const siblings of children.values()) total += siblings.size;
      return total;
    },
  };
}
