import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/lib/rng.js';
import { measureCost, overlayDistances } from '../../../src/simulator/metrics/cost-ratio.js';
import { pathLengths, type Tree } from '../../../src/simulator/metrics/tree.js';
import { findYardstick } from '../../../src/simulator/metrics/yardstick.js';
import { measureDistances } from '../../../src/simulator/topology/distances.js';
import { gtitmFixture } from '../fixtures.js';

const costMs = (tree: Tree, delayMs: (from: number, to: number) => number): number =>
  pathLengths(tree, delayMs).reduce<number>((sum, length) => sum + (length ?? Number.NaN), 0);

const degrees = ({ parents }: Tree): number[] =>
  parents.map((parent, scx) => {
    const children = parents.filter((other) => other === scx).length;
    return children + (parent === undefined ? 0 : 1);
  });

/** The cheapest of all trees, tried one by one. */
function cheapest(scxs: number, degreeMax: number, delayMs: (a: number, b: number) => number) {
  let best = Number.POSITIVE_INFINITY;
  const total = scxs ** (scxs - 1);
  for (let code = 0; code < total; code++) {
    const parents: (number | undefined)[] = [undefined];
    for (let rest = code; parents.length < scxs; rest = Math.floor(rest / scxs)) {
      parents.push(rest % scxs);
    }
    const tree = { source: 0, parents };
    if (degrees(tree).some((degree) => degree > degreeMax)) continue;
    const cost = costMs(tree, delayMs);
    if (cost < best) best = cost;
  }
  return best;
}

describe('The yardstick', () => {
  test('is the star where the degree allows it', () => {
    const delayMs = (from: number, to: number): number => 10 + Math.abs(from - to);
    const tree = findYardstick({ scxs: 7, source: 3, degreeMax: 6, delayMs, rng: createRng(1) });
    expect(tree.parents).toEqual([3, 3, 3, undefined, 3, 3, 3]);
  });

  test('is the best of all trees where all of them can be tried', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const rng = createRng(seed);
      const points = Array.from({ length: 6 }, () => [rng.below(100), rng.below(100)] as const);
      const delayMs = (a: number, b: number): number =>
        Math.hypot(points[a]![0] - points[b]![0], points[a]![1] - points[b]![1]);
      const tree = findYardstick({ scxs: 6, source: 0, degreeMax: 3, delayMs, rng });
      expect(Math.max(...degrees(tree))).toBeLessThanOrEqual(3);
      expect(costMs(tree, delayMs)).toBeCloseTo(cheapest(6, 3, delayMs), 6);
    }
  });

  test('improves on the greedy tree, keeps the degree and is the same from the same seed', () => {
    const { graph } = gtitmFixture('ts1000n-0');
    const places = createRng(1).sample([...Array(1000).keys()], 100);
    const { delayMs } = measureDistances({ kind: 'graph', graph }, places);
    const find = (effort: number): Tree =>
      findYardstick({ scxs: 100, source: 9, degreeMax: 7, delayMs, rng: createRng(1), effort });
    const [greedy, annealed] = [find(0), find(2000)];
    expect(Math.max(...degrees(annealed))).toBeLessThanOrEqual(7);
    expect(costMs(annealed, delayMs)).toBeLessThan(0.97 * costMs(greedy, delayMs));
    expect(find(2000)).toEqual(annealed);
    const { ratio, unreached } = measureCost(annealed, delayMs, overlayDistances(100, 9, delayMs));
    expect(unreached).toEqual([]);
    expect(ratio).toBeGreaterThanOrEqual(1);
  });

  test('needs no search for one or two SCXs', () => {
    const delayMs = (): number => 1;
    const find = (scxs: number): Tree =>
      findYardstick({ scxs, source: 0, degreeMax: 7, delayMs, rng: createRng(1) });
    expect(find(1).parents).toEqual([undefined]);
    expect(find(2).parents).toEqual([undefined, 0]);
  });
});
