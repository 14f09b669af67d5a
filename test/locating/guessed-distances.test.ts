/** How far clusters are guessed to be by a database of addresses. */
import { expect, test } from 'vitest';
import type { EarthPlace } from '../../src/lib/earth/earth-place.js';
import { guessRoundTrips, inGuessedOrder } from '../../src/locating/guessed-distances.js';

const [BERLIN, PARIS, SYDNEY] = [
  { country: 'DE', position: { latitude: 52.5, longitude: 13.4 } },
  { country: 'FR', position: { latitude: 48.9, longitude: 2.4 } },
  { country: 'AU', position: { latitude: -33.9, longitude: 151.2 } },
] as const;
const [DE, FR, AU] = [{ country: 'DE' }, { country: 'FR' }, { country: 'AU' }];

function guess(network: EarthPlace | undefined, places: Record<string, EarthPlace | undefined>) {
  const clusters = Object.entries(places).map(([id, place]) => ({ id, place }));
  const guessed = guessRoundTrips(network, clusters);
  return guessed && Object.fromEntries(guessed);
}

test('By coordinates a cluster is as far as light in fibre takes, in whole ms', () => {
  const potsdam = { country: 'DE', position: { latitude: 52.4, longitude: 13.1 } };
  expect(guess(potsdam, { one: PARIS, two: BERLIN, three: SYDNEY })).toEqual({
    ...{ one: 8, two: 0, three: 161 },
  });
});

test('Without coordinates a cluster in the same country is near', () => {
  expect(guess(DE, { one: FR, two: DE })).toEqual({ one: 20, two: 0 });
  expect(guess(AU, { one: FR, two: DE })).toEqual({ one: 20, two: 20 });
});

test('Where coordinates of one are missing, all are compared by country', () => {
  expect(guess(BERLIN, { one: PARIS, two: DE })).toEqual({ one: 20, two: 0 });
  expect(guess(DE, { one: PARIS, two: BERLIN })).toEqual({ one: 20, two: 0 });
  const somewhere = { position: BERLIN.position };
  expect(guess(somewhere, { one: PARIS, two: DE })).toBeUndefined();
  expect(guess(BERLIN, { one: DE, two: { position: PARIS.position } })).toEqual({ one: 0 });
});

test('Nothing is guessed of a place that is not known', () => {
  expect(guess(undefined, { one: DE })).toBeUndefined();
  expect(guess(DE, { one: undefined })).toBeUndefined();
  expect(guess({}, { one: DE })).toBeUndefined();
  expect(guess(DE, { one: undefined, two: DE })).toEqual({ two: 0 });
});

test('Those that are as far keep their order, and those of which nothing is known come last', () => {
  const guessed = new Map(Object.entries({ far: 20, near: 0, next: 0 }));
  const order = inGuessedOrder(['unknown', 'far', 'none', 'next', 'near'], (id) => id, guessed);
  expect(order).toEqual(['next', 'near', 'far', 'unknown', 'none']);
});
