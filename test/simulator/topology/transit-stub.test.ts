import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/lib/rng.js';
import { growCompactTree } from '../../../src/simulator/metrics/compact-tree.js';
import { measureCost, overlayDistances } from '../../../src/simulator/metrics/cost-ratio.js';
import { statisticsOf } from '../../../src/simulator/metrics/statistics.js';
import { measureDistances } from '../../../src/simulator/topology/distances.js';
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

const DRAWS = 25;

const draws = (options: TransitStubOptions, count: number): NamedGraph[] =>
  Array.from({ length: count }, (_, seed) => goodOf(drawTransitStub(options, createRng(seed))));

const FAMILIES = { ts1000n: draws(TS1000N, DRAWS), ts1000a: draws(TS1000A, DRAWS) };

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

/** The mean of the distances from some nodes to all others, and the farthest one, ms. */
function distancesOf({ graph }: NamedGraph): { readonly mean: number; readonly max: number } {
  const origins = Array.from({ length: 20 }, (_, index) => index * 50);
  return statisticsOf(
    origins.flatMap((origin) => [...findShortestPaths(graph, origin).distancesMs]),
  );
}

const meanDistance = (graph: NamedGraph): number => distancesOf(graph).mean;

/** SCXs in the session that `greedyRatio` looks at. */
const SCXS = 50;

/** C / C_star of a compact tree of <3,4>: how far relays must lead from the direct ways. */
function greedyRatio({ graph }: NamedGraph): number {
  const nodes = Array.from({ length: graph.nodes }, (_, node) => node);
  const places = createRng(1).sample(nodes, SCXS);
  const { delayMs } = measureDistances({ kind: 'graph', graph }, places);
  const parents = growCompactTree({ scxs: SCXS, source: 0, degreeMax: 7, delayMs });
  const overlayMs = overlayDistances(SCXS, 0, delayMs);
  return measureCost({ source: 0, parents: [...parents] }, delayMs, overlayMs).ratio;
}

/** What a family of graphs is compared by. */
function featuresOf(named: NamedGraph) {
  const { graph } = named;
  const degrees = new Array<number>(graph.nodes).fill(0);
  for (const { from, to } of graph.links) {
    for (const node of [from, to]) degrees[node] = (degrees[node] as number) + 1;
  }
  const distances = distancesOf(named);
  const links = linkStatistics(named);
  return {
    stubLinks: links.stub[0],
    leaves: degrees.filter((degree) => degree === 1).length,
    degreeMax: Math.max(...degrees),
    backboneMs: links.backbone[1],
    distanceMs: distances.mean,
    diameterMs: distances.max,
    greedyRatio: greedyRatio(named),
  };
}

type Features = ReturnType<typeof featuresOf>;

/** The same of five graphs of each family that GT-ITM itself made: ts1000n-0 to -4, ts1000a-0 to -4. */
const GTITM: Record<keyof typeof FAMILIES, Record<keyof Features, readonly number[]>> = {
  ts1000n: {
    stubLinks: [2241, 2256, 2316, 2300, 2302],
    leaves: [42, 42, 45, 33, 24],
    degreeMax: [12, 11, 14, 10, 14],
    backboneMs: [96.5, 152.5, 134.5, 115.5, 206],
    distanceMs: [210.9, 265.3, 264.1, 225.3, 262.9],
    diameterMs: [468, 588, 552, 495, 600],
    greedyRatio: [1.243, 1.272, 1.189, 1.35, 1.154],
  },
  ts1000a: {
    stubLinks: [1824, 1807, 1794, 1838, 1807],
    leaves: [54, 58, 51, 38, 62],
    degreeMax: [13, 13, 13, 13, 12],
    backboneMs: [107.2, 118, 131.5, 107.1, 103.3],
    distanceMs: [280.2, 279.2, 297.4, 266.4, 277.5],
    diameterMs: [547, 608, 689, 520, 606],
    greedyRatio: [1.18, 1.212, 1.074, 1.371, 1.268],
  },
};

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
    ['ts1000n-0', FAMILIES.ts1000n],
    ['ts1000a-0', FAMILIES.ts1000a],
  ] as const)('has the number and the length of links of each kind as in %s', (name, family) => {
    const reference = linkStatistics(gtitmFixture(name));
    const ours = family.map(linkStatistics);
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

  test.each(['ts1000n', 'ts1000a'] as const)('belongs to the family of %s by GT-ITM', (name) => {
    const ours = FAMILIES[name].map(featuresOf);
    for (const [feature, theirs] of Object.entries(GTITM[name])) {
      const { mean, count } = statisticsOf(theirs);
      const values = ours.map((features) => features[feature as keyof Features]);
      const center = statisticsOf(values).mean;
      const deviation = Math.sqrt(statisticsOf(values.map((value) => (value - center) ** 2)).mean);
      // Both means are uncertain; they may be three standard errors apart.
      const error = deviation * Math.sqrt(1 / count + 1 / DRAWS);
      expect(Math.abs(mean - center), feature).toBeLessThan(3 * error);
    }
  });

  test('keeps the mean number of stubs in each transit domain, and of nodes at each router', () => {
    for (const { names } of FAMILIES.ts1000n) {
      const stubNodes = names.filter((name) => name.startsWith('S'));
      const routers = names.filter((name) => name.startsWith('T'));
      for (const router of routers) {
        const at = stubNodes.filter((name) => name.startsWith(`S:${router.slice(2)}/`));
        const stubs = new Set(at.map((name) => name.split('.').slice(0, -1).join('.')));
        expect(at.length).toBe(stubs.size * TS1000N.stubNodes);
      }
      for (const domain of [0, 1]) {
        const inDomain = (name: string): boolean => domainOf(name) === `${domain}`;
        const nodes = routers.filter(inDomain).length * TS1000N.stubs * TS1000N.stubNodes;
        expect(stubNodes.filter(inDomain).length).toBe(nodes);
      }
    }
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
