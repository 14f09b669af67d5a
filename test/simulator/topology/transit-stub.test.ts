import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/lib/rng.js';
import { statisticsOf } from '../../../src/simulator/metrics/statistics.js';
import { isConnected, type NamedGraph } from '../../../src/simulator/topology/graph.js';
import { findShortestPaths } from '../../../src/simulator/topology/shortest-paths.js';
import {
  drawTransitStub,
  type TransitStubOptions,
  TS1000A,
  TS1000N,
  varySizes,
} from '../../../src/simulator/topology/transit-stub.js';
import { goodOf, gtitmFixture, problemsOf } from '../fixtures.js';

const draws = (options: TransitStubOptions, count: number): NamedGraph[] =>
  Array.from({ length: count }, (_, seed) => goodOf(drawTransitStub(options, createRng(seed))));

type LinkKind = 'stub' | 'access' | 'transit' | 'backbone';

const domainOf = (name: string): string => name.slice(2).split('.')[0] as string;

/** By kind of link: how many there are, and their mean length. */
function linkStatistics({ graph, names }: NamedGraph): Record<LinkKind, [number, number]> {
  const lengths: Record<LinkKind, number[]> = { stub: [], access: [], transit: [], backbone: [] };
  for (const { from, to, length } of graph.links) {
    const [a, b] = [names[from] as string, names[to] as string];
    const routers = [a, b].filter((name) => name.startsWith('T')).length;
    if (routers === 0) lengths.stub.push(length);
    else if (routers === 1) lengths.access.push(length);
    else lengths[domainOf(a) === domainOf(b) ? 'transit' : 'backbone'].push(length);
  }
  const summary = Object.entries(lengths).map(([kind, all]) => {
    return [kind, [all.length, statisticsOf(all).mean]];
  });
  return Object.fromEntries(summary);
}

/** The mean distance between nodes, ms. */
function meanDistance({ graph }: NamedGraph): number {
  const origins = Array.from({ length: 20 }, (_, index) => index * 50);
  return statisticsOf(
    origins.map((origin) => statisticsOf([...findShortestPaths(graph, origin).distancesMs]).mean),
  ).mean;
}

describe('A transit-stub graph', () => {
  test('grows to the number of nodes that is needed, within the same extent', () => {
    const [plain] = draws(TS1000N, 1) as [NamedGraph];
    expect(goodOf(drawTransitStub(TS1000N, createRng(0), 1000))).toEqual(plain);
    const large = goodOf(drawTransitStub(TS1000N, createRng(0), 4000));
    expect(large.graph.nodes).toBeGreaterThanOrEqual(4000);
    expect(large.graph.nodes).toBeLessThan(5000);
    expect(isConnected(large.graph)).toBe(true);
    expect(meanDistance(large) / meanDistance(plain)).toBeGreaterThan(0.7);
    expect(meanDistance(large) / meanDistance(plain)).toBeLessThan(1.4);
  });

  test('has exactly the number of nodes that its parameters imply, and is connected', () => {
    for (const options of [TS1000N, TS1000A]) {
      for (const { graph, names } of draws(options, 5)) {
        expect(graph.nodes).toBe(1000);
        expect(new Set(names).size).toBe(1000);
        expect(isConnected(graph)).toBe(true);
      }
    }
  });

  test('is the same from the same seed, and different from a different one', () => {
    const [first, again, other] = [1, 1, 2].map((seed) =>
      goodOf(drawTransitStub(TS1000N, createRng(seed))),
    );
    expect(again).toEqual(first);
    expect(other?.graph.links).not.toEqual(first?.graph.links);
  });

  test.each([
    ['ts1000n-0', TS1000N],
    ['ts1000a-0', TS1000A],
  ] as const)('has the number and the length of links of each kind as in %s', (name, options) => {
    const reference = linkStatistics(gtitmFixture(name));
    const ours = draws(options, 25).map(linkStatistics);
    for (const kind of ['stub', 'access', 'transit', 'backbone'] as const) {
      const [count, length] = reference[kind];
      const counts = statisticsOf(ours.map((graph) => graph[kind][0]));
      const lengths = statisticsOf(ours.map((graph) => graph[kind][1]));
      expect(count, `${kind} links`).toBeGreaterThanOrEqual(counts.min * 0.98);
      expect(count, `${kind} links`).toBeLessThanOrEqual(counts.max * 1.02);
      expect(length, `${kind} length`).toBeGreaterThanOrEqual(lengths.min);
      expect(length, `${kind} length`).toBeLessThanOrEqual(lengths.max);
    }
  });

  test.each([
    ['ts1000n-0', TS1000N],
    ['ts1000a-0', TS1000A],
  ] as const)('has distances between nodes like those of %s', (name, options) => {
    const distances = statisticsOf(draws(options, 25).map(meanDistance));
    const reference = meanDistance(gtitmFixture(name));
    expect(reference).toBeGreaterThanOrEqual(distances.min);
    expect(reference).toBeLessThanOrEqual(distances.max);
  });

  test('varies the sizes of its domains and keeps their total', () => {
    const sizes = varySizes(40, 3, createRng(1));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(120);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(1);
    expect(new Set(sizes).size).toBeGreaterThan(2);
    expect(varySizes(5, 1, createRng(1))).toEqual([1, 1, 1, 1, 1]);
  });

  test('is refused when it would be too large, or never connected', () => {
    const large = { ...TS1000N, stubNodes: 1000, stubs: 100 };
    expect(problemsOf(drawTransitStub(large, createRng(1)))[0]).toMatch(
      /^a transit-stub graph of 80000\d+ nodes is too large: at most 200000 nodes$/,
    );
    const sparse = { ...TS1000N, stubNodes: 3, stubDensity: 0 };
    expect(problemsOf(drawTransitStub(sparse, createRng(1)))[0]).toMatch(/stub .* never connected/);
  });
});
