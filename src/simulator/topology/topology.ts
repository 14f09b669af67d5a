/**
 * The topologies on which a session can be simulated: a graph of routers and hosts, in which
 * distances are shortest paths, or a matrix of measured round trips.
 */
import type { Graph } from './graph.js';

/** Round trips between nodes, ms: those of node i to nodes 0..i-1 from index i(i-1)/2 on. */
export interface RttMatrix {
  readonly nodes: number;
  readonly rttsMs: Float64Array;
}

export type Topology =
  | { readonly kind: 'graph'; readonly graph: Graph }
  | { readonly kind: 'matrix'; readonly matrix: RttMatrix };

/** The number of nodes at which SCXs can be. */
export const sizeOf = (topology: Topology): number =>
  topology.kind === 'graph' ? topology.graph.nodes : topology.matrix.nodes;

/** The round trip between two nodes, ms. */
export function rttMs(matrix: RttMatrix, a: number, b: number): number {
  if (a === b) return 0;
  const [row, column] = a > b ? [a, b] : [b, a];
  return matrix.rttsMs[(row * (row - 1)) / 2 + column] as number;
}
