import { describe, expect, test } from 'vitest';
import type { Member } from '../../../src/gossamer/core/node.js';
import {
  DIGEST_BYTES_MAX,
  deathFact,
  sightingFact,
} from '../../../src/gossamer/discovery/digest.js';
import { addressOf, coordinatesOf, memberOf, nodeId } from '../support.js';

const factOf = (member: Member, samples = 0): number =>
  sightingFact({ member, place: coordinatesOf(1, 1, { samples }) });

describe('A digest', () => {
  test('has room for a byte for each of 400 members, and for deaths', () => {
    expect(DIGEST_BYTES_MAX).toBe(512);
  });
});

describe('A fact of a digest', () => {
  test('is a 32-bit number that any SCX computes alike', () => {
    const fact = factOf(memberOf(1));
    expect(Number.isInteger(fact)).toBe(true);
    expect(fact).toBeGreaterThanOrEqual(0);
    expect(fact).toBeLessThan(2 ** 32);
    const seenElsewhere = { member: memberOf(1), place: coordinatesOf(99, 7, { samples: 0 }) };
    expect(sightingFact(seenElsewhere)).toBe(fact);
  });

  test('distinguishes members and incarnations, by either half of the number', () => {
    const start = 1_700_000_000_000;
    const members = [
      memberOf(1, { incarnation: start }),
      memberOf(1, { incarnation: start + 1 }),
      memberOf(1, { incarnation: start + 2 ** 32 }),
      memberOf(2, { incarnation: start }),
    ];
    expect(new Set(members.map((member) => factOf(member))).size).toBe(4);
  });

  test('does not depend on what cannot change within an incarnation', () => {
    expect(factOf(memberOf(1, { address: addressOf(9) }))).toBe(factOf(memberOf(1)));
  });

  test('changes when the coordinates rest on eight times as many experiments', () => {
    const facts = [0, 3, 4, 31, 32, 255, 256, 2047].map((samples) => factOf(memberOf(1), samples));
    expect(facts[1]).toBe(facts[0]);
    expect(facts[3]).toBe(facts[2]);
    expect(facts[5]).toBe(facts[4]);
    expect(facts[7]).toBe(facts[6]);
    expect(new Set(facts).size).toBe(4);
  });

  test('distinguishes a death from the incarnation before it', () => {
    const death = deathFact({ id: nodeId(1), incarnation: 1000 });
    for (let samples = 0; samples < 100; samples++) {
      expect(factOf(memberOf(1), samples)).not.toBe(death);
    }
    expect(deathFact({ id: nodeId(1), incarnation: 1001 })).not.toBe(death);
    expect(deathFact({ id: nodeId(2), incarnation: 1000 })).not.toBe(death);
  });

  test('is hardly ever the same for two members', () => {
    const facts = Array.from({ length: 10_000 }, (_, index) => factOf(memberOf(index)));
    // At most one pair among 10 000 random 32-bit numbers.
    expect(new Set(facts).size).toBeGreaterThan(9990);
  });
});
