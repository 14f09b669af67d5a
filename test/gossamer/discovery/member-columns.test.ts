import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { predictedDelayMs, UNKNOWN_COORDINATES } from '../../../src/gossamer/core/coordinates.js';
import { sightingFact } from '../../../src/gossamer/discovery/digest.js';
import { createMemberColumns } from '../../../src/gossamer/discovery/member-columns.js';
import { coordinatesOf, memberOf } from '../support.js';

const HERE = coordinatesOf(3, 4, { height: 1 });

const sightingOf = (number: number) => ({
  member: memberOf(number),
  place: coordinatesOf(number, 2 * number, { height: number / 8 }),
});

describe('An columns', () => {
  test('has the values of each member, however many there are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500), { maxLength: 300 }), (numbers) => {
        const columns = createMemberColumns();
        for (const [index, number] of numbers.entries()) columns.set(index, sightingOf(number));
        for (const [index, number] of numbers.entries()) {
          const sighting = sightingOf(number);
          expect(columns.fact(index)).toBe(sightingFact(sighting));
          expect(columns.predictedDelayMs(index, HERE)).toBeCloseTo(
            predictedDelayMs(sighting.place, HERE),
            9,
          );
        }
      }),
    );
  });

  test('moves all that it holds of a member', () => {
    const columns = createMemberColumns();
    for (const index of [0, 1, 2]) columns.set(index, sightingOf(index));
    columns.move(2, 0);
    expect(columns.fact(0)).toBe(sightingFact(sightingOf(2)));
    expect(columns.predictedDelayMs(0, HERE)).toBe(columns.predictedDelayMs(2, HERE));
  });

  test('predicts no delay to a member without coordinates', () => {
    const columns = createMemberColumns();
    columns.set(0, { member: memberOf(1), place: UNKNOWN_COORDINATES });
    expect(columns.predictedDelayMs(0, HERE)).toBe(Number.POSITIVE_INFINITY);
  });
});
