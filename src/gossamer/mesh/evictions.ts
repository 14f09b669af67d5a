/**
 * Chooses the neighbour that a full node gives up for a newcomer (Beyond §3.6): the one whose edge
 * is lost at the least cost to both ends.
 *
 * A neighbour that is given up often finds a parent as good below the newcomer. When that is nearer
 * than its reserve, its loss is the detour over the newcomer; or what it takes to move to the place
 * that the newcomer leaves (routing/left-parent.ts), to which it is then referred. A neighbour that
 * yields its place to the newcomer (promotion.ts) says itself what it loses. Otherwise an edge stays
 * where either end has no reserve: no claimed gain may cost a node its only route.
 *
 * What both sides claim cannot be checked. Three rules bound what lies achieve. A neighbour that has
 * broken its promise (routing/trust.ts) is given up for anybody. An edge over which ADUs come stays
 * until another neighbour delivers them. And where an asker claims to have no route, and all
 * neighbours claim the same, some of them lie: from then on, as long as we are wary, no claim counts.
 * Now and then a neighbour drawn at random makes room for whoever asks, so liars have no larger part
 * of our edges than they are of those who ask. Otherwise they would soon have all edges of a source's
 * SCX.
 */
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import type { Context } from '../core/context.js';
import { predictedDelayMs } from '../core/coordinates.js';
import type { EdgeOffer, Heir } from '../core/message.js';
import type { Coordinates, Member, NodeId } from '../core/node.js';
import type { RouteOffer } from '../routing/route-offer.js';
import type { EdgeReports } from './edge-reports.js';
import { edgeValueMs, isOnlyRoute, STRANDED_MS, type Weights } from './edge-value.js';
import type { Neighbour } from './edges.js';

/** Edges younger than this have not shown their value yet, ms. Guess: a few round trips. */
const PROBATION_MS = 1000;

/**
 * While claims do not count, neighbours make room at this interval, ms, at most so many at once, and
 * none that came in the last seconds, ms. Measured with a third of liars (`npm run bench -- liars`).
 */
const ROTATION_MS = 2000;
const ROTATIONS_MAX = 2;
const ROTATED_AFTER_MS = 3000;

/** Coordinates with a larger error predict no detour. Guess. */
const ERROR_MAX = 0.5;

export interface EvictionsView {
  /** Figure 4's Λ without X_j. */
  lambda(): RouteOffer[];
  /** Whether no source is known, not even our own: then nothing shows the value of an edge. */
  isIdle(): boolean;
  coordinates(id: NodeId): Coordinates;
  member(id: NodeId): Member | undefined;
  /** Cost of our route to a source SCX, ms. */
  costMs(scx: NodeId): number;
  /** The smoothed RTT of a neighbour, ms. */
  rttMs(id: NodeId): number | undefined;
  /** The neighbour that brings the heartbeat. */
  bearer(): NodeId | undefined;
  neighbours(): ReadonlyMap<NodeId, Neighbour>;
  /** Whether a neighbour has broken its promise of late. */
  isAvoided(id: NodeId): boolean;
  /** Whether ADUs come over a neighbour that routing no longer chooses: nobody else delivers yet. */
  isInUse(id: NodeId): boolean;
  /** Whether it is our next hop to a source. */
  isParent(id: NodeId): boolean;
  /** Whether there were signs of lies of late. */
  isWary(now: number): boolean;
}

/** An edge of ours, and what both ends lose without it. */
interface Victim {
  readonly id: NodeId;
  readonly lossMs: number;
  /** Where it may find a parent, if not at the asker. */
  readonly instead?: Member | undefined;
}

/** A request for an edge, and who asks. */
export interface Asked extends EdgeOffer {
  readonly asker: NodeId;
}

/** What edges are valued by. */
interface Basis {
  readonly lambda: readonly RouteOffer[];
  readonly weights: Weights;
}

export interface Evictions {
  /**
   * The neighbour that loses least; undefined: none may be evicted.
   * @param ours whether to look among the edges that we added, or those that we accepted
   */
  leastLoss(ours: boolean, asked: Asked, now: number): Victim | undefined;
  /**
   * Whether all neighbours have claimed for some seconds to have no other route, so that none would
   * make room.
   */
  areClaimed(ours: boolean, now: number): boolean;
  /** The neighbour that makes room where no claim counts; undefined: none does now. */
  rotated(ours: boolean, now: number): Victim | undefined;
}

/** Creates the choice of victims, which is made among the neighbours at the time of the call. */
export function createEvictions(
  { config, rng }: Pick<Context, 'config' | 'rng'>,
  reports: EdgeReports,
  view: EvictionsView,
): Evictions {
  const rotations = createTokenBucket(ROTATIONS_MAX, ROTATION_MS);

  const isKept = (id: NodeId): boolean =>
    view.isInUse(id) || (config.keepHeartbeatEdge && view.isIdle() && id === view.bearer());

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

  /** The additional cost of those sources, if it took the place that the asker leaves, ms. */
  const exchangeMs = (id: NodeId, { leaves }: Asked): number => {
    if (!config.swaps || leaves === null || leaves.id === id) return Number.POSITIVE_INFINITY;
    const [own, place] = [view.coordinates(id), view.coordinates(leaves.id)];
    if (own.error > ERROR_MAX || place.error > ERROR_MAX) return Number.POSITIVE_INFINITY;
    const distanceMs = (view.rttMs(id) ?? 0) / 2;
    const nearMs = predictedDelayMs(own, place);
    const loads = reports.received(id)?.loads ?? [];
    return loads.reduce((sum, { scx, scxs }) => {
      const there = leaves.costs.find((cost) => cost.scx === scx)?.costMs ?? Infinity;
      return sum + scxs * Math.max(0, nearMs + there - distanceMs - view.costMs(scx));
    }, 0);
  };

  /** What a neighbour that yields its place to the asker loses, ms. */
  const yieldMs = (id: NodeId, { scxs, distanceMs }: Heir, { rttMs }: Asked): number =>
    scxs * Math.max(0, rttMs / 2 + distanceMs - (view.rttMs(id) ?? 0) / 2);

  /** What both ends lose without an edge, ms; undefined: it is not to be given up. */
  const lossMs = (
    [id, { sinceMs }]: readonly [NodeId, Neighbour],
    { lambda, weights }: Basis,
    asked: Asked,
    now: number,
  ): Victim | undefined => {
    if (isKept(id)) return undefined;
    if (view.isAvoided(id)) return { id, lossMs: 0 };
    if (view.isWary(now)) return undefined;
    const report = reports.received(id);
    if (report === undefined) return undefined;
    if (now - sinceMs < PROBATION_MS || isOnlyRoute(id, lambda, weights)) return undefined;
    const ownMs = edgeValueMs(id, lambda, weights);
    if (report.heir?.id === asked.asker) {
      return { id, lossMs: yieldMs(id, report.heir, asked) + ownMs };
    }
    if (report.worthMs >= STRANDED_MS) return undefined;
    const stayMs = Math.min(report.worthMs, detourMs(id, asked));
    const swapMs = exchangeMs(id, asked);
    if (asked.leaves === null || swapMs >= stayMs) return { id, lossMs: stayMs + ownMs };
    return { id, lossMs: swapMs + ownMs, instead: view.member(asked.leaves.id) };
  };

  /** The neighbours that have had time to find other routes. */
  const settled = (ours: boolean, now: number): [NodeId, Neighbour][] =>
    [...view.neighbours()].filter(
      ([, each]) => each.ours === ours && now - each.sinceMs >= ROTATED_AFTER_MS,
    );

  const basis = (): Basis => ({ lambda: view.lambda(), weights: reports.weights() });

  return {
    leastLoss: (ours, asked, now) => {
      const present = basis();
      let least: Victim | undefined;
      for (const entry of view.neighbours()) {
        const loss = entry[1].ours === ours ? lossMs(entry, present, asked, now) : undefined;
        if (loss !== undefined && loss.lossMs < (least?.lossMs ?? Infinity)) least = loss;
      }
      return least;
    },
    areClaimed: (ours, now) => {
      const ids = settled(ours, now);
      const isFull = ids.length === (ours ? config.addedEdgesMax : config.acceptedEdgesMax);
      return isFull && ids.every(([id]) => (reports.received(id)?.worthMs ?? 0) >= STRANDED_MS);
    },
    rotated: (ours, now) => {
      const { lambda, weights } = basis();
      const ids = settled(ours, now)
        .filter(([id]) => !isKept(id) && !view.isParent(id))
        .filter(([id]) => !isOnlyRoute(id, lambda, weights));
      const [id] = rng.pick(ids) ?? [];
      return id !== undefined && rotations.take(now) ? { id, lossMs: 0 } : undefined;
    },
  };
}
