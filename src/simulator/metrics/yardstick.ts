/**
 * The yardstick: how good a tree under the same degree limit can be when a search knows all
 * distances. It begins with a compact tree (compact-tree.ts) and improves it by simulated annealing
 * with three steps (movable-tree.ts): a subtree moves to another parent, two subtrees exchange
 * their parents, two SCXs exchange their positions. The same seed finds the same tree.
 */
import type { Rng } from '../../lib/rng.js';
import { type CompactTreeOptions, growCompactTree } from './compact-tree.js';
import {
  createMovableTree,
  exchangeOccupants,
  exchangeSubtrees,
  type MovableTree,
  moveSubtree,
  parentsOf,
  type Step,
} from './movable-tree.js';
import type { Tree } from './tree.js';

export interface YardstickOptions extends CompactTreeOptions {
  readonly rng: Rng;
  /** Steps tried, for each SCX. */
  readonly effort?: number;
}

/** Measured: with more the gain is below 1% on the reference topologies. */
const EFFORT = 5000;

/**
 * The temperature falls from the first to the second share of the mean path's length in a star.
 * Guess.
 */
const HOTTEST = 0.5;
const COLDEST = 0.001;

/** One of the three steps, at random positions; undefined where it is not possible. */
function drawStep(tree: MovableTree, rng: Rng): Step | undefined {
  const { scxs, source } = tree;
  const [a, b] = [rng.below(scxs), rng.below(scxs)];
  const kind = rng.below(3);
  if (a === b || a === source) return undefined;
  if (kind === 0) return moveSubtree(tree, a, b);
  if (b === source) return undefined;
  return kind === 1 ? exchangeSubtrees(tree, a, b) : exchangeOccupants(tree, a, b);
}

function anneal(tree: MovableTree, { rng, effort = EFFORT }: YardstickOptions): void {
  const { scxs, source, delayMs } = tree;
  let starMs = 0;
  for (let scx = 0; scx < scxs; scx++) starMs += delayMs(source, scx);
  const meanMs = starMs / scxs;
  const tries = effort * scxs;
  for (let count = 0; count < tries; count++) {
    const step = drawStep(tree, rng);
    if (step === undefined) continue;
    const heatMs = meanMs * HOTTEST * (COLDEST / HOTTEST) ** (count / tries);
    if (step.addsMs <= 0 || rng.unit() < Math.exp(-step.addsMs / heatMs)) step.apply();
  }
}

/**
 * The best tree that the search finds. `degreeMax` must be at least 3: with 2 it would be a path.
 */
export function findYardstick(options: YardstickOptions): Tree {
  const tree = createMovableTree(options, growCompactTree(options));
  if (options.scxs > 2) anneal(tree, options);
  return { source: options.source, parents: parentsOf(tree) };
}
