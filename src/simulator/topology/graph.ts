/**
 * A physical network: nodes by number, joined by undirected links with lengths. A session of 10,000
 * SCXs needs a graph with more nodes than that, so the form is compact: the arcs that leave a node
 * lie side by side in typed arrays, and shortest paths read memory in order.
 */
import { assert } from '../../lib/assert.js';

/** One undirected link. Length: ms one way. */
export interface Link {
  readonly from: number;
  readonly to: number;
  readonly length: number;
}

export interface Graph {
  readonly nodes: number;
  readonly links: readonly Link[];
  /** The arcs that leave node n: numbers firstArc[n] to firstArc[n + 1] - 1. */
  readonly firstArc: Int32Array;
  /** By arc: the node at its end, the link that it belongs to, and its length, ms. */
  readonly arcTarget: Int32Array;
  readonly arcLink: Int32Array;
  readonly arcLength: Float64Array;
}

/** A graph whose nodes have names that describe their role; see gtitm-reader.ts. */
export interface NamedGraph {
  readonly graph: Graph;
  readonly names: readonly string[];
}

const countArcs = (nodes: number, links: readonly Link[]): Int32Array => {
  const firstArc = new Int32Array(nodes + 1);
  const count = (node: number): void => {
    firstArc[node + 1] = (firstArc[node + 1] as number) + 1;
  };
  for (const { from, to } of links) {
    count(from);
    count(to);
  }
  for (let node = 0; node < nodes; node++) {
    firstArc[node + 1] = (firstArc[node + 1] as number) + (firstArc[node] as number);
  }
  return firstArc;
};

/** Creates a graph of `nodes` nodes, numbered from 0. A bad link is a failed assertion. */
export function createGraph(nodes: number, links: readonly Link[]): Graph {
  const isNode = (node: number): boolean => Number.isInteger(node) && node >= 0 && node < nodes;
  for (const { from, to, length } of links) {
    assert(isNode(from) && isNode(to) && from !== to, () => `a link from ${from} to ${to}`);
    assert(length >= 0 && Number.isFinite(length), () => `a link of length ${length}`);
  }
  const firstArc = countArcs(nodes, links);
  const arcTarget = new Int32Array(2 * links.length);
  const arcLink = new Int32Array(2 * links.length);
  const arcLength = new Float64Array(2 * links.length);
  const nextArc = firstArc.slice();
  const place = (from: number, to: number, link: number, length: number): void => {
    const arc = nextArc[from] as number;
    nextArc[from] = arc + 1;
    arcTarget[arc] = to;
    arcLink[arc] = link;
    arcLength[arc] = length;
  };
  for (const [index, { from, to, length }] of links.entries()) {
    place(from, to, index, length);
    place(to, from, index, length);
  }
  return { nodes, links, firstArc, arcTarget, arcLink, arcLength };
}

/** How many nodes can be reached from node 0, including itself. */
export function countReachable(graph: Graph): number {
  const isSeen = new Uint8Array(graph.nodes);
  const todo = graph.nodes === 0 ? [] : [0];
  let count = 0;
  for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
    if (isSeen[node] === 1) continue;
    isSeen[node] = 1;
    count++;
    const end = graph.firstArc[node + 1] as number;
    for (let arc = graph.firstArc[node] as number; arc < end; arc++) {
      todo.push(graph.arcTarget[arc] as number);
    }
  }
  return count;
}

/** Whether there is a path between any two nodes. */
export const isConnected = (graph: Graph): boolean => countReachable(graph) === graph.nodes;
