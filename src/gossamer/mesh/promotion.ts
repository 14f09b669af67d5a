/**
 * Child promotion (Beyond §3.6): a parent may yield its place to one of its children, and become a
 * child of that child. Inner nodes are full of children, so most have no reserve, and no asker can
 * evict them; without promotion whoever came first would stay near the source.
 *
 *   before   grandparent - parent - heir        after   grandparent - heir - parent
 *
 * The parent alone knows all that it takes: the loads of its children (edge-reports.ts) and the
 * distances on both sides, of which only that between grandparent and heir is predicted. It tells
 * both in its reports. The heir then probes the grandparent as it would any other member; when it
 * asks for an edge, the grandparent may give up the parent (evictions.ts). Nobody else can have it
 * do so, as a claim about others counts for nothing.
 */
import { predictedDelayMs } from '../core/coordinates.js';
import type { Heir, Load } from '../core/message.js';
import type { Coordinates, NodeId } from '../core/node.js';
import type { Weights } from './edge-value.js';

/** Coordinates with a larger error predict nothing. Guess. */
const ERROR_MAX = 0.5;

/** A promotion that would shorten paths. */
export interface Promotion {
  /** The grandparent. */
  readonly parent: NodeId;
  readonly heir: Heir;
  /** What all SCXs concerned would gain together, ms. */
  readonly gainMs: number;
}

export interface PromotionView {
  /** The source SCXs in our routing table, we ourselves excluded. */
  sources(): NodeId[];
  /** The source SCXs that we reach over that neighbour. */
  reachedOver(id: NodeId): NodeId[];
  /** The neighbours, with the loads that they have reported. */
  loads(): Iterable<readonly [NodeId, readonly Load[]]>;
  /** The smoothed RTT of a neighbour, ms. */
  rttMs(id: NodeId): number | undefined;
  coordinates(id: NodeId): Coordinates;
}

/** What a promotion would change if we yielded our place at `parent` to `child`. */
function weigh(
  view: PromotionView,
  weights: Weights,
  parent: NodeId,
  [child, loads]: readonly [NodeId, readonly Load[]],
): Promotion | undefined {
  const [above, below] = [view.coordinates(parent), view.coordinates(child)];
  if (above.error > ERROR_MAX || below.error > ERROR_MAX) return undefined;
  const parentMs = (view.rttMs(parent) ?? 0) / 2;
  const childMs = (view.rttMs(child) ?? 0) / 2;
  const heirMs = predictedDelayMs(above, below);
  let [served, others] = [0, 0];
  for (const source of view.reachedOver(parent)) {
    const weight = weights.get(source) ?? 1;
    const load = loads.find(({ scx }) => scx === source)?.scxs ?? 0;
    const scxs = Math.min(load, weight - 1);
    served += scxs;
    others += weight - scxs;
  }
  if (served === 0) return undefined;
  const shorterMs = parentMs + childMs - heirMs;
  const longerMs = heirMs + childMs - parentMs;
  const gainMs = served * shorterMs - others * Math.max(0, longerMs);
  return { parent, heir: { id: child, scxs: others, distanceMs: childMs }, gainMs };
}

/** The promotion that would gain most, if it gains more than `marginMs`. */
export function findPromotion(
  view: PromotionView,
  weights: Weights,
  marginMs: number,
): Promotion | undefined {
  const children = [...view.loads()];
  const parents = new Set(children.map(([id]) => id));
  let best: Promotion | undefined;
  for (const parent of parents) {
    if (view.reachedOver(parent).length === 0) continue;
    for (const child of children) {
      if (child[0] === parent) continue;
      const found = weigh(view, weights, parent, child);
      if (found !== undefined && found.gainMs > (best?.gainMs ?? marginMs)) best = found;
    }
  }
  return best;
}
