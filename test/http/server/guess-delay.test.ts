import { expect, test } from 'vitest';
import { createGuessDelay } from '../../../src/http/server/guess-delay.js';

const failTimes = (times: number, now = 0) => {
  const guessDelay = createGuessDelay();
  return Array.from({ length: times }, () => guessDelay.fail('a', now));
};

test('A guess delay begins after three failures, and doubles up to 10 s', () => {
  expect(failTimes(10)).toEqual([0, 0, 0, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  expect(failTimes(5000).at(-1)).toBe(10_000);
});

test('A guess delay is kept for each address', () => {
  const guessDelay = createGuessDelay();
  for (let n = 0; n < 9; n++) guessDelay.fail('a', 0);
  expect(guessDelay.fail('b', 0)).toBe(0);
});

test('A guess delay ends with a success, and ten minutes after the last failure', () => {
  const guessDelay = createGuessDelay();
  for (let n = 0; n < 9; n++) guessDelay.fail('a', 0);
  guessDelay.forgive('a');
  expect([1, 2, 3].map(() => guessDelay.fail('a', 0))).toEqual([0, 0, 0]);
  expect(guessDelay.fail('a', 600_000)).toBe(500);
  expect(guessDelay.fail('a', 1_200_001)).toBe(0);
});

test('A guess delay is remembered for 1024 addresses; the one that failed longest ago is forgotten', () => {
  const guessDelay = createGuessDelay();
  for (let n = 0; n < 3; n++) for (const address of ['old', 'busy']) guessDelay.fail(address, n);
  for (let n = 0; n < 1022; n++) guessDelay.fail(`${n}`, 10 + n);
  guessDelay.fail('busy', 2000);
  guessDelay.fail('one more', 2000);
  expect(guessDelay.fail('busy', 2000)).toBeGreaterThan(0);
  expect(guessDelay.fail('old', 2000)).toBe(0);
});
