import { expect, test } from 'vitest';
import { createRetries } from '../../src/lib/retries.js';
import { createRng } from '../../src/lib/rng.js';

const [firstMs, lastMs] = [250, 5000];
const options = { range: { firstMs, lastMs }, peersMax: 10, unit: createRng(1).unit };

test('the wait for a peer doubles after each failure, up to a bound', () => {
  const retries = createRetries(options);
  let now = 0;
  for (const waitMs of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
    expect(retries.mayTry('here', now)).toBe(true);
    retries.onFailed('here', now);
    expect(retries.mayTry('here', now + 0.74 * waitMs)).toBe(false);
    now += 1.26 * waitMs;
  }
  expect(retries.mayTry('there', 0)).toBe(true);
});

test('one success, or a long time, makes all failures forgotten', () => {
  const retries = createRetries(options);
  for (let count = 0; count < 5; count++) retries.onFailed('here', 0);
  retries.onSucceeded('here');
  expect(retries.mayTry('here', 0)).toBe(true);
  retries.onFailed('here', 0);
  retries.sweep(lastMs + 2 * firstMs);
  retries.onFailed('here', 0);
  expect(retries.mayTry('here', 1.26 * firstMs)).toBe(true);
});

test('without a random number the waits do not vary, and tell when they end', () => {
  const retries = createRetries({ range: { firstMs, lastMs }, peersMax: 10 });
  expect(retries.triableAt('here')).toBe(Number.NEGATIVE_INFINITY);
  retries.onFailed('here', 1000);
  expect(retries.triableAt('here')).toBe(1250);
  expect(retries.waiting(1249)).toEqual(['here']);
  expect(retries.waiting(1250)).toEqual([]);
});

test('failures of the oldest peers are forgotten when there are too many', () => {
  const retries = createRetries(options);
  retries.onFailed('here', 0);
  for (let port = 1; port < options.peersMax; port++) retries.onFailed(`there:${port}`, 0);
  expect(retries.mayTry('here', 0)).toBe(false);
  retries.onFailed('there', 0);
  expect(retries.mayTry('here', 0)).toBe(true);
  expect(retries.mayTry('there', 0)).toBe(false);
});
