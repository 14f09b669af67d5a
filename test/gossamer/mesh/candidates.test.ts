import { describe, expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Coordinates, Member, NodeId } from '../../../src/gossamer/core/node.js';
import { createMembership } from '../../../src/gossamer/discovery/membership.js';
import { createCandidates } from '../../../src/gossamer/mesh/candidates.js';
import { coordinatesOf, createBench, memberOf, nodeId } from '../support.js';

const S = nodeId(200);

/**
 * Our coordinates are 0; source 200 is 100 ms away and costs 150 ms. Members 11 to 30 are known.
 */
function createChoice(own: Coordinates = coordinatesOf(0)) {
  const bench = createBench();
  const membership = createMembership(bench.context);
  for (let number = 11; number <= 30; number++) membership.learn(memberOf(number), 0);
  membership.learn(memberOf(200), 0);
  membership.locate(S, coordinatesOf(100));
  const excluded = new Set<NodeId>([S]);
  const costs = new Map([[S, 150]]);
  const weights = new Map([[S, 1]]);
  const candidates = createCandidates(bench.context, membership, {
    isCandidate: (member) => !excluded.has(member.id),
    ownCoordinates: () => own,
    costMs: (scx) => costs.get(scx) ?? Number.POSITIVE_INFINITY,
    weights: () => weights,
  });
  const locate = (number: number, place: Coordinates): void =>
    membership.locate(nodeId(number), place);
  /** How often each member is chosen in a row, by address. */
  const draw = (count: number, now = 0): Map<string, number> => {
    const chosen = new Map<string, number>();
    for (let index = 0; index < count; index++) {
      const address = candidates.next(now)?.address ?? 'nobody';
      chosen.set(address, (chosen.get(address) ?? 0) + 1);
    }
    return chosen;
  };
  return { membership, candidates, excluded, costs, weights, locate, draw };
}

const numbersOf = (members: readonly (Member | undefined)[]): (number | undefined)[] =>
  members.map((member) => member && Number.parseInt(member.id, 16));

describe('The choice of a candidate', () => {
  test('takes the named members first, in their order and each once', () => {
    const { candidates, locate } = createChoice();
    locate(20, coordinatesOf(50));
    candidates.name([memberOf(91), memberOf(92), memberOf(91)]);
    candidates.name([memberOf(92)]);
    expect(numbersOf([candidates.next(0), candidates.next(0)])).toEqual([91, 92]);
    expect(candidates.takeNamed()).toBeUndefined();
  });

  test('skips named members that are no candidates, when they are named and when they are taken', () => {
    const { candidates, excluded } = createChoice();
    excluded.add(nodeId(90));
    candidates.name([memberOf(90), memberOf(91), memberOf(92)]);
    excluded.delete(nodeId(90));
    excluded.add(nodeId(91));
    expect(numbersOf([candidates.takeNamed(), candidates.takeNamed()])).toEqual([92, undefined]);
  });

  test('keeps a bounded number of the named waiting', () => {
    const { candidates } = createChoice();
    candidates.name(Array.from({ length: 100 }, (_, index) => memberOf(300 + index)));
    let waiting = 0;
    while (candidates.takeNamed() !== undefined) waiting++;
    expect(waiting).toBe(32);
  });

  test('holds that member for promising over which the source would cost least', () => {
    const { candidates, locate } = createChoice();
    // 150 ms are paid now; over 20 it would be 50 + 1.1 * 50, over 21 70 + 1.1 * 60.
    locate(20, coordinatesOf(50));
    locate(21, coordinatesOf(50, 45));
    locate(22, coordinatesOf(-10));
    expect(numbersOf([candidates.promising(0)])).toEqual([20]);
  });

  test('counts the access line of a member on the path to it and onwards', () => {
    const { candidates, locate } = createChoice();
    locate(20, coordinatesOf(50, 0, { height: 30 }));
    locate(21, coordinatesOf(50, 10));
    expect(numbersOf([candidates.promising(0)])).toEqual([21]);
  });

  test('weighs each source with the SCXs that it reaches through us', () => {
    const { membership, candidates, excluded, costs, weights, locate } = createChoice();
    const T = nodeId(201);
    excluded.add(T);
    membership.learn(memberOf(201), 0);
    membership.locate(T, coordinatesOf(-100));
    costs.set(T, 150);
    weights.set(T, 3);
    locate(20, coordinatesOf(90));
    locate(21, coordinatesOf(-90));
    expect(numbersOf([candidates.promising(0)])).toEqual([21]);
    weights.set(S, 4);
    expect(numbersOf([candidates.promising(0)])).toEqual([20]);
  });

  test('counts no onward path for the source SCX itself', () => {
    const { candidates, excluded, locate } = createChoice();
    locate(20, coordinatesOf(50));
    excluded.delete(S);
    expect(candidates.promising(0)?.id).toBe(S);
  });

  test('promises nothing where coordinates are unknown, or the present route is good', () => {
    const { candidates, costs, locate } = createChoice();
    expect(candidates.promising(0)).toBeUndefined();
    locate(20, coordinatesOf(50));
    costs.set(S, 105);
    expect(candidates.promising(0)).toBeUndefined();
    costs.set(S, 106);
    expect(numbersOf([candidates.promising(0)])).toEqual([20]);
    const lost = createChoice(UNKNOWN_COORDINATES);
    lost.locate(20, coordinatesOf(50));
    expect(lost.candidates.promising(0)).toBeUndefined();
  });

  test('does not probe the same member again soon, but the next best one', () => {
    const { candidates, locate } = createChoice();
    locate(20, coordinatesOf(50));
    locate(21, coordinatesOf(50, 10));
    candidates.name([memberOf(20)]);
    expect(numbersOf([candidates.next(1000)])).toEqual([20]);
    expect(numbersOf([candidates.promising(1000)])).toEqual([21]);
    expect(numbersOf([candidates.promising(30_999)])).toEqual([21]);
    expect(numbersOf([candidates.promising(31_000)])).toEqual([20]);
  });

  test('takes a random member now and then, even if another promises more', () => {
    const { locate, candidates } = createChoice();
    locate(20, coordinatesOf(50));
    let promising = 0;
    for (let index = 0; index < 1000; index++) {
      // 20 has rested each time.
      if (candidates.next(30_000 * index)?.id === nodeId(20)) promising++;
    }
    // Four of five times, and now and then by chance.
    expect(promising).toBeGreaterThan(740);
    expect(promising).toBeLessThan(870);
  });

  test('takes random candidates while no member promises an improvement', () => {
    const { draw, excluded } = createChoice();
    for (let number = 11; number <= 20; number++) excluded.add(nodeId(number));
    const chosen = draw(500);
    chosen.delete('nobody');
    expect([...chosen.keys()].sort()).toEqual(
      Array.from({ length: 10 }, (_, index) => memberOf(21 + index).address),
    );
  });

  test('finds no member where there is no candidate', () => {
    const { draw, excluded } = createChoice();
    for (let number = 11; number <= 30; number++) excluded.add(nodeId(number));
    expect([...draw(20)]).toEqual([['nobody', 20]]);
  });

  test('passes over members that could not be reached', () => {
    const { membership, candidates, locate } = createChoice();
    locate(20, coordinatesOf(50));
    membership.unreachable(memberOf(20).address, 0);
    expect(candidates.promising(0)).toBeUndefined();
    expect(numbersOf([candidates.promising(10_000)])).toEqual([20]);
  });
});
