import { expect, test } from 'vitest';
import { freshFor } from '../../../src/http/server/fresh-for.js';

test('A value is drawn once while it is fresh, and again afterwards', () => {
  let now = 0;
  let drawn = 0;
  const value = freshFor(
    () => ++drawn,
    500,
    () => now,
  );
  expect([value(), value()]).toEqual([1, 1]);
  now = 500;
  expect(value()).toBe(1);
  now = 501;
  expect([value(), value()]).toEqual([2, 2]);
});
