import { describe, expect, test } from 'vitest';
import { createRng } from '../../../src/lib/rng.js';
import { measureDistances } from '../../../src/simulator/topology/distances.js';
import { countReachable, createGraph, isConnected } from '../../../src/simulator/topology/graph.js';
import { findShortestPaths, linksTo } from '../../../src/simulator/topology/shortest-paths.js';
import { gtitmFixture } from '../fixtures.js';

/** 0 -1- 1 -1- 2, and 0 -5- 2; node 3 hangs off 2. */
const SQUARE = createGraph(4, [
  { from: 0, to: 1, length: 1 },
  { from: 1, to: 2, length: 1 },
  { from: 0, to: 2, length: 5 },
  { from: 2, to: 3, length: 4 },
]);

describe('A graph', () => {
  test('refuses links to a missing node, to the same node, or without a length', () => {
    expect(() => createGraph(2, [{ from: 0, to: 2, length: 1 }])).toThrow(/link from 0 to 2/);
    expect(() => createGraph(2, [{ from: 1, to: 1, length: 1 }])).toThrow(/link from 1 to 1/);
    expect(() => createGraph(2, [{ from: 0, to: 1, length: Number.NaN }])).toThrow(/NaN/);
  });

  test('reports whether it is connected', () => {
    expect(isConnected(SQUARE)).toBe(true);
    expect(countReachable(createGraph(3, [{ from: 0, to: 1, length: 1 }]))).toBe(2);
    expect(isConnected(createGraph(1, []))).toBe(true);
  });
});

describe('Shortest paths', () => {
  test('avoid a long link', () => {
    const paths = findShortestPaths(SQUARE, 0);
    expect([...paths.distancesMs]).toEqual([0, 1, 2, 6]);
    expect([...linksTo(paths, 3)]).toEqual([3, 1, 0]);
    expect([...linksTo(paths, 0)]).toEqual([]);
  });

  test('do not reach a separate part', () => {
    const { distancesMs } = findShortestPaths(createGraph(2, []), 0);
    expect([...distancesMs]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test('agree with Bellman and Ford on a reference graph', () => {
    const { graph } = gtitmFixture('ts1000a-0');
    const { distancesMs } = findShortestPaths(graph, 17);
    const expected = new Array<number>(graph.nodes).fill(Number.POSITIVE_INFINITY);
    expected[17] = 0;
    for (let isSettled = false; !isSettled; ) {
      isSettled = true;
      for (const { from, to, length } of graph.links) {
        for (const [a, b] of [[from, to] as const, [to, from] as const]) {
          if (expected[a]! + length >= expected[b]!) continue;
          expected[b] = expected[a]! + length;
          isSettled = false;
        }
      }
    }
    expect([...distancesMs]).toEqual(expected);
  });

  test('add up along their links', () => {
    const { graph } = gtitmFixture('ts1000n-0');
    const paths = findShortestPaths(graph, 5);
    const rng = createRng(1);
    for (let draw = 0; draw < 50; draw++) {
      const node = rng.below(graph.nodes);
      const sum = [...linksTo(paths, node)].reduce((ms, link) => ms + graph.links[link]!.length, 0);
      expect(sum).toBe(paths.distancesMs[node]);
    }
  });
});

describe('Distances between members', () => {
  test('are shortest paths in a graph', () => {
    const { delayMs } = measureDistances({ kind: 'graph', graph: SQUARE }, [3, 0]);
    expect([delayMs(0, 1), delayMs(1, 0), delayMs(0, 0)]).toEqual([6, 6, 0]);
  });

  test('are half the round trip in a matrix', () => {
    const matrix = { nodes: 3, rttsMs: Float64Array.of(10, 20, 0.5) };
    const { delayMs } = measureDistances({ kind: 'matrix', matrix }, [2, 1]);
    expect([delayMs(0, 1), delayMs(1, 0)]).toEqual([0.25, 0.25]);
  });
});
