import { expect, test } from 'vitest';
import { OVERLAY_LIMITS } from '../../../src/overlay/sockets/limits.js';
import { createOutbox } from '../../../src/overlay/sockets/outbox.js';

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

test('frames that leave early are sent once if the handshake succeeds, and are all there if it fails', () => {
  const numbers = (frames: readonly Uint8Array[]) => frames.map(([number]) => number);
  const outbox = createOutbox();
  for (const attempt of ['takeRest', 'takeAll'] as const) {
    for (const number of [1, 2]) outbox.put(Uint8Array.of(number));
    expect(numbers(outbox.takeEarly())).toEqual([1, 2]);
    outbox.put(Uint8Array.of(3));
    expect(numbers(outbox.takeEarly())).toEqual([3]);
    outbox.put(Uint8Array.of(4));
    expect(numbers(outbox[attempt]())).toEqual(attempt === 'takeRest' ? [4] : [1, 2, 3, 4]);
    expect(outbox.takeAll()).toEqual([]);
  }
});
