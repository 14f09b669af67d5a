import { expect, test } from 'vitest';
import { createLaunchBudget } from '../../src/lib/token-bucket.js';

test('A launch budget allows a burst, then one launch for each interval', () => {
  const budget = createLaunchBudget(3, 1000);
  expect([0, 0, 0, 0].map((now) => budget.take(now))).toEqual([true, true, true, false]);
  expect(budget.next).toBe(1000);
  expect([999, 1000, 1000].map((now) => budget.take(now))).toEqual([false, true, false]);
});

test('A launch budget fills up again, to the burst and no further', () => {
  const budget = createLaunchBudget(2, 1000);
  budget.take(0);
  const later = [1, 1, 1].map(() => budget.take(1_000_000));
  expect(later).toEqual([true, true, false]);
});
