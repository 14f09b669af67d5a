/**
 * The distribution trees of a run, measured: their cost at any instant, and at the end also how far
 * they are from the best tree that a search finds, and how often physical links carry the same
 * data.
 */
import type { Rng } from '../../lib/rng.js';
import { type Cost, measureCost, overlayDistances } from '../metrics/cost-ratio.js';
import { type LinkStress, measureStress } from '../metrics/link-stress.js';
import {
  type DelayMs,
  type Hop,
  readTrees,
  starHops,
  type Tree,
  treeHops,
} from '../metrics/tree.js';
import { findYardstick } from '../metrics/yardstick.js';
import type { Topology } from '../topology/topology.js';
import type { SimulatedScx } from '../world/simulated-scx.js';
import type { Drawn, SessionOptions } from './drawn-session.js';

/** One source's tree at the end of a run. */
export interface SourceReport extends Cost {
  /** The source SCX. */
  readonly scx: number;
  /** The cost of the best tree that a centralised search finds; null where that takes too long. */
  readonly yardstick: Cost | null;
  /** Null on a matrix, which has no links. */
  readonly stress: { readonly tree: LinkStress; readonly star: LinkStress } | null;
}

export interface TreesOptions extends Pick<SessionOptions, 'topology' | 'scxs' | 'config'> {
  readonly drawn: Drawn;
  readonly delayMs: DelayMs;
  /** All SCXs by index, as they join. */
  readonly world: readonly SimulatedScx[];
  readonly rng: Rng;
}

export interface Trees {
  /** The cost of each source's tree now. */
  costs(): Cost[];
  /** Everything about each source's tree now. */
  report(): SourceReport[];
}

/** The search takes a second for 350 SCXs, and grows with their square. */
const YARDSTICK_SCXS_MAX = 1000;

function stressOf(tree: Tree, topology: Topology, nodes: readonly number[]) {
  if (topology.kind === 'matrix') return null;
  const measure = (hops: readonly Hop[]): LinkStress => measureStress(topology.graph, nodes, hops);
  return { tree: measure(treeHops(tree)), star: measure(starHops(tree)) };
}

/** The trees of the sources that were drawn. */
export function watchTrees(options: TreesOptions): Trees {
  const { scxs, config, drawn, delayMs, topology, rng } = options;
  const overlayMs = drawn.sources.map((source) => overlayDistances(scxs, source, delayMs));

  const read = (): Tree[] => readTrees(options.world, drawn.sources);
  const costOf = (tree: Tree, index: number): Cost =>
    measureCost(tree, delayMs, overlayMs[index] as number[]);

  const yardstickOf = ({ source }: Tree, index: number): Cost | null => {
    if (scxs > YARDSTICK_SCXS_MAX) return null;
    const degreeMax = config.addedEdgesMax + config.acceptedEdgesMax;
    const forked = rng.fork(`yardstick ${source}`);
    return costOf(findYardstick({ scxs, source, degreeMax, delayMs, rng: forked }), index);
  };

  return {
    costs: () => read().map(costOf),
    report: () =>
      read().map((tree, index) => ({
        scx: tree.source,
        ...costOf(tree, index),
        yardstick: yardstickOf(tree, index),
        stress: stressOf(tree, topology, drawn.places),
      })),
  };
}
