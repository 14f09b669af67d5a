import { describe, expect, test } from 'vitest';
import type { NodeId } from '../../../src/gossamer/core/node.js';
import {
  costFunction,
  type Optimization,
  optimize,
} from '../../../src/gossamer/mesh/cost-function.js';
import type { RouteOffer } from '../../../src/gossamer/routing/route-offer.js';
import { nodeId } from '../support.js';

const [A, B, C, X] = [nodeId(1), nodeId(2), nodeId(3), nodeId(4)];
const [S, T] = [nodeId(20), nodeId(21)];

const offer = (
  id: NodeId,
  distanceMs: number,
  costs: readonly (readonly [NodeId, number])[] = [],
): RouteOffer => ({ id, distanceMs, costMsBySource: new Map(costs) });

const decide = (probed: RouteOffer, others: Omit<Optimization, 'probed'>): NodeId | undefined =>
  optimize({ probed, ...others });

describe('The cost function of figure 5', () => {
  test('sums the normalised costs of routing to each source', () => {
    // S: 10, 20, 40 of at most 40; T: 30, 15, 60 of at most 60.
    const lambda = [
      offer(A, 1, [
        [S, 10],
        [T, 30],
      ]),
      offer(B, 1, [
        [S, 20],
        [T, 15],
      ]),
      offer(C, 1, [
        [S, 40],
        [T, 60],
      ]),
    ];
    expect(costFunction(lambda, [S, T])).toEqual([0.25 + 0.5, 0.5 + 0.25, 1 + 1]);
  });

  test('is the normalised cost of the edge while the routing table is empty', () => {
    expect(costFunction([offer(A, 5), offer(B, 20), offer(C, 10)], [])).toEqual([0.25, 1, 0.5]);
  });

  test('gives the most, 1, to a node without a route to a source', () => {
    const lambda = [offer(A, 1, [[S, 10]]), offer(B, 1), offer(C, 1, [[S, 40]])];
    expect(costFunction(lambda, [S])).toEqual([0.25, 1, 1]);
  });

  test('stays between 0 and 1 for each source, even if no node has a route or all cost 0', () => {
    expect(costFunction([offer(A, 1), offer(B, 1)], [S])).toEqual([1, 1]);
    expect(costFunction([offer(A, 0), offer(B, 0)], [])).toEqual([0, 0]);
  });
});

describe('The algorithm of figure 4', () => {
  // One source: C.F. A 0.5, B 1, C 0.8; that of X_j is its cost over 100.
  const neighbours = [offer(A, 1, [[S, 50]]), offer(B, 1, [[S, 100]]), offer(C, 1, [[S, 80]])];
  const all = new Set([A, B, C]);

  test('rejects the neighbour of the highest cost in favour of a cheaper X_j', () => {
    expect(
      decide(offer(X, 1, [[S, 60]]), {
        neighbours,
        replaceable: all,
        sources: [S],
        hysteresis: 0.15,
      }),
    ).toBe(B);
  });

  test('rejects X_j if it is better by no more than H', () => {
    expect(
      decide(offer(X, 1, [[S, 75]]), {
        neighbours,
        replaceable: all,
        sources: [S],
        hysteresis: 0.25,
      }),
    ).toBeUndefined();
    expect(
      decide(offer(X, 1, [[S, 74]]), {
        neighbours,
        replaceable: all,
        sources: [S],
        hysteresis: 0.25,
      }),
    ).toBe(B);
  });

  test('rejects X_j if it has the highest cost itself', () => {
    expect(
      decide(offer(X, 1, [[S, 101]]), {
        neighbours,
        replaceable: all,
        sources: [S],
        hysteresis: 0,
      }),
    ).toBeUndefined();
    expect(
      decide(offer(X, 1), { neighbours, replaceable: all, sources: [S], hysteresis: 0 }),
    ).toBeUndefined();
  });

  test('counts X_j among Λ, by whose highest cost all are divided', () => {
    // T: A 1 of 4, X 4 of 4. S: A 100 of 100, X 10 of 100. A 1.25, X 1.1.
    const one = [
      offer(A, 1, [
        [S, 100],
        [T, 1],
      ]),
    ];
    const other = offer(X, 1, [
      [S, 10],
      [T, 4],
    ]);
    expect(
      decide(other, { neighbours: one, replaceable: all, sources: [S, T], hysteresis: 0.14 }),
    ).toBe(A);
    expect(
      decide(other, { neighbours: one, replaceable: all, sources: [S, T], hysteresis: 0.16 }),
    ).toBeUndefined();
  });

  test('gives up only an edge that may be replaced', () => {
    const cheap = offer(X, 1, [[S, 20]]);
    expect(
      decide(cheap, { neighbours, replaceable: new Set([A, C]), sources: [S], hysteresis: 0.15 }),
    ).toBe(C);
    expect(
      decide(cheap, { neighbours, replaceable: new Set(), sources: [S], hysteresis: 0.15 }),
    ).toBeUndefined();
  });
});
