import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import {
  edgeValueMs,
  gainMs,
  STRANDED_MS,
  sourcesCostMs,
} from '../../../src/gossamer/mesh/edge-value.js';
import type { RouteOffer } from '../../../src/gossamer/routing/route-offer.js';
import { nodeId } from '../support.js';

const [A, B, X] = [nodeId(1), nodeId(2), nodeId(4)];
const [S, T] = [nodeId(20), nodeId(21)];

const offer = (id: NodeId, costs: readonly (readonly [NodeId, number])[]): RouteOffer => ({
  id,
  distanceMs: 1,
  costMsBySource: new Map(costs),
});

/** S costs 40 over A, T 100 over B; the other ways cost more. */
const LAMBDA = [
  offer(A, [
    [S, 40],
    [T, 130],
  ]),
  offer(B, [
    [S, 50],
    [T, 100],
  ]),
];
const EACH_ONE = new Map([
  [S, 1],
  [T, 1],
]);

describe('What the sources cost', () => {
  test('is the sum over the best route to each', () => {
    expect(sourcesCostMs(LAMBDA, EACH_ONE)).toBe(140);
    expect(sourcesCostMs([], new Map())).toBe(0);
  });

  test('is weighted with the SCXs that each source reaches through us', () => {
    const weights = new Map([
      [S, 10],
      [T, 2],
    ]);
    expect(sourcesCostMs(LAMBDA, weights)).toBe(600);
  });

  test('counts a source without a route more than any path', () => {
    expect(sourcesCostMs([], EACH_ONE)).toBe(20_000);
    expect(sourcesCostMs([offer(A, [[S, 40]])], EACH_ONE)).toBe(10_040);
  });
});

describe('The gain by one more offer', () => {
  test('is what the sources cost less with it, weighted', () => {
    const near = offer(X, [[S, 10]]);
    expect(gainMs(near, LAMBDA, EACH_ONE)).toBe(30);
    expect(gainMs(near, LAMBDA, new Map([[S, 7]]))).toBe(210);
  });

  test('is nothing where all other ways are as good', () => {
    const far = offer(X, [
      [S, 40],
      [T, 101],
    ]);
    expect(gainMs(far, LAMBDA, EACH_ONE)).toBe(0);
  });

  test('is large where a source had no route at all', () => {
    expect(gainMs(offer(X, [[S, 10]]), [], new Map([[S, 1]]))).toBe(9990);
  });
});

describe('The value of an edge', () => {
  test('is what the next best route costs more, weighted', () => {
    // Without A, S costs 50; without B, T costs 130.
    expect(edgeValueMs(A, LAMBDA, EACH_ONE)).toBe(10);
    expect(edgeValueMs(B, LAMBDA, EACH_ONE)).toBe(30);
    const weights = new Map([
      [S, 1],
      [T, 5],
    ]);
    expect(edgeValueMs(B, LAMBDA, weights)).toBe(150);
  });

  test('is no more than the detour that a node finds without it: half as much again', () => {
    const poor = [offer(A, [[S, 40]]), offer(B, [[S, 1000]])];
    expect(edgeValueMs(A, poor, new Map([[S, 1]]))).toBe(25);
    expect(edgeValueMs(A, poor, new Map([[S, 4]]))).toBe(100);
  });

  test('is more than any gain where there is no other route', () => {
    const alone = [offer(A, [[S, 40]])];
    expect(edgeValueMs(A, alone, new Map([[S, 1]]))).toBeGreaterThan(STRANDED_MS);
  });

  test('is nothing where nothing is routed over it', () => {
    expect(edgeValueMs(X, LAMBDA, EACH_ONE)).toBe(0);
    expect(edgeValueMs(B, LAMBDA, new Map([[S, 1]]))).toBe(0);
    expect(edgeValueMs(A, LAMBDA, new Map())).toBe(0);
  });

  test('is nothing where the source cannot be reached, with or without', () => {
    expect(edgeValueMs(A, [offer(A, [])], new Map([[S, 1]]))).toBe(0);
    // However much it is claimed to cost.
    const endless = [offer(A, [[S, 1e9]]), offer(B, [])];
    expect(edgeValueMs(A, endless, new Map([[S, 1]]))).toBe(0);
    expect(edgeValueMs(B, endless, new Map([[S, 1]]))).toBe(0);
  });
});
