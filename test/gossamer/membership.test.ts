import { describe, expect, test } from 'vitest';
import { createMembership } from '../../src/gossamer/membership.js';
import { NOWHERE } from '../../src/gossamer/place.js';
import { addressOf, createBench, memberOf, nodeId, placeOf } from './support.js';

describe('Membership', () => {
  test('learns a member once', () => {
    const membership = createMembership(createBench().context);
    expect(membership.learn(memberOf(1), 0)).toBe(true);
    expect(membership.learn(memberOf(1), 0)).toBe(false);
    expect(membership.all()).toEqual([memberOf(1)]);
  });

  test('never lists us', () => {
    const membership = createMembership(createBench().context);
    expect(membership.learn(memberOf(5, { incarnation: 1e6 }), 0)).toBe(false);
    expect(membership.all()).toEqual([]);
  });

  test('keeps the newest incarnation, in whatever order they are heard', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1, { incarnation: 7, address: addressOf(70) }), 0);
    membership.learn(memberOf(1, { incarnation: 6, address: addressOf(60) }), 0);
    expect(membership.get(nodeId(1))?.address).toBe(addressOf(70));
    membership.learn(memberOf(1, { incarnation: 8, address: addressOf(80) }), 0);
    expect(membership.get(nodeId(1))?.address).toBe(addressOf(80));
  });

  test('does not take back the dead from gossip, but a higher incarnation returns', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1), 0);
    expect(membership.bury({ id: nodeId(1), incarnation: 1000 }, 0)).toBe(true);
    expect(membership.bury({ id: nodeId(1), incarnation: 1000 }, 0)).toBe(false);
    expect(membership.learn(memberOf(1), 1)).toBe(false);
    expect(membership.all()).toEqual([]);
    expect(membership.learn(memberOf(1, { incarnation: 1001 }), 2)).toBe(true);
    expect(membership.isDead({ id: nodeId(1), incarnation: 1001 })).toBe(false);
  });

  test('does not bury a member for the death of an earlier life', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1, { incarnation: 1001 }), 0);
    expect(membership.bury({ id: nodeId(1), incarnation: 1000 }, 0)).toBe(false);
    expect(membership.all()).toHaveLength(1);
  });

  test('tells deaths, the newest first and bounded, until they are old', () => {
    const bench = createBench({ discoveryListMax: 3, deathMemoryMs: 1000 });
    const membership = createMembership(bench.context);
    for (let number = 10; number < 15; number++) {
      membership.bury({ id: nodeId(number), incarnation: 1 }, number);
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
      membership.bury({ id: nodeId(number), incarnation: 1 }, 0);
    }
    const dead = Array.from({ length: 300 }, (_, index) => ({ id: nodeId(1000 + index) }));
    const held = dead.filter(({ id }) => membership.isDead({ id, incarnation: 1 }));
    expect(held).toHaveLength(50);
  });

  test('takes a new SCX behind an old address for the successor of the old one', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1, { incarnation: 100 }), 0);
    expect(membership.learn(memberOf(2, { incarnation: 200, address: addressOf(1) }), 0)).toBe(
      true,
    );
    expect(membership.all().map((member) => member.id)).toEqual([nodeId(2)]);
  });

  test('is not told by old gossip that the successor is gone again', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(2, { incarnation: 200, address: addressOf(1) }), 0);
    expect(membership.learn(memberOf(1, { incarnation: 100 }), 0)).toBe(false);
    expect(membership.all().map((member) => member.id)).toEqual([nodeId(2)]);
  });

  test('lets a member rest that could not be reached, and forgets it in the end', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1), 0);
    membership.unreachable(addressOf(1), 0);
    expect(membership.reachable(9999)).toEqual([]);
    expect(membership.sightings(9999)).toEqual([]);
    expect(membership.reachable(10_000)).toHaveLength(1);
    for (let attempt = 1; attempt < 11; attempt++) membership.unreachable(addressOf(1), 0);
    expect(membership.all()).toHaveLength(1);
    membership.unreachable(addressOf(1), 0);
    expect(membership.all()).toEqual([]);
  });

  test('starts counting anew when the member is heard from', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1), 0);
    for (let attempt = 0; attempt < 11; attempt++) membership.unreachable(addressOf(1), 0);
    membership.heard(nodeId(1));
    expect(membership.reachable(1)).toHaveLength(1);
    membership.unreachable(addressOf(1), 0);
    expect(membership.all()).toHaveLength(1);
  });

  test('keeps the newest place of each member it knows, and of nobody else', () => {
    const membership = createMembership(createBench().context);
    membership.learn(memberOf(1), 0);
    membership.learn(memberOf(2), 0);
    membership.locate(nodeId(1), placeOf(10, 0, { samples: 4 }));
    membership.locate(nodeId(1), placeOf(99, 0, { samples: 4 }));
    membership.locate(nodeId(1), placeOf(99, 0, { samples: 3 }));
    membership.locate(nodeId(7), placeOf(10));
    expect(membership.place(nodeId(1)).x).toBe(10);
    membership.locate(nodeId(1), placeOf(20, 0, { samples: 5 }));
    expect(membership.place(nodeId(1)).x).toBe(20);
    expect(membership.place(nodeId(7))).toEqual(NOWHERE);
    expect(membership.sightings(0)).toEqual([
      { member: memberOf(1), place: placeOf(20, 0, { samples: 5 }) },
      { member: memberOf(2), place: NOWHERE },
    ]);
    membership.bury({ id: nodeId(1), incarnation: 1000 }, 0);
    expect(membership.place(nodeId(1))).toEqual(NOWHERE);
  });
});
