/**
 * Decides whether to ask a probed node X_j for an edge, and which neighbour it replaces (§3.6,
 * figure 4). "If X_i has not yet filled its limit k1 of edges it is allowed to add, it will accept
 * X_j as a neighbor. But, if X_i already has k1 neighbors, then in order to accept X_j, it will
 * have to remove one of its existing neighbors. X_i runs an optimization algorithm that evaluates
 * the "cost" of all of its neighbors and X_j."
 *
 * That algorithm depends on the profile: under `paper` it is `optimize` of cost-function.ts,
 * figures 4 and 5 as published. Under `fast` (`exchangesEdges`) it is `replacement` of
 * edge-exchange.ts, which compares gain and loss in ms; the paper's cost function is never called.
 * A bridge over a cut replaces a random edge that we added, except the heartbeat's.
 */

import type { Rng } from '../../lib/rng.js';
import type { GossamerConfig } from '../core/config.js';
import type { LeftParent } from '../core/message.js';
import type { Coordinates, Member, NodeId } from '../core/node.js';
import type { RouteOffer } from '../routing/route-offer.js';
import { optimize } from './cost-function.js';
import type { EdgeExchange, Replacement } from './edge-exchange.js';
import type { Mesh } from './mesh.js';

export interface EdgeChoiceOptions {
  readonly config: GossamerConfig;
  readonly rng: Rng;
  readonly mesh: Mesh;
  readonly exchange: EdgeExchange;
  /** Figure 4's Λ without X_j. */
  lambda(): RouteOffer[];
  /** The source SCXs in our routing table, we ourselves excluded. */
  sources(): NodeId[];
  /** Whether we are a source SCX ourselves. */
  isSource(): boolean;
  /** The neighbour that brings the heartbeat. */
  bearer(): NodeId | undefined;
  ownCoordinates(): Coordinates;
  leftParent(asked: NodeId): LeftParent | null;
  isBridgeWanted(): boolean;
}

/** A probed node: who it is, its measured RTT, and what it offers. */
interface ProbedNode {
  readonly member: Member;
  readonly rttMs: number;
  readonly offer: RouteOffer;
}

export interface EdgeChoice {
  /** Requests an edge if it is wanted. */
  consider(probed: ProbedNode, now: number): void;
}

/** Creates the choice, which is made with the neighbours at the time of the call. */
export function createEdgeChoice(options: EdgeChoiceOptions): EdgeChoice {
  const { config, rng, mesh, exchange } = options;

  /** H: "we have set the hysteresis value to 0.15 times the number of known source SCXs." */
  const hysteresis = (): number => {
    const others = options.sources().length;
    const counted = {
      known: others + (options.isSource() ? 1 : 0),
      others,
      least1: Math.max(1, others),
    };
    return config.hysteresis * counted[config.hysteresisCounts];
  };

  /** The edges that we added, and may give up for a better one. */
  const replaceable = (): Set<NodeId> => {
    const kept = config.keepHeartbeatEdge ? options.bearer() : undefined;
    const ours = [...mesh.neighbours.values()].filter((n) => n.ours && n.member.id !== kept);
    return new Set(ours.map((n) => n.member.id));
  };

  const figure4 = (offer: RouteOffer): NodeId | undefined => {
    const all = options.lambda();
    const added = replaceable();
    return optimize({
      probed: offer,
      neighbours: config.figure4 === 'own' ? all.filter(({ id }) => added.has(id)) : all,
      replaceable: config.figure4 === 'any' ? new Set(all.map(({ id }) => id)) : added,
      sources: options.sources(),
      hysteresis: hysteresis(),
    });
  };

  /** The edge of ours that X_j replaces, and the gain. */
  const replacement = (offer: RouteOffer, now: number): Replacement | undefined => {
    const isBridge = options.isBridgeWanted();
    if (!isBridge && config.exchangesEdges) return exchange.replacement(offer, now);
    const id = isBridge ? rng.pick([...replaceable()]) : figure4(offer);
    return id === undefined ? undefined : { id, gainMs: Math.max(0, exchange.gainMs(offer, now)) };
  };

  return {
    consider: ({ member, rttMs, offer }, now) => {
      const gainMs = Math.max(0, exchange.gainMs(offer, now));
      const hasRoom = mesh.room() > 0;
      const replaced = hasRoom ? undefined : replacement(offer, now);
      const addGainMs = hasRoom ? gainMs : (replaced?.gainMs ?? null);
      const mayAccept = config.reversible && gainMs > 0 && mesh.canAccept();
      if (addGainMs === null && !mayAccept) return;
      const acceptGainMs = mayAccept ? gainMs : null;
      const leaves = config.swaps ? options.leftParent(member.id) : null;
      const place = options.ownCoordinates();
      const edgeOffer = { rttMs, addGainMs, acceptGainMs, place, leaves };
      mesh.request({ member, offer: edgeOffer, replaces: replaced?.id }, now);
    },
  };
}
