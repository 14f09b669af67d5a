/**
 * The edges that exist, within the degree constraints of §3.2: "a maximum number (k1) of edges that
 * the node is allowed to insert from it to other nodes, and a maximum number (k2) of edges that it
 * is willing to accept from other nodes." Only this file adds or removes an edge; mesh.ts is the
 * handshake.
 */
import { assert } from '../../lib/assert.js';
import { type Context, notify, send } from '../core/context.js';
import type { EdgeDownReason } from '../core/effects.js';
import type { Address, Member, NodeId } from '../core/node.js';

export interface Neighbour {
  readonly member: Member;
  /** Whether we added the edge (it counts against k1) or accepted it (k2). */
  readonly ours: boolean;
  readonly sinceMs: number;
}

export interface EdgeFacts {
  onEdgeUp(neighbour: Neighbour, rttMs: number, now: number): void;
  onEdgeDown(neighbour: Neighbour, reason: EdgeDownReason, now: number): void;
}

/** An edge to begin. */
interface NewEdge {
  readonly member: Member;
  readonly ours: boolean;
  readonly rttMs: number;
}

export interface Edges {
  /** Bounded by k1 + k2. */
  readonly neighbours: ReadonlyMap<NodeId, Neighbour>;
  /** The edges that we added, or those that we accepted. */
  count(ours: boolean): number;
  hasRoom(ours: boolean): boolean;
  /** Links go up and down by address, so no two neighbours may have the same one. */
  isTaken(address: Address): boolean;
  begin(edge: NewEdge, now: number): void;
  /** Ends an edge without notifying the other end. */
  end(id: NodeId, reason: EdgeDownReason, now: number): void;
  /** Ends an edge, and says so unless the other end cannot hear; `instead` has taken its place. */
  drop(id: NodeId, reason: EdgeDownReason, now: number, instead?: Member): void;
}

/** Creates a set without edges. */
export function createEdges(context: Context, facts: EdgeFacts): Edges {
  const { config } = context;
  const neighbours = new Map<NodeId, Neighbour>();
  const edgesMax = config.addedEdgesMax + config.acceptedEdgesMax;
  /** Where any edge may make room for one that we add, these may be more than k1 (`figure4`). */
  const addedMax = config.figure4 === 'any' ? edgesMax : config.addedEdgesMax;

  const count = (ours: boolean): number => {
    let total = 0;
    for (const neighbour of neighbours.values()) if (neighbour.ours === ours) total++;
    return total;
  };

  const end = (id: NodeId, reason: EdgeDownReason, now: number): void => {
    const neighbour = neighbours.get(id);
    if (neighbour === undefined) return;
    neighbours.delete(id);
    context.emit({ kind: 'hangUp', to: neighbour.member.address });
    notify(context, { kind: 'edgeDown', member: neighbour.member, reason });
    facts.onEdgeDown(neighbour, reason, now);
  };

  return {
    neighbours,
    count,
    hasRoom: (ours) =>
      neighbours.size < edgesMax && count(ours) < (ours ? addedMax : config.acceptedEdgesMax),
    isTaken: (address) => [...neighbours.values()].some(({ member }) => member.address === address),
    begin: ({ member, ours, rttMs }, now) => {
      const neighbour = { member, ours, sinceMs: now };
      neighbours.set(member.id, neighbour);
      assert(count(true) <= addedMax, 'no more than k1 added edges');
      assert(count(false) <= config.acceptedEdgesMax, 'no more than k2 accepted edges');
      assert(neighbours.size <= edgesMax, 'no more than k1 + k2 edges');
      notify(context, { kind: 'edgeUp', member, ours });
      facts.onEdgeUp(neighbour, rttMs, now);
    },
    end,
    drop: (id, reason, now, instead) => {
      const neighbour = neighbours.get(id);
      if (neighbour === undefined) return;
      if (reason !== 'closed' && reason !== 'failed' && reason !== 'left') {
        send(context, neighbour.member.address, { kind: 'edgeDrop', instead: instead ?? null });
      }
      end(id, reason, now);
    },
  };
}
