import { describe, expect, test } from 'vitest';
import { UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import { createMembership } from '../../../src/gossamer/discovery/membership.js';
import { createRng } from '../../../src/lib/rng.js';
import { addressOf, createBench, memberOf, membersOf, nodeId } from '../support.js';

describe('Membership', () => {
  test('learns a member once', () => {
    const membership = createMembership(createBench().context);
    expect(membership.learn(memberOf(1), 0)).toBe(true);
    expect(membership.learn(memberOf(1), 0)).toBe(false);
    expect(membersOf(membership)).toEqual([memberOf(1)]);
  });

  test('settles a member that has spoken, until it is dead, gone or in another incarnation', () => {
    const membership = createMembership(createBench().context);
    const [member, later] = [memberOf(1), memberOf(1, { incarnation: 1001 })];
    membership.learn(member, 0, nodeId(2));
    expect(membership.isSettled(member)).toBe(false);
    membership.learn(member, 0);
    expect(membership.isSettled(member)).toBe(true);
    membership.learn(later, 0);
    expect([member, later].map(membership.isSettled)).toEqual([false, true]);
    membership.markDead({ id: nodeId(1), incarnation: 1001 }, 0);
    expect(membership.isSettled(later)).toBe(false);
    const [other, successor] = [memberOf(3), memberOf(4, { address: addressOf(3) })];
    membership.learn(other, 0);
    expect(membership.isSettled(other)).toBe(true);
    membership.learn(successor, 0);
    expect([other, successor].map(membership.isSettled)).toEqual([false, true]);
  });

  test('never lists us', () => {
    const membership = createMembership(createBench().context);
    expect(membership.learn(memberOf(5, { incarnation: 1e6 }), 0)).toBe(false);
    expect(membership.all()).toEqual([]);
  });

  test('keeps the newest incarnation, in whatever order they come', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1, { incarnation: 7, address: addressOf(70) }), 0);
    membership.learn(memberOf(1, { incarnation: 6, address: addressOf(60) }), 0);
    expect(membership.get(nodeId(1))?.address).toBe(addressOf(70));
    membership.learn(memberOf(1, { incarnation: 8, address: addressOf(80) }), 0);
    expect(membership.get(nodeId(1))?.address).toBe(addressOf(80));
  });

  test('believes an incarnation that is at most 1000 higher than the known one', () => {
    for (const [leap, isBelieved] of [
      [1000, true],
      [1001, false],
    ] as const) {
      const incarnation = 1000 + leap;
      const membership = createMembership(createBench().context);
      membership.learn(memberOf(1), 0);
      membership.learn(memberOf(1, { incarnation }), 0);
      expect(membership.get(nodeId(1))?.incarnation).toBe(isBelieved ? incarnation : 1000);
      const other = createMembership(createBench().context);
      other.learn(memberOf(1), 0);
      expect(other.markDead({ id: nodeId(1), incarnation }, 0)).toBe(isBelieved);
    }
  });

  test('does not take back the dead from gossip, but a higher incarnation returns', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1), 0);
    expect(membership.markDead({ id: nodeId(1), incarnation: 1000 }, 0)).toBe(true);
    expect(membership.markDead({ id: nodeId(1), incarnation: 1000 }, 0)).toBe(false);
    expect(membership.learn(memberOf(1), 1)).toBe(false);
    expect(membership.all()).toEqual([]);
    expect(membership.learn(memberOf(1, { incarnation: 1001 }), 2)).toBe(true);
    expect(membership.isDead({ id: nodeId(1), incarnation: 1001 })).toBe(false);
  });

  test('does not markDead a member for the death of an earlier life', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1, { incarnation: 1001 }), 0);
    expect(membership.markDead({ id: nodeId(1), incarnation: 1000 }, 0)).toBe(false);
    expect(membership.all()).toHaveLength(1);
  });

  test('lists deaths, the newest first and bounded, until they are old', () => {
    const bench = createBench({ discoveryListMax: 3, deathMemoryMs: 1000 });
    const membership = createMembership(bench.context);
    for (let number = 10; number < 15; number++) {
      membership.markDead({ id: nodeId(number), incarnation: 1 }, number);
    }
    const told = membership.deaths(20).map((death) => death.id);
    expect(told).toEqual([nodeId(14), nodeId(13), nodeId(12)]);
    expect(membership.deaths(1013).map((death) => death.id)).toEqual([nodeId(14)]);
    expect(membership.deaths(1014)).toEqual([]);
  });

  test('holds no more members and no more deaths than its bound', () => {
    const membership = createMembership(createBench({ membersMax: 50 }).context);
    for (let number = 100; number < 400; number++) membership.learn(memberOf(number), 0);
    expect(membership.all()).toHaveLength(50);
    for (let number = 1000; number < 1300; number++) {
      membership.markDead({ id: nodeId(number), incarnation: 1 }, 0);
    }
    const dead = Array.from({ length: 300 }, (_, index) => ({ id: nodeId(1000 + index) }));
    const held = dead.filter(({ id }) => membership.isDead({ id, incarnation: 1 }));
    expect(held).toHaveLength(50);
  });

  test('replaces an SCX by a newer one with the same address', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1, { incarnation: 100 }), 0);
    expect(membership.learn(memberOf(2, { incarnation: 200, address: addressOf(1) }), 0)).toBe(
      true,
    );
    expect(membersOf(membership).map(({ id }) => id)).toEqual([nodeId(2)]);
  });

  test('is not told by old gossip that the successor is gone again', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(2, { incarnation: 200, address: addressOf(1) }), 0);
    expect(membership.learn(memberOf(1, { incarnation: 100 }), 0)).toBe(false);
    expect(membersOf(membership).map(({ id }) => id)).toEqual([nodeId(2)]);
  });

  test('lets a member rest that could not be reached, and forgets it in the end', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1), 0);
    membership.unreachable(addressOf(1), 0);
    expect(membership.reachable(9999)).toEqual([]);
    expect(membership.reachable(10_000)).toHaveLength(1);
    for (let attempt = 1; attempt < 11; attempt++) membership.unreachable(addressOf(1), 0);
    expect(membership.all()).toHaveLength(1);
    membership.unreachable(addressOf(1), 0);
    expect(membership.all()).toEqual([]);
  });

  test('starts counting anew when a message comes from the member', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1), 0);
    for (let attempt = 0; attempt < 11; attempt++) membership.unreachable(addressOf(1), 0);
    membership.heard(nodeId(1));
    expect(membership.reachable(1)).toHaveLength(1);
    membership.unreachable(addressOf(1), 0);
    expect(membership.all()).toHaveLength(1);
  });

  test('shows its members without copying them', () => {
    const membership = createMembership(createBench().context);
    for (let number = 100; number < 150; number++) membership.learn(memberOf(number), 0);
    expect(membership.all()).toHaveLength(50);
    expect(membership.reachable(0)).toBe(membership.all());
  });

  test('keeps the newest coordinates of a member for as long as it knows the member', () => {
    const membership = createMembership(createBench({ membersMax: 1 }).context);
    const at = (samples: number) => ({ ...UNKNOWN_COORDINATES, samples });
    membership.locate(nodeId(1), at(1));
    expect(membership.coordinates(nodeId(1))).toEqual(UNKNOWN_COORDINATES);
    membership.learn(memberOf(1), 0);
    membership.locate(nodeId(1), at(3));
    membership.locate(nodeId(1), at(2));
    expect(membership.all()).toMatchObject([{ member: memberOf(1), place: at(3) }]);
    membership.learn(memberOf(2), 0);
    expect(membership.coordinates(nodeId(1))).toEqual(UNKNOWN_COORDINATES);
  });
});

describe('Membership of a session that is larger than its bound', () => {
  test('is a random part of all members that were named, each with the same probability', () => {
    const gossip = createRng(7);
    const known = new Map<string, number>();
    for (let view = 0; view < 200; view++) {
      const { context } = createBench({ membersMax: 50 });
      const membership = createMembership({ ...context, rng: createRng(view) });
      for (let told = 0; told < 1000; told++) {
        membership.learn(memberOf(100 + gossip.below(200)), 0);
      }
      expect(membership.all()).toHaveLength(50);
      for (const { id } of membersOf(membership)) known.set(id, (known.get(id) ?? 0) + 1);
    }
    // Expected: 50 of 200 views, with a standard deviation of 6.
    expect(known.size).toBe(200);
    for (const views of known.values()) expect(Math.abs(views - 50)).toBeLessThan(31);
  });

  test('keeps the needed members, such as source SCXs, while others make room', () => {
    const { context } = createBench({ membersMax: 50 });
    const membership = createMembership(context, (id) => id === nodeId(1) || id === nodeId(2));
    for (let number = 1; number < 1000; number++) membership.learn(memberOf(number), 0);
    expect(membership.all()).toHaveLength(50);
    expect(membership.get(nodeId(1))).toEqual(memberOf(1));
    expect(membership.get(nodeId(2))).toEqual(memberOf(2));
  });

  test('does not count a member that replaces another as news, or rounds would never slow down', () => {
    const membership = createMembership(createBench({ membersMax: 2 }).context);
    expect(membership.learn(memberOf(1), 0)).toBe(true);
    expect(membership.learn(memberOf(2), 0)).toBe(true);
    expect(membership.learn(memberOf(3), 0)).toBe(false);
    expect(membership.get(nodeId(3))).toEqual(memberOf(3));
    expect(membership.all()).toHaveLength(2);
  });

  test('keeps what others have told of, however many members one neighbour invents', () => {
    const membership = createMembership(createBench({ membersMax: 50 }).context);
    const [liar, honest] = [nodeId(1), nodeId(2)];
    const lie = (from: number) => {
      for (let number = from; number < from + 200; number++) {
        membership.learn(memberOf(number), 0, liar);
      }
    };
    lie(1000);
    for (let number = 100; number < 120; number++) membership.learn(memberOf(number), 0, honest);
    membership.learn(memberOf(7), 0);
    lie(2000);
    for (let number = 100; number < 120; number++) {
      expect(membership.get(nodeId(number))).toBeDefined();
    }
    expect(membership.get(nodeId(7))).toBeDefined();
    expect(membership.all()).toHaveLength(50);
  });

  test('believes an SCX about its address rather than what was told of another one there', () => {
    const membership = createMembership(createBench().context);
    const invented = memberOf(9, { incarnation: 9000, address: addressOf(1) });
    membership.learn(memberOf(1), 0);
    membership.learn(invented, 0, nodeId(2));
    membership.learn(memberOf(1), 0, nodeId(3));
    expect(membership.get(nodeId(1))).toBeUndefined();
    membership.learn(memberOf(1), 0);
    expect(membership.get(nodeId(1))).toEqual(memberOf(1));
    expect(membership.get(nodeId(9))).toBeUndefined();
  });

  test('forgets the address with the member', () => {
    const membership = createMembership(createBench({ membersMax: 1 }).context);
    membership.learn(memberOf(1, { incarnation: 300 }), 0);
    membership.learn(memberOf(2), 0);
    membership.learn(memberOf(3, { incarnation: 200, address: addressOf(1) }), 0);
    expect(membersOf(membership).map(({ id }) => id)).toEqual([nodeId(3)]);
  });
});
