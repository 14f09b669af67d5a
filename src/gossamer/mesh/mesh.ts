/**
 * The edges of the mesh and their handshake (§3.2). "We split the degree constraint at each node
 * into two: a maximum number (k1) of edges that the node is allowed to insert from it to other
 * nodes, and a maximum number (k2) of edges that it is willing to accept from other nodes."
 *
 * An edge has two ends that must agree without a third party: edgeRequest, then edgeAccept or
 * edgeReject; edgeDrop ends it. The limits hold at every instant: a request under way counts
 * already, and an edge that is to be replaced goes in the same step in which the new one comes.
 */
import { assert } from '../../lib/assert.js';
import { type ClockedContext, notify, send } from '../core/context.js';
import { NOWHERE } from '../core/coordinates.js';
import type { EdgeDownReason } from '../core/effects.js';
import type { EdgeOffer } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';

export interface Neighbour {
  readonly member: Member;
  /** Whether we added the edge (it counts against k1) or accepted it (k2). */
  readonly ours: boolean;
  readonly sinceMs: number;
}

interface Pending {
  readonly member: Member;
  readonly offer: EdgeOffer;
  readonly replaces: NodeId | undefined;
  readonly until: number;
}

/** An edge of an SCX that died, which was where we are now. */
export interface FormerEdge {
  readonly member: Member;
  readonly rttMs: number;
}

/** How a request is granted. */
export interface Grant {
  /** Whether the edge counts as added here, and as accepted at the asker. */
  readonly reversed: boolean;
  /** Who gives way. */
  readonly victim: NodeId | undefined;
}

/** What the mesh tells the other rules. */
export interface MeshFacts {
  onEdgeUp(neighbour: Neighbour, rttMs: number, now: number): void;
  onEdgeDown(neighbour: Neighbour, reason: EdgeDownReason, now: number): void;
  /** A request was refused or not answered. */
  onRefused(member: Member, now: number): void;
  /** Another has our place there, and may have one for us. */
  onReferred(instead: Member, now: number): void;
  /** Whether and how an edge is granted. */
  grant(offer: EdgeOffer, now: number): Grant | undefined;
}

export interface Mesh {
  readonly neighbours: ReadonlyMap<NodeId, Neighbour>;
  /** Whether X_j has room to accept an edge: the CAN_ACCEPT of §3.6. */
  canAccept(): boolean;
  /** Edges that we may still add, requests under way taken off. */
  room(): number;
  isPending(id: NodeId): boolean;
  /** Asks for an edge; `replaces` gives up that edge of ours in the step that adds this one. */
  request(member: Member, offer: EdgeOffer, replaces: NodeId | undefined, now: number): void;
  /**
   * Beyond: asks the neighbours of an SCX that died, and whose place we take, for their edges, the nearest
   * first. They are where they were: nothing has to be found or measured first.
   */
  resume(edges: readonly FormerEdge[], now: number): void;
  handleRequest(from: Member, offer: EdgeOffer, now: number): void;
  handleAccept(from: Member, reversed: boolean, now: number): void;
  handleReject(from: Member, now: number): void;
  handleDrop(from: Member, instead: Member | null, now: number): void;
  /** Someone speaks as a neighbour who is none: tell them, or they would wait for us in vain. */
  disown(from: Member): void;
  /** Ends an edge; the other end is told unless it cannot hear. */
  drop(id: NodeId, reason: EdgeDownReason, now: number): void;
  /** The control connection to that address is gone. */
  onLinkDown(address: Address, now: number): void;
  tick(now: number): void;
  readonly deadline: number;
}

/** A mesh without edges. */
export function createMesh(context: ClockedContext, facts: MeshFacts): Mesh {
  const { config } = context;
  /** Bounded by k1 + k2. */
  const neighbours = new Map<NodeId, Neighbour>();
  /** Bounded by the optimiser's probes: those that replace an edge count against neither limit. */
  const pending = new Map<NodeId, Pending>();

  const count = (ours: boolean): number => {
    let total = 0;
    for (const neighbour of neighbours.values()) if (neighbour.ours === ours) total++;
    return total;
  };
  const countPending = (takes: (request: Pending) => boolean): number =>
    [...pending.values()].filter(takes).length;
  /** A request under way counts already, in each of the ways in which it may be granted. */
  const additionsPending = (): number =>
    countPending(({ offer, replaces }) => offer.addGainMs !== null && replaces === undefined);
  const acceptancesPending = (): number => countPending(({ offer }) => offer.acceptGainMs !== null);

  const canAccept = (): boolean => count(false) + acceptancesPending() < config.acceptedEdgesMax;
  const room = (): number => config.addedEdgesMax - count(true) - additionsPending();

  const becomeNeighbour = (member: Member, ours: boolean, rttMs: number, now: number): void => {
    const neighbour = { member, ours, sinceMs: now };
    neighbours.set(member.id, neighbour);
    assert(count(true) <= config.addedEdgesMax, 'no more than k1 added edges');
    assert(count(false) <= config.acceptedEdgesMax, 'no more than k2 accepted edges');
    notify(context, { kind: 'edgeUp', member, ours });
    facts.onEdgeUp(neighbour, rttMs, now);
  };

  const becomeStranger = (id: NodeId, reason: EdgeDownReason, now: number): void => {
    const neighbour = neighbours.get(id);
    if (neighbour === undefined) return;
    neighbours.delete(id);
    context.emit({ kind: 'hangUp', to: neighbour.member.address });
    notify(context, { kind: 'edgeDown', member: neighbour.member, reason });
    facts.onEdgeDown(neighbour, reason, now);
  };

  const drop = (
    id: NodeId,
    reason: EdgeDownReason,
    now: number,
    instead: Member | null = null,
  ): void => {
    const neighbour = neighbours.get(id);
    if (neighbour === undefined) return;
    if (reason !== 'closed' && reason !== 'failed' && reason !== 'left') {
      send(context, neighbour.member.address, { kind: 'edgeDrop', instead });
    }
    becomeStranger(id, reason, now);
  };

  const refused = (id: NodeId, now: number): void => {
    const request = pending.get(id);
    if (request === undefined) return;
    pending.delete(id);
    facts.onRefused(request.member, now);
  };

  const hasPlace = (ours: boolean): boolean =>
    count(ours) < (ours ? config.addedEdgesMax : config.acceptedEdgesMax);

  /** Links go up and down by address, so two neighbours never share one: one of them borrows it. */
  const isTaken = (address: Address): boolean =>
    [...neighbours.values()].some(({ member }) => member.address === address);

  const request = (
    member: Member,
    offer: EdgeOffer,
    replaces: NodeId | undefined,
    now: number,
  ): void => {
    if (neighbours.has(member.id) || pending.has(member.id)) return;
    const until = now + config.answerTimeoutMs;
    pending.set(member.id, { member, offer, replaces, until });
    context.wakeBy(until);
    send(context, member.address, { kind: 'edgeRequest', ...offer });
  };

  /** Both ends asked at once: the request of the lower id stands. */
  const yieldsTo = (from: Member): boolean => pending.has(from.id) && context.self().id < from.id;

  return {
    neighbours,
    canAccept,
    room,
    isPending: (id) => pending.has(id),
    request,
    resume: (edges, now) => {
      for (const { member, rttMs } of edges.toSorted((one, other) => one.rttMs - other.rttMs)) {
        const addGainMs = room() > 0 ? 0 : null;
        const acceptGainMs = addGainMs === null && canAccept() ? 0 : null;
        if (addGainMs === null && acceptGainMs === null) return;
        request(member, { rttMs, addGainMs, acceptGainMs, place: NOWHERE }, undefined, now);
      }
    },
    handleRequest: (from, offer, now) => {
      const known = neighbours.get(from.id);
      if (known !== undefined && !known.ours) becomeStranger(from.id, 'dropped', now);
      const isFree = !isTaken(from.address) && !neighbours.has(from.id) && !yieldsTo(from);
      const own = pending.get(from.id);
      if (isFree) pending.delete(from.id);
      const grant = isFree ? facts.grant(offer, now) : undefined;
      if (grant === undefined) {
        if (own !== undefined) pending.set(from.id, own);
        return send(context, from.address, { kind: 'edgeReject' });
      }
      const { reversed, victim } = grant;
      if (victim !== undefined) drop(victim, 'evicted', now, from);
      send(context, from.address, { kind: 'edgeAccept', reversed });
      becomeNeighbour(from, reversed, offer.rttMs, now);
    },
    handleAccept: (from, reversed, now) => {
      const request = pending.get(from.id);
      pending.delete(from.id);
      if (neighbours.has(from.id)) return;
      if (request?.replaces !== undefined && !reversed) drop(request.replaces, 'replaced', now);
      // What is said to a borrowed address is heard by the neighbour that lives there.
      if (isTaken(from.address)) return;
      if (request === undefined || !hasPlace(!reversed)) {
        return send(context, from.address, { kind: 'edgeDrop', instead: null });
      }
      becomeNeighbour(from, !reversed, request.offer.rttMs, now);
    },
    handleReject: (from, now) => refused(from.id, now),
    handleDrop: (from, instead, now) => {
      if (instead !== null && neighbours.has(from.id)) facts.onReferred(instead, now);
      becomeStranger(from.id, 'dropped', now);
    },
    disown: (from) => {
      if (!pending.has(from.id) && !isTaken(from.address)) {
        send(context, from.address, { kind: 'edgeDrop', instead: null });
      }
    },
    drop,
    onLinkDown: (address, now) => {
      for (const [id, request] of [...pending]) {
        if (request.member.address === address) refused(id, now);
      }
      for (const [id, neighbour] of [...neighbours]) {
        if (neighbour.member.address === address) becomeStranger(id, 'closed', now);
      }
    },
    tick: (now) => {
      for (const [id, request] of [...pending]) if (request.until <= now) refused(id, now);
    },
    get deadline() {
      let earliest = Number.POSITIVE_INFINITY;
      for (const { until } of pending.values()) earliest = Math.min(earliest, until);
      return earliest;
    },
  };
}
