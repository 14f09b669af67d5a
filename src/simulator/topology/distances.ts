/**
 * One-way distances between the members of a session, ms: shortest paths in a graph, half the round
 * trip in a matrix. Measured round trips break the triangle inequality, so a relay may be faster
 * than the direct path. Distances are symmetric. Memory: 4 bytes for each pair, 200 MB at 10,000
 * members.
 */
import { assert } from '../../lib/assert.js';
import { findShortestPaths } from './shortest-paths.js';
import { rttMs, type Topology } from './topology.js';

export interface Distances {
  readonly members: number;
  /** Between two members by index, ms. */
  delayMs(from: number, to: number): number;
}

/** Index in the table of pairs: those of member i with members 0..i-1 begin at i(i-1)/2. */
const indexOf = (higher: number, lower: number): number => (higher * (higher - 1)) / 2 + lower;

/**
 * Creates the distances between all pairs.
 * @param rowOf the distances from one member, ms; called once for each member
 */
function createDistances(
  members: number,
  rowOf: (from: number) => (to: number) => number,
): Distances {
  const table = new Float32Array((members * (members - 1)) / 2);
  for (let from = 1; from < members; from++) {
    const row = rowOf(from);
    for (let to = 0; to < from; to++) {
      const delay = row(to);
      assert(
        Number.isFinite(delay) && delay >= 0,
        () => `${delay} ms from member ${from} to ${to}`,
      );
      table[indexOf(from, to)] = delay;
    }
  }
  const delayMs = (from: number, to: number): number => {
    if (from === to) return 0;
    return table[from > to ? indexOf(from, to) : indexOf(to, from)] as number;
  };
  return { members, delayMs };
}

/**
 * The distances between members of a session.
 * @param places the topology's node of each member
 */
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
