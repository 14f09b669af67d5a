/**
 * One-way distances between the members of a session, ms: shortest paths in a graph, half the round
 * trip in a matrix. Real round trips break the triangle inequality, so a relay may be faster than
 * the direct way. Bounded: 4 bytes for each pair of members, 400 MB at 10,000.
 */
import { assert } from '../../lib/assert.js';
import { findShortestPaths } from './shortest-paths.js';
import { rttMs, type Topology } from './topology.js';

export interface Distances {
  readonly members: number;
  /** Between two members by index. */
  delayMs(from: number, to: number): number;
}

/** Distances that somebody computes. */
function createDistances(
  members: number,
  rowOf: (from: number) => (to: number) => number,
): Distances {
  const table = new Float32Array(members * members);
  for (let from = 0; from < members; from++) {
    const row = rowOf(from);
    for (let to = 0; to < members; to++) {
      const delay = from === to ? 0 : row(to);
      assert(Number.isFinite(delay) && delay >= 0, `${delay} ms from member ${from} to ${to}`);
      table[from * members + to] = delay;
    }
  }
  return { members, delayMs: (from, to) => table[from * members + to] as number };
}

/** @param places the node of each member */
export function measureDistances(topology: Topology, places: readonly number[]): Distances {
  return createDistances(places.length, (from) => {
    const origin = places[from] as number;
    if (topology.kind === 'matrix') {
      return (to) => rttMs(topology.matrix, origin, places[to] as number) / 2;
    }
    const { distancesMs } = findShortestPaths(topology.graph, origin);
    return (to) => distancesMs[places[to] as number] as number;
  });
}
