/** The links of one Narada node: how they come and go, and what travels over them regularly. */
import type { Member, NodeId } from '../../../gossamer/core/node.js';
import type { RivalContext } from '../core/protocol.js';
import type { NaradaMessage, Route } from './messages.js';
import { consensusCost, dropThreshold } from './quality.js';
import {
  computeRoutes,
  type Neighbour,
  type Neighbours,
  type RoutingTable,
  routesById,
} from './routes.js';

export interface Mesh {
  readonly neighbours: Neighbours;
  routes(): RoutingTable;
  isFull(): boolean;
  add(member: Member, distanceMs: number, now: number): void;
  remove(id: NodeId, reason: 'dropped' | 'silent'): void;
  onHeard(id: NodeId, now: number): void;
  /** A member has died, neighbour or not. */
  onDead(id: NodeId): void;
  onRoutes(from: NodeId, routes: readonly Route[]): void;
  /** What we advertise. */
  advertised(): Route[];
  advertise(): void;
  /** Drops the link that is used least, if it is used too little. */
  prune(group: number, now: number): void;
}

/** A link is not dropped before its routes have spread, ms. Guess. */
const AGE_MIN_MS = 60_000;

/** Creates the mesh of one node; it has no links. */
export function createMesh(
  context: RivalContext<NaradaMessage>,
  isDead: (id: NodeId) => boolean,
): Mesh {
  const { self, send, notify, degreeMax } = context;
  const neighbours = new Map<NodeId, Neighbour>();
  let table: RoutingTable = new Map();

  const recompute = (): void => {
    table = computeRoutes(neighbours, (id) => id === self.id || isDead(id));
  };
  const advertised = (): Route[] => [{ to: self.id, costMs: 0, path: [] }, ...table.values()];
  const advertise = (): void => {
    const message = { kind: 'routes', routes: advertised() } as const;
    for (const { member } of neighbours.values()) send(member.address, message);
  };

  const remove = (id: NodeId, reason: 'dropped' | 'silent'): void => {
    const gone = neighbours.get(id);
    if (gone === undefined) return;
    neighbours.delete(id);
    recompute();
    advertise();
    notify({ kind: 'edgeDown', member: gone.member, reason });
  };

  return {
    neighbours,
    routes: () => table,
    isFull: () => neighbours.size >= degreeMax,
    add: (member, distanceMs, now) => {
      if (neighbours.has(member.id)) return;
      neighbours.set(member.id, {
        ...{ member, distanceMs, since: now, heardAt: now, routes: new Map() },
      });
      recompute();
      advertise();
      notify({ kind: 'edgeUp', member, ours: true });
    },
    remove,
    onHeard: (id, now) => {
      const neighbour = neighbours.get(id);
      if (neighbour !== undefined) neighbour.heardAt = now;
    },
    onDead: (id) => {
      if (neighbours.has(id)) return remove(id, 'silent');
      recompute();
      advertise();
    },
    onRoutes: (from, routes) => {
      const neighbour = neighbours.get(from);
      if (neighbour === undefined) return;
      neighbour.routes = routesById(routes);
      recompute();
    },
    advertised,
    advertise,
    prune: (group, now) => {
      const old = [...neighbours.values()].filter(({ since }) => now - since >= AGE_MIN_MS);
      const costs = old.map((neighbour) => consensusCost(self.id, neighbour, table));
      const least = Math.min(...costs);
      const dropped = old[costs.indexOf(least)];
      if (dropped === undefined) return;
      if (least >= dropThreshold(group, neighbours.size, degreeMax)) return;
      send(dropped.member.address, { kind: 'drop' });
      remove(dropped.member.id, 'dropped');
    },
  };
}
