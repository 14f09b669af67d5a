import { describe, expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import type { Coordinates, Member, NodeId } from '../../../src/gossamer/core/node.js';
import { createMembership } from '../../../src/gossamer/discovery/membership.js';
import { createCandidates } from '../../../src/gossamer/mesh/candidates.js';
import { createBench, memberOf, nodeId, placeOf } from '../support.js';

const S = nodeId(200);

/** We lie at 0; the one source, 200, lies 100 ms from us and costs 150 ms. We know 11 to 30. */
function createChoice(own: Coordinates = placeOf(0)) {
  const bench = createBench();
  const membership = createMembership(bench.context);
  for (let number = 11; number <= 30; number++) membership.learn(memberOf(number), 0);
  membership.learn(memberOf(200), 0);
  membership.locate(S, placeOf(100));
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
  test('takes first those that were named, in their order and each once', () => {
    const { candidates, locate } = createChoice();
    locate(20, placeOf(50));
    candidates.name([memberOf(91), memberOf(92), memberOf(91)]);
    candidates.name([memberOf(92)]);
    expect(numbersOf([candidates.next(0), candidates.next(0)])).toEqual([91, 92]);
    expect(candidates.takeNamed()).toBeUndefined();
  });

  test('passes over the named that are none any more, and names none that is no candidate', () => {
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
    locate(20, placeOf(50));
    locate(21, placeOf(50, 45));
    locate(22, placeOf(-10));
    expect(numbersOf([candidates.promising(0)])).toEqual([20]);
  });

  test('counts the access line of a member on the way to it and beyond', () => {
    const { candidates, locate } = createChoice();
    locate(20, placeOf(50, 0, { height: 30 }));
    locate(21, placeOf(50, 10));
    expect(numbersOf([candidates.promising(0)])).toEqual([21]);
  });

  test('weighs each source with the SCXs that it reaches through us', () => {
    const { membership, candidates, excluded, costs, weights, locate } = createChoice();
    const T = nodeId(201);
    excluded.add(T);
    membership.learn(memberOf(201), 0);
    membership.locate(T, placeOf(-100));
    costs.set(T, 150);
    weights.set(T, 3);
    locate(20, placeOf(90));
    locate(21, placeOf(-90));
    expect(numbersOf([candidates.promising(0)])).toEqual([21]);
    weights.set(S, 4);
    expect(numbersOf([candidates.promising(0)])).toEqual([20]);
  });

  test('holds the source SCX itself for promising, which pays no way beyond', () => {
    const { candidates, excluded, locate } = createChoice();
    locate(20, placeOf(50));
    excluded.delete(S);
    expect(candidates.promising(0)?.id).toBe(S);
  });

  test('promises nothing where places are unknown, or the way is good already', () => {
    const { candidates, costs, locate } = createChoice();
    expect(candidates.promising(0)).toBeUndefined();
    locate(20, placeOf(50));
    costs.set(S, 105);
    expect(candidates.promising(0)).toBeUndefined();
    costs.set(S, 106);
    expect(numbersOf([candidates.promising(0)])).toEqual([20]);
    const lost = createChoice(UNKNOWN_COORDINATES);
    lost.locate(20, placeOf(50));
    expect(lost.candidates.promising(0)).toBeUndefined();
  });

  test('lets one that was probed rest, and takes the next best meanwhile', () => {
    const { candidates, locate } = createChoice();
    locate(20, placeOf(50));
    locate(21, placeOf(50, 10));
    candidates.name([memberOf(20)]);
    expect(numbersOf([candidates.next(1000)])).toEqual([20]);
    expect(numbersOf([candidates.promising(1000)])).toEqual([21]);
    expect(numbersOf([candidates.promising(30_999)])).toEqual([21]);
    expect(numbersOf([candidates.promising(31_000)])).toEqual([20]);
  });

  test('takes a random member now and then, although another promises more', () => {
    const { locate, candidates } = createChoice();
    locate(20, placeOf(50));
    let promising = 0;
    for (let index = 0; index < 1000; index++) {
      // 20 has rested each time.
      if (candidates.next(30_000 * index)?.id === nodeId(20)) promising++;
    }
    // Four of five times, and now and then by chance.
    expect(promising).toBeGreaterThan(740);
    expect(promising).toBeLessThan(870);
  });

  test('takes random members while nobody promises anything, and none that is no candidate', () => {
    const { draw, excluded } = createChoice();
    for (let number = 11; number <= 20; number++) excluded.add(nodeId(number));
    const chosen = draw(500);
    chosen.delete('nobody');
    expect([...chosen.keys()].sort()).toEqual(
      Array.from({ length: 10 }, (_, index) => memberOf(21 + index).address),
    );
  });

  test('finds nobody where there is no candidate', () => {
    const { draw, excluded } = createChoice();
    for (let number = 11; number <= 30; number++) excluded.add(nodeId(number));
    expect([...draw(20)]).toEqual([['nobody', 20]]);
  });

  test('passes over members that could not be reached', () => {
    const { membership, candidates, locate } = createChoice();
    locate(20, placeOf(50));
    membership.unreachable(memberOf(20).address, 0);
    expect(candidates.promising(0)).toBeUndefined();
    expect(numbersOf([candidates.promising(10_000)])).toEqual([20]);
  });
});
