/**
 * Counts how often the physical links carry the same data (figure 11): "We ... computed the number
 * of physical links in the underlying internet topology that carried duplicate data copies."
 */
import type { Graph } from '../topology/graph.js';
import { findShortestPaths, linksTo } from '../topology/shortest-paths.js';
import type { Hop } from './tree.js';

export interface LinkStress {
  /** Copies on the worst link. */
  readonly worst: number;
  /** How many links carry each number of copies, ascending; unused links are left out. */
  readonly histogram: readonly { readonly copies: number; readonly links: number }[];
}

/**
 * The stress that overlay hops put on the links of a graph.
 * @param places the graph's node of each SCX
 */
export function measureStress(
  graph: Graph,
  places: readonly number[],
  hops: readonly Hop[],
): LinkStress {
  const copies = new Uint32Array(graph.links.length);
  const receivers = new Map<number, number[]>();
  for (const [from, to] of hops) receivers.set(from, [...(receivers.get(from) ?? []), to]);
  for (const [from, scxs] of receivers) {
    const paths = findShortestPaths(graph, places[from] as number);
    for (const scx of scxs) {
      for (const link of linksTo(paths, places[scx] as number)) {
        copies[link] = (copies[link] as number) + 1;
      }
    }
  }
  return summarise(copies);
}

function summarise(copies: Uint32Array): LinkStress {
  const links = new Map<number, number>();
  for (const count of copies) if (count > 0) links.set(count, (links.get(count) ?? 0) + 1);
  const histogram = [...links].sort(([a], [b]) => a - b);
  return {
    worst: histogram.at(-1)?.[0] ?? 0,
    histogram: histogram.map(([count, number]) => ({ copies: count, links: number })),
  };
}
