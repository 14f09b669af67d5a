/**
 * Chooses the neighbour that a full node gives up for a newcomer (Beyond §3.6): the one whose edge
 * is lost at the least cost to both ends.
 *
 * A neighbour that is given up often finds a parent as good below the newcomer. When that is nearer
 * than its reserve, its loss is the detour over the newcomer. An edge stays where either end has no
 * reserve: no claimed gain may cost a node its only route.
 */
import type { GossamerConfig } from '../core/config.js';
import { predictedDelayMs } from '../core/coordinates.js';
import type { EdgeOffer } from '../core/message.js';
import type { Coordinates, NodeId } from '../core/node.js';
import type { RouteOffer } from '../routing/route-offer.js';
import type { EdgeReports } from './edge-reports.js';
import { edgeValueMs, isOnlyRoute, STRANDED_MS } from './edge-value.js';
import type { Neighbour } from './edges.js';

/** Edges younger than this have not shown their value yet, ms. Guess: a few round trips. */
const PROBATION_MS = 1000;

/** Coordinates with a larger error predict no detour. Guess. */
const ERROR_MAX = 0.5;

export interface EvictionsView {
  /** Figure 4's Λ without X_j. */
  lambda(): RouteOffer[];
  /** Whether no source is known, not even our own: then nothing shows the value of an edge. */
  isIdle(): boolean;
  coordinates(id: NodeId): Coordinates;
  /** The smoothed RTT of a neighbour, ms. */
  rttMs(id: NodeId): number | undefined;
  /** The neighbour that brings the heartbeat. */
  bearer(): NodeId | undefined;
  neighbours(): ReadonlyMap<NodeId, Neighbour>;
}

/** An edge of ours, and what both ends lose without it. */
interface Victim {
  readonly id: NodeId;
  readonly lossMs: number;
}

export interface Evictions {
  /**
   * The neighbour that loses least; undefined: none may be evicted.
   * @param ours whether to look among the edges that we added, or those that we accepted
   */
  leastLoss(ours: boolean, offer: EdgeOffer, now: number): Victim | undefined;
}

/** Creates the choice of victims, which is made among the neighbours at the time of the call. */
export function createEvictions(
  config: GossamerConfig,
  reports: EdgeReports,
  view: EvictionsView,
): Evictions {
  const isKept = (id: NodeId): boolean =>
    config.keepHeartbeatEdge && view.isIdle() && id === view.bearer();

  /**
   * The additional cost of the sources that a neighbour takes from us, if it took them over the
   * newcomer, ms.
   */
  const detourMs = (id: NodeId, { rttMs, place }: EdgeOffer): number => {
    const own = view.coordinates(id);
    if (own.error > ERROR_MAX || place.error > ERROR_MAX) return Number.POSITIVE_INFINITY;
    const detour = rttMs / 2 + predictedDelayMs(own, place);
    const longer = detour - (view.rttMs(id) ?? 0) / 2;
    const loads = reports.received(id)?.loads ?? [];
    return loads.reduce((sum, { scxs }) => sum + scxs * Math.max(0, longer), 0);
  };

  return {
    leastLoss: (ours, offer, now) => {
      const lambda = view.lambda();
      const weights = reports.weights();
      let least: Victim | undefined;
      for (const [id, neighbour] of view.neighbours()) {
        const report = reports.received(id);
        if (neighbour.ours !== ours || isKept(id) || report === undefined) continue;
        if (now - neighbour.sinceMs < PROBATION_MS || report.worthMs >= STRANDED_MS) continue;
        if (isOnlyRoute(id, lambda, weights)) continue;
        const theirs = Math.min(report.worthMs, detourMs(id, offer));
        const lossMs = theirs + edgeValueMs(id, lambda, weights);
        if (lossMs < (least?.lossMs ?? Number.POSITIVE_INFINITY)) least = { id, lossMs };
      }
      return least;
    },
  };
}
