import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foretoldMs, NOWHERE } from '../../../src/gossamer/core/coordinates.js';
import { sightingFact } from '../../../src/gossamer/discovery/digest.js';
import { createAtlas } from '../../../src/gossamer/discovery/member-columns.js';
import { memberOf, placeOf } from '../support.js';

const HERE = placeOf(3, 4, { height: 1 });

const sightingOf = (number: number) => ({
  member: memberOf(number),
  place: placeOf(number, 2 * number, { height: number / 8 }),
});

describe('An atlas', () => {
  test('tells of each index what its sighting does, however many there are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(500), { maxLength: 300 }), (numbers) => {
        const atlas = createAtlas();
        for (const [index, number] of numbers.entries()) atlas.set(index, sightingOf(number));
        for (const [index, number] of numbers.entries()) {
          const sighting = sightingOf(number);
          expect(atlas.fact(index)).toBe(sightingFact(sighting));
          expect(atlas.foretoldMs(index, HERE)).toBeCloseTo(foretoldMs(sighting.place, HERE), 9);
        }
      }),
    );
  });

  test('moves all that it holds of a member', () => {
    const atlas = createAtlas();
    for (const index of [0, 1, 2]) atlas.set(index, sightingOf(index));
    atlas.move(2, 0);
    expect(atlas.fact(0)).toBe(sightingFact(sightingOf(2)));
    expect(atlas.foretoldMs(0, HERE)).toBe(atlas.foretoldMs(2, HERE));
  });

  test('foretells no way to who lies nowhere yet', () => {
    const atlas = createAtlas();
    atlas.set(0, { member: memberOf(1), place: NOWHERE });
    expect(atlas.foretoldMs(0, HERE)).toBe(Number.POSITIVE_INFINITY);
  });
});
