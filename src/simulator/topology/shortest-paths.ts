/**
 * Shortest paths from one node to all others, by Dijkstra with a binary heap. Only the nodes where
 * SCXs are need it. The predecessor links are kept, so that the physical links under an overlay edge
 * can be told (link stress).
 *
 * The heap holds nodes by their distance and lies in two arrays; a node that was reached anew is
 * pushed again, and its old entries are skipped.
 */
import type { Graph } from './graph.js';

export interface ShortestPaths {
  /** By node, ms; Infinity where no path leads. */
  readonly distancesMs: Float64Array;
  /** By node: the link over which the path comes, and the node before; -1 at the origin. */
  readonly lastLink: Int32Array;
  readonly before: Int32Array;
}

interface Heap {
  push(node: number, distance: number): void;
  /** Removes the nearest; false when empty. Then `node` and `distance` tell it. */
  pop(): boolean;
  node(): number;
  distance(): number;
}

function createHeap(): Heap {
  const nodes: number[] = [];
  const keys: number[] = [];
  let node = -1;
  let distance = 0;

  const put = (index: number, ofNode: number, key: number): void => {
    nodes[index] = ofNode;
    keys[index] = key;
  };
  const copy = (from: number, to: number): void =>
    put(to, nodes[from] as number, keys[from] as number);

  const siftDown = (moved: number, key: number): void => {
    const size = keys.length;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && (keys[child + 1] as number) < (keys[child] as number)) child++;
      if ((keys[child] as number) >= key) break;
      copy(child, index);
      index = child;
    }
    put(index, moved, key);
  };

  return {
    push: (pushed, key) => {
      let index = keys.length;
      put(index, pushed, key);
      for (let parent = (index - 1) >> 1; index > 0; parent = (index - 1) >> 1) {
        if ((keys[parent] as number) <= key) break;
        copy(parent, index);
        index = parent;
      }
      put(index, pushed, key);
    },
    pop: () => {
      const last = nodes.pop();
      const key = keys.pop();
      if (last === undefined || key === undefined) return false;
      node = nodes[0] ?? last;
      distance = keys[0] ?? key;
      if (keys.length > 0) siftDown(last, key);
      return true;
    },
    node: () => node,
    distance: () => distance,
  };
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

/** The links of the path from the origin to a node, the last one first. */
export function* linksTo(paths: ShortestPaths, node: number): Generator<number> {
  for (let at = node; (paths.lastLink[at] as number) >= 0; at = paths.before[at] as number) {
    yield paths.lastLink[at] as number;
  }
}
