/**
 * The requests for edges that wait for an answer (§3.2). A request counts against the limits from
 * the moment it is sent, in each of the ways in which it may be granted, so an acceptance always
 * finds room.
 */
import { type ClockedContext, send } from '../core/context.js';
import type { EdgeOffer } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';

/** An SCX that can be asked for an edge; it need not have told of itself yet. */
export type Contact = Pick<Member, 'id' | 'address'>;

/** A request to send. */
export interface EdgeRequest {
  readonly member: Contact;
  readonly offer: EdgeOffer;
  /** The edge of ours that is given up in the step that adds the new one. */
  readonly replaces: NodeId | undefined;
}

interface PendingRequest extends EdgeRequest {
  readonly until: number;
}

export interface EdgeRequests {
  has(id: NodeId): boolean;
  send(request: EdgeRequest, now: number): void;
  /** Removes and returns the request to a node. */
  take(id: NodeId): PendingRequest | undefined;
  /** Puts back a request that was taken. */
  putBack(request: PendingRequest): void;
  /** Requests that may become an added edge beside the present ones. */
  additions(): number;
  /** Requests that may become an accepted edge. */
  acceptances(): number;
  /** Ends the request to a node, if there is one. */
  refuse(id: NodeId, now: number): void;
  onLinkDown(address: Address, now: number): void;
  /** Ends the requests that were not answered. */
  tick(now: number): void;
  deadline(): number;
}

/**
 * Creates an empty table of pending requests. Bounded by the optimiser's probes: requests that
 * replace an edge count against no limit.
 * @param onRefused called when a request is refused or not answered
 */
export function createEdgeRequests(
  context: ClockedContext,
  onRefused: (member: Contact, now: number) => void,
): EdgeRequests {
  const pending = new Map<NodeId, PendingRequest>();

  const count = (takes: (request: EdgeRequest) => boolean): number =>
    [...pending.values()].filter(takes).length;

  const refuse = (id: NodeId, now: number): void => {
    const request = pending.get(id);
    if (request === undefined) return;
    pending.delete(id);
    onRefused(request.member, now);
  };

  return {
    has: (id) => pending.has(id),
    send: (request, now) => {
      const until = now + context.config.answerTimeoutMs;
      pending.set(request.member.id, { ...request, until });
      context.wakeBy(until);
      send(context, request.member.address, { kind: 'edgeRequest', ...request.offer });
    },
    take: (id) => {
      const request = pending.get(id);
      pending.delete(id);
      return request;
    },
    putBack: (request) => void pending.set(request.member.id, request),
    additions: () =>
      count(({ offer, replaces }) => offer.addGainMs !== null && replaces === undefined),
    acceptances: () => count(({ offer }) => offer.acceptGainMs !== null),
    refuse,
    onLinkDown: (address, now) => {
      for (const [id, { member }] of [...pending]) if (member.address === address) refuse(id, now);
    },
    tick: (now) => {
      for (const [id, { until }] of [...pending]) if (until <= now) refuse(id, now);
    },
    deadline() {
      let earliest = Number.POSITIVE_INFINITY;
      for (const { until } of pending.values()) earliest = Math.min(earliest, until);
      return earliest;
    },
  };
}
