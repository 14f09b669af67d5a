/**
 * The paper's measure of a tree (§5): "the total cost C of routing from a source over the Gossamer
 * distribution network ... the sum of path lengths in the distribution tree between the source SCX
 * and all other SCXs ... We compare this cost to the cost C_star of routing over the unicast star
 * topology ... the sum of the unicast distances".
 *
 * Where the triangle inequality fails, as on the Internet, C_star is not a lower bound. So C is
 * also compared with the best that overlay paths without a degree limit could reach: the sum of the
 * shortest paths in the complete graph of the SCXs.
 */
import { type DelayMs, pathLengths, type Tree } from './tree.js';

export interface Cost {
  /** C and C_star, ms, both over the SCXs that have a route. */
  readonly costMs: number;
  readonly starMs: number;
  /** C / C_star; NaN when no SCX has a route. */
  readonly ratio: number;
  /** C over the sum of the shortest overlay paths to the same SCXs. */
  readonly overlayRatio: number;
  /** The longest path in the tree, ms. */
  readonly longestMs: number;
  /** SCXs without a route; the sums leave them out. */
  readonly unreached: readonly number[];
}

/**
 * The lengths of the shortest overlay paths from an SCX to all others, ms. The graph is complete,
 * so Dijkstra's algorithm needs no heap.
 */
export function overlayDistances(scxs: number, source: number, delayMs: DelayMs): number[] {
  const lengths = new Array<number>(scxs).fill(Number.POSITIVE_INFINITY);
  const isDone = new Uint8Array(scxs);
  lengths[source] = 0;
  for (let round = 0; round < scxs; round++) {
    let nearest = -1;
    for (let scx = 0; scx < scxs; scx++) {
      if (isDone[scx] === 1) continue;
      if (nearest === -1 || (lengths[scx] as number) < (lengths[nearest] as number)) nearest = scx;
    }
    isDone[nearest] = 1;
    const base = lengths[nearest] as number;
    for (let scx = 0; scx < scxs; scx++) {
      const length = base + delayMs(nearest, scx);
      if (length < (lengths[scx] as number)) lengths[scx] = length;
    }
  }
  return lengths;
}

/**
 * The cost of a tree.
 * @param overlayMs what overlayDistances gives for the tree's source
 */
export function measureCost(tree: Tree, delayMs: DelayMs, overlayMs: readonly number[]): Cost {
  const unreached: number[] = [];
  let [costMs, starMs, shortestMs, longestMs] = [0, 0, 0, 0];
  for (const [scx, length] of pathLengths(tree, delayMs).entries()) {
    if (scx === tree.source) continue;
    if (length === undefined) {
      unreached.push(scx);
      continue;
    }
    costMs += length;
    starMs += delayMs(tree.source, scx);
    shortestMs += overlayMs[scx] as number;
    longestMs = Math.max(longestMs, length);
  }
  const [ratio, overlayRatio] = [costMs / starMs, costMs / shortestMs];
  return { costMs, starMs, ratio, overlayRatio, longestMs, unreached };
}
