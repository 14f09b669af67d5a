/** Distances on Earth. */
import { expect, test } from 'vitest';
import { distanceKm } from '../../../src/lib/earth/earth-place.js';

const at = (latitude: number, longitude: number) => ({ latitude, longitude });

test('The distance of two places is that of the great circle', () => {
  const [berlin, sydney] = [at(52.52, 13.405), at(-33.87, 151.21)];
  expect(distanceKm(berlin, at(48.857, 2.352))).toBeCloseTo(878, -1);
  expect(distanceKm(berlin, sydney)).toBeCloseTo(16_095, -2);
  expect(distanceKm(sydney, sydney)).toBe(0);
  // Across the date line, over a pole, and to the other side.
  expect(distanceKm(at(0, 179.5), at(0, -179.5))).toBeCloseTo(111.2, 0);
  expect(distanceKm(at(89.5, 0), at(89.5, 180))).toBeCloseTo(111.2, 0);
  expect(distanceKm(at(10, 20), at(-10, -160))).toBeCloseTo(20_015, 0);
});
