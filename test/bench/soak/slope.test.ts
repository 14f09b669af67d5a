/** Whether something grows: the slope of the soak's figures. */
import { expect, test } from 'vitest';
import { slopeOf } from '../../../scripts/bench/soak/slope.js';

const points = (...values: readonly number[]) =>
  values.map((value, index) => ({ minute: 10 + index / 2, value }));

test('A slope is the growth per minute', () => {
  expect(slopeOf(points(5, 6, 7, 8))).toBeCloseTo(2);
  expect(slopeOf(points(5, 5, 5))).toBe(0);
});

test('A slope is that of least squares, whatever single values do', () => {
  // Over 0, 0.5, 1, 1.5, 2 minutes: sum of (minute - 1)(value - 3) is 0.5, of (minute - 1)^2 is 2.5.
  expect(slopeOf(points(3, 2, 5, 1, 4))).toBeCloseTo(0.2);
});

test('A slope of one instant is none', () => {
  expect(slopeOf(points(7))).toBe(0);
  expect(slopeOf([])).toBe(0);
});
