/**
 * The handshake by which edges begin and end (§3.2). "In order to ensure that nodes can insert
 * edges in the mesh without requiring any explicit coordination across nodes, we split the degree
 * constraint at each node into two": k1 added and k2 accepted edges.
 *
 * The two ends of an edge must agree without a third party: edgeRequest, then edgeAccept or
 * edgeReject; edgeDrop ends it. The limits hold at every instant: a pending request counts already,
 * and an edge that is replaced ends in the same step in which the new one begins.
 *
 * The edges themselves are edges.ts, the pending requests edge-requests.ts. Whether a request is
 * granted is decided in edge-exchange.ts.
 */
import { type ClockedContext, send } from '../core/context.js';
import { UNKNOWN_COORDINATES } from '../core/coordinates.js';
import type { EdgeDownReason } from '../core/effects.js';
import type { EdgeOffer } from '../core/message.js';
import type { Address, Member, NodeId } from '../core/node.js';
import { type Contact, createEdgeRequests, type EdgeRequest } from './edge-requests.js';
import { createEdges, type EdgeFacts, type Neighbour } from './edges.js';

/** An edge of a predecessor that died and that we replace. */
export interface FormerEdge {
  readonly member: Contact;
  readonly rttMs: number;
}

/** The way in which a request is granted. */
export interface Grant {
  /** Whether the edge counts as added here, and as accepted at the asker. */
  readonly reversed: boolean;
  /** The neighbour that is evicted for it. */
  readonly victim: NodeId | undefined;
  /** Where the evicted neighbour may find a parent, if not at the asker. */
  readonly instead?: Member | undefined;
}

/** The events that the mesh reports to other rules. */
export interface MeshFacts extends EdgeFacts {
  /** A request was refused or not answered. */
  onRefused(member: Contact, now: number): void;
  /** A neighbour has dropped us for `instead`, which may have room. */
  onReferred(instead: Member, now: number): void;
  /** Whether and how an edge is granted. */
  grant(offer: EdgeOffer, now: number, asker: NodeId): Grant | undefined;
  /** Whether a node has broken its promise of late: it gets no edge. */
  isAvoided(id: NodeId): boolean;
}

export interface Mesh {
  readonly neighbours: ReadonlyMap<NodeId, Neighbour>;
  /** The CAN_ACCEPT flag of §3.6, "whether X_j has room to accept a connection from X_i". */
  canAccept(): boolean;
  /** Edges that we may still add, pending requests subtracted. */
  room(): number;
  isPending(id: NodeId): boolean;
  request(request: EdgeRequest, now: number): void;
  /**
   * Beyond: asks the neighbours of a predecessor that died for their edges, the nearest first.
   * Nothing has to be discovered or measured before.
   */
  resume(edges: readonly FormerEdge[], now: number): void;
  handleRequest(from: Member, offer: EdgeOffer, now: number): void;
  handleAccept(from: Member, reversed: boolean, now: number): void;
  handleReject(from: Member, now: number): void;
  handleDrop(from: Member, instead: Member | null, now: number): void;
  /**
   * Answers a node that believes in an edge that does not exist; else it would wait for us in vain.
   */
  disown(from: Member): void;
  /** Ends an edge; the other end is notified unless it is unreachable. */
  drop(id: NodeId, reason: EdgeDownReason, now: number): void;
  /** The control connection to that address is gone. */
  onLinkDown(address: Address, now: number): void;
  tick(now: number): void;
  deadline(): number;
}

/** Creates a mesh without edges. */
export function createMesh(context: ClockedContext, facts: MeshFacts): Mesh {
  const { config } = context;
  const edges = createEdges(context, facts);
  const requests = createEdgeRequests(context, facts.onRefused);
  const { neighbours } = edges;

  const canAccept = (): boolean =>
    edges.hasRoom(false) && edges.count(false) + requests.acceptances() < config.acceptedEdgesMax;
  const room = (): number => config.addedEdgesMax - edges.count(true) - requests.additions();

  const request = (wanted: EdgeRequest, now: number): void => {
    const { id } = wanted.member;
    if (!neighbours.has(id) && !requests.has(id)) requests.send(wanted, now);
  };

  /** Both ends asked at once: the request of the lower id stands. */
  const yieldsTo = (from: Member): boolean => requests.has(from.id) && context.self().id < from.id;

  const handleRequest = (from: Member, offer: EdgeOffer, now: number): void => {
    const known = neighbours.get(from.id);
    if (known !== undefined && !known.ours) edges.end(from.id, 'dropped', now);
    const isFree =
      !edges.isTaken(from.address) &&
      !neighbours.has(from.id) &&
      !yieldsTo(from) &&
      !facts.isAvoided(from.id);
    const own = isFree ? requests.take(from.id) : undefined;
    const grant = isFree ? facts.grant(offer, now, from.id) : undefined;
    if (grant === undefined) {
      if (own !== undefined) requests.putBack(own);
      return send(context, from.address, { kind: 'edgeReject' });
    }
    const { reversed, victim, instead = from } = grant;
    if (victim !== undefined) edges.drop(victim, 'evicted', now, instead);
    send(context, from.address, { kind: 'edgeAccept', reversed });
    edges.begin({ member: from, ours: reversed, rttMs: offer.rttMs }, now);
  };

  const handleAccept = (from: Member, reversed: boolean, now: number): void => {
    const own = requests.take(from.id);
    if (neighbours.has(from.id)) return;
    if (own?.replaces !== undefined && !reversed) edges.drop(own.replaces, 'replaced', now);
    // A message to an address now used by a neighbour would reach that neighbour.
    if (edges.isTaken(from.address)) return;
    if (own === undefined || !edges.hasRoom(!reversed)) {
      return send(context, from.address, { kind: 'edgeDrop', instead: null });
    }
    edges.begin({ member: from, ours: !reversed, rttMs: own.offer.rttMs }, now);
  };

  return {
    neighbours,
    canAccept,
    room,
    isPending: requests.has,
    request,
    resume: (former, now) => {
      for (const { member, rttMs } of former.toSorted((one, other) => one.rttMs - other.rttMs)) {
        const addGainMs = room() > 0 ? 0 : null;
        const acceptGainMs = addGainMs === null && canAccept() ? 0 : null;
        if (addGainMs === null && acceptGainMs === null) return;
        const place = UNKNOWN_COORDINATES;
        const offer = { rttMs, addGainMs, acceptGainMs, place, leaves: null };
        request({ member, offer, replaces: undefined }, now);
      }
    },
    handleRequest,
    handleAccept,
    handleReject: (from, now) => requests.refuse(from.id, now),
    handleDrop: (from, instead, now) => {
      if (instead !== null && neighbours.has(from.id)) facts.onReferred(instead, now);
      edges.end(from.id, 'dropped', now);
    },
    disown: (from) => {
      if (!requests.has(from.id) && !edges.isTaken(from.address)) {
        send(context, from.address, { kind: 'edgeDrop', instead: null });
      }
    },
    drop: (id, reason, now) => edges.drop(id, reason, now),
    onLinkDown: (address, now) => {
      requests.onLinkDown(address, now);
      for (const [id, { member }] of [...neighbours]) {
        if (member.address === address) edges.end(id, 'closed', now);
      }
    },
    tick: requests.tick,
    deadline() {
      return requests.deadline();
    },
  };
}
