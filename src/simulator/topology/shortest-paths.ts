/**
 * Shortest paths from one node to all others, by Dijkstra's algorithm. They are computed only from
 * the nodes where SCXs are. The link by which each node is reached is kept, so that the physical
 * links under an overlay edge are known (link stress). A node that is reached again on a shorter
 * path enters the heap again; its older entries are skipped.
 */
import type { Graph } from './graph.js';
import { createHeap } from './heap.js';

export interface ShortestPaths {
  /** By node, ms; Infinity where no path leads. */
  readonly distancesMs: Float64Array;
  /** By node: the last link of its path, and the node before it; -1 at the origin. */
  readonly lastLink: Int32Array;
  readonly before: Int32Array;
}

/** The shortest paths from a node to all others. */
export function findShortestPaths(graph: Graph, origin: number): ShortestPaths {
  const { firstArc, arcTarget, arcLink, arcLength } = graph;
  const distancesMs = new Float64Array(graph.nodes).fill(Number.POSITIVE_INFINITY);
  const lastLink = new Int32Array(graph.nodes).fill(-1);
  const before = new Int32Array(graph.nodes).fill(-1);
  const heap = createHeap();

  const reach = (node: number, arc: number, distance: number): void => {
    const target = arcTarget[arc] as number;
    const total = distance + (arcLength[arc] as number);
    if (total >= (distancesMs[target] as number)) return;
    distancesMs[target] = total;
    lastLink[target] = arcLink[arc] as number;
    before[target] = node;
    heap.push(target, total);
  };

  distancesMs[origin] = 0;
  heap.push(origin, 0);
  while (heap.pop()) {
    const [node, distance] = [heap.node(), heap.distance()];
    if (distance > (distancesMs[node] as number)) continue;
    const end = firstArc[node + 1] as number;
    for (let arc = firstArc[node] as number; arc < end; arc++) reach(node, arc, distance);
  }
  return { distancesMs, lastLink, before };
}

/** The links of the path from the origin to a node, beginning with the last one. */
export function* linksTo(paths: ShortestPaths, node: number): Generator<number> {
  for (let at = node; (paths.lastLink[at] as number) >= 0; at = paths.before[at] as number) {
    yield paths.lastLink[at] as number;
  }
}
