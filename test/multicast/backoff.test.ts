import { expect, test } from 'vitest';
import { createRng } from '../../src/lib/rng.js';
import { drawBackoff } from '../../src/multicast/backoff.js';

/** How many of that many receivers ask before the first request has reached them. */
function early(receivers: number): number {
  const rng = createRng(receivers);
  const rounds = 200;
  let count = 0;
  for (let round = 0; round < rounds; round++) {
    const drawn = Array.from({ length: receivers }, () => drawBackoff(rng, 100, receivers));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(100.001);
    const first = Math.min(...drawn);
    count += drawn.filter((instant) => instant <= first + 5).length;
  }
  return count / rounds;
}

test('of many receivers that miss the same few ask, whether they are ten or a thousand', () => {
  expect([10, 100, 1000].map(early).every((count) => count < 3)).toBe(true);
});

test('one receiver alone asks within the window', () => {
  const rng = createRng(1);
  const mean =
    Array.from({ length: 1000 }, () => drawBackoff(rng, 100, 1)).reduce((a, b) => a + b) / 1000;
  expect(mean).toBeGreaterThan(40);
  expect(mean).toBeLessThan(80);
});
