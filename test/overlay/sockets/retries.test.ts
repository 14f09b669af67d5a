import { expect, test } from 'vitest';
import type { Address } from '../../../src/gossamer/core/node.js';
import { createRng } from '../../../src/lib/rng.js';
import { OVERLAY_LIMITS } from '../../../src/overlay/sockets/limits.js';
import { createOutbox } from '../../../src/overlay/sockets/outbox.js';
import { createRetries } from '../../../src/overlay/sockets/retries.js';

const { retryFirstMs, retryLastMs } = OVERLAY_LIMITS;
const HERE = '192.0.2.1:9000' as Address;
const THERE = '192.0.2.2:9000' as Address;

test('the wait for an address doubles after each failure, up to a bound', () => {
  const retries = createRetries(createRng(1));
  let now = 0;
  for (const waitMs of [250, 500, 1000, 2000, 4000, 5000, 5000]) {
    expect(retries.mayTry(HERE, now)).toBe(true);
    retries.onFailed(HERE, now);
    expect(retries.mayTry(HERE, now + 0.74 * waitMs)).toBe(false);
    now += 1.26 * waitMs;
  }
  expect(retries.mayTry(THERE, 0)).toBe(true);
});

test('one success, or a long time, makes all failures forgotten', () => {
  const retries = createRetries(createRng(1));
  for (let count = 0; count < 5; count++) retries.onFailed(HERE, 0);
  retries.onOpened(HERE);
  expect(retries.mayTry(HERE, 0)).toBe(true);
  retries.onFailed(HERE, 0);
  retries.sweep(retryLastMs + 2 * retryFirstMs);
  retries.onFailed(HERE, 0);
  expect(retries.mayTry(HERE, 1.26 * retryFirstMs)).toBe(true);
});

test('failures of the oldest addresses are forgotten when there are too many', () => {
  const retries = createRetries(createRng(1));
  retries.onFailed(HERE, 0);
  for (let port = 1; port < OVERLAY_LIMITS.peersMax; port++) {
    retries.onFailed(`192.0.2.3:${port}` as Address, 0);
  }
  expect(retries.mayTry(HERE, 0)).toBe(false);
  retries.onFailed(THERE, 0);
  expect(retries.mayTry(HERE, 0)).toBe(true);
  expect(retries.mayTry(THERE, 0)).toBe(false);
});

test('an outbox is bounded in messages and bytes, and returns them in order', () => {
  const outbox = createOutbox();
  for (let count = 0; count < OVERLAY_LIMITS.waitingMessagesMax; count++) {
    expect(outbox.put(Uint8Array.of(count >> 8, count))).toBe(true);
  }
  expect(outbox.put(Uint8Array.of(0))).toBe(false);
  expect(outbox.takeAll().map((frame) => 256 * (frame[0] ?? 0) + (frame[1] ?? 0))).toEqual([
    ...Array(OVERLAY_LIMITS.waitingMessagesMax).keys(),
  ]);
  expect(outbox.put(new Uint8Array(OVERLAY_LIMITS.waitingBytesMax))).toBe(true);
  expect(outbox.put(Uint8Array.of(0))).toBe(false);
});
