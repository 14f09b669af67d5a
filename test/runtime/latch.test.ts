import { expect, test } from 'vitest';
import { createLatch } from '../../src/runtime/latch.js';

test('A latch is settled from outside, once', async () => {
  const latch = createLatch<number>();
  latch.resolve(1);
  latch.resolve(2);
  latch.reject(new Error('late'));
  expect(await latch.promise).toBe(1);
});

test('A rejection that nobody awaits yet waits for whoever does', async () => {
  const latch = createLatch();
  latch.reject(new Error('gone'));
  await new Promise((resolve) => setImmediate(resolve));
  await expect(latch.promise).rejects.toThrow('gone');
});
