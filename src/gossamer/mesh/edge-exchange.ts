/**
 * Chooses the edges in production, instead of figure 4 (Beyond §3.6). Few nodes lie near the
 * sources, and in the paper they stay full of the neighbours that came first. Here a full node
 * exchanges an edge when the asker gains more than both ends of the old edge lose:
 *
 *   gain  what the sources would cost less to the asker and to all that it serves
 *   loss  what they would cost more to both ends of an edge: each end reports its part
 *
 * Distant nodes therefore move outwards, near ones inwards, and a compact tree grows without global
 * knowledge.
 *
 * An edge counts as added (k1) at one end and as accepted (k2) at the other. The two ends agree on
 * which end is which.
 *
 * edge-reports.ts contains the reports of the two ends, edge-value.ts the value of an edge, and
 * evictions.ts the choice of the neighbour that is given up.
 */
import { createTokenBucket } from '../../lib/bounds/token-bucket.js';
import type { Context } from '../core/context.js';
import type { EdgeOffer } from '../core/message.js';
import type { NodeId } from '../core/node.js';
import type { RouteOffer } from '../routing/route-offer.js';
import type { EdgeReports } from './edge-reports.js';
import { gainMs, marginMs, STRANDED_MS, sourcesCostMs, type Weights } from './edge-value.js';
import { type Asked, createEvictions, type EvictionsView } from './evictions.js';
import { createHysteresis } from './hysteresis.js';
import type { Grant } from './mesh.js';

/**
 * Neighbours that are given up for askers' claims, at once and in the long run, ms each: the gains
 * may be invented. Measured: the busiest honest node gives up 30 in its first 15 s, and then one
 * each 4 s at most.
 */
const EVICTIONS_MAX = 32;
const EVICTION_MS = 4000;

export interface EdgeExchangeView extends EvictionsView {
  /** CAN_ACCEPT of §3.6: whether there is room within k2. */
  canAccept(): boolean;
  /** Whether there is room within k1. */
  canAdd(): boolean;
  /** There is a sign that neighbours lie. */
  alert(now: number): void;
  /** Whether no neighbour delivers some source, whatever routes they claim to have. */
  isUnserved(now: number): boolean;
}

/** An edge of ours to give up, and what is gained by it, ms. */
export interface Replacement {
  readonly id: NodeId;
  readonly gainMs: number;
}

export interface EdgeExchange {
  /**
   * The cost that a probed node would save for the sources, less the minimum gain of a change, ms.
   */
  gainMs(offer: RouteOffer, now: number): number;
  /** The edge of ours to give up for a probed node, and the gain; undefined: there is none. */
  replacement(offer: RouteOffer, now: number): Replacement | undefined;
  /** Whether and how a request for an edge is granted. */
  grant(offer: EdgeOffer, now: number, asker: NodeId): Grant | undefined;
  /** We have joined, or a neighbour is gone: the mesh may change for small gains again. */
  onDisturbed(now: number): void;
}

/** One way to grant a request. */
interface GrantOption {
  readonly reversed: boolean;
  /** The asker's gain; null: it does not offer this way. */
  readonly gainMs: number | null;
  readonly hasRoom: boolean;
}

/** Creates the exchange, which decides with the neighbours' reports at the time of the call. */
export function createEdgeExchange(
  context: Pick<Context, 'config' | 'rng' | 'self'>,
  reports: EdgeReports,
  view: EdgeExchangeView,
): EdgeExchange {
  const { config } = context;
  const evictions = createEvictions(context, reports, view);
  const hysteresis = createHysteresis(config);
  const claims = createTokenBucket(EVICTIONS_MAX, EVICTION_MS);

  /** What a change must gain, ms. */
  const leastGainMs = (weights: Weights, now: number): number =>
    marginMs(view.lambda(), weights, hysteresis.share(weights.keys(), now));

  /** Λ as far as it serves us. */
  const servingLambda = (now: number): RouteOffer[] => (view.isUnserved(now) ? [] : view.lambda());

  /** While we are wary only those that have broken their promise are given up. */
  const mayGiveUp = (id: NodeId, now: number): boolean =>
    !view.isInUse(id) && (view.isAvoided(id) || !view.isWary(now));

  /** Whether a neighbour yields its place to us, and is to be our child. */
  const isHeirOf = (id: NodeId): boolean => reports.received(id)?.heir?.id === context.self().id;

  const replacement: EdgeExchange['replacement'] = (offer, now) => {
    const lambda = servingLambda(now);
    const weights = reports.weights();
    const present = sourcesCostMs(lambda, weights) - leastGainMs(weights, now);
    let best: Replacement | undefined;
    for (const [id, { ours }] of view.neighbours()) {
      if (!ours || !mayGiveUp(id, now) || isHeirOf(id)) continue;
      const after = [...lambda.filter((other) => other.id !== id), offer];
      const claimedMs = reports.received(id)?.worthMs ?? Number.POSITIVE_INFINITY;
      const lossMs = view.isAvoided(id) ? 0 : claimedMs;
      const gained = present - sourcesCostMs(after, weights) - lossMs;
      if (gained > (best?.gainMs ?? 0)) best = { id, gainMs: gained };
    }
    return best;
  };

  const consider = (
    { reversed, gainMs: gained, hasRoom }: GrantOption,
    asked: Asked,
    now: number,
  ): (Grant & { readonly netMs: number }) | undefined => {
    if (gained === null) return undefined;
    if (hasRoom) return { reversed, victim: undefined, netMs: gained };
    if (!config.evict || gained <= 0 || claims.next() > now) return undefined;
    const least = evictions.leastLoss(reversed, asked, now);
    const hasLeast = least !== undefined && least.lossMs < gained;
    if (gained >= STRANDED_MS && evictions.areClaimed(reversed, now)) view.alert(now);
    const victim = hasLeast || !view.isWary(now) ? least : evictions.rotated(reversed, now);
    if (victim === undefined || victim.lossMs >= gained) return undefined;
    const { id, instead, lossMs } = victim;
    return { reversed, victim: id, instead, netMs: gained - lossMs };
  };

  /** A neighbour that is given up costs one of the evictions. */
  const noted = (grant: Grant | undefined, now: number): Grant | undefined => {
    if (grant?.victim !== undefined) claims.take(now);
    return grant;
  };

  return {
    gainMs: (offer, now) => {
      const weights = reports.weights();
      return gainMs(offer, servingLambda(now), weights) - leastGainMs(weights, now);
    },
    replacement,
    onDisturbed: hysteresis.onDisturbed,
    grant: (offer, now, asker) => {
      const asked = { ...offer, asker };
      const { addGainMs, acceptGainMs } = offer;
      const toAdd = { reversed: false, gainMs: addGainMs, hasRoom: view.canAccept() };
      const toAccept = { reversed: true, gainMs: acceptGainMs, hasRoom: view.canAdd() };
      const added = consider(toAdd, asked, now);
      const accepted = consider(toAccept, asked, now);
      if (accepted === undefined || (added !== undefined && added.netMs >= accepted.netMs)) {
        return noted(added, now);
      }
      return noted(accepted, now);
    },
  };
}
