import { expect, test } from 'vitest';
import { createLatch } from '../../src/runtime/latch.js';
import { createFreshAccess } from '../../src/scx/fresh-access.js';

/** A lease whose renewals are counted, and answered when it is told to. */
function createAsked() {
  let next = createLatch();
  const lease = {
    asked: 0,
    renewNow: () => void lease.asked++,
    renewed: () => next.promise,
    answer: () => {
      next.resolve();
      next = createLatch();
    },
  };
  return lease;
}

test('Nobody waits before there is a lease', async () => {
  await createFreshAccess(() => 0).wait();
});

test('The front end is asked, and its answer is waited for', async () => {
  const fresh = createFreshAccess(() => 0);
  const lease = createAsked();
  fresh.askBy(lease);
  let isOver = false;
  const waiting = fresh.wait().then(() => {
    isOver = true;
  });
  await Promise.resolve();
  expect([lease.asked, isOver]).toEqual([1, false]);
  lease.answer();
  await waiting;
});

test('It is asked at a bounded rate; what exceeds it waits for the next renewal', async () => {
  let now = 0;
  const fresh = createFreshAccess(() => now);
  const lease = createAsked();
  fresh.askBy(lease);
  const waiting = Array.from({ length: 100 }, () => fresh.wait());
  expect(lease.asked).toBe(4);
  lease.answer();
  await Promise.all(waiting);
  now = 250;
  const later = [fresh.wait(), fresh.wait()];
  expect(lease.asked).toBe(5);
  lease.answer();
  await Promise.all(later);
});
