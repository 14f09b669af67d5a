import { describe, expect, test } from 'vitest';
import { createFrameQueue } from '../../../src/client/icecast-relay/frame-queue.js';

const frame = (number: number): Uint8Array => Uint8Array.of(number);

describe('A queue of frames', () => {
  test('returns frames in order', () => {
    const queue = createFrameQueue();
    expect(queue.isEmpty()).toBe(true);
    queue.add(frame(1), 26);
    queue.add(frame(2), 26);
    expect([queue.take(), queue.take(), queue.take()]).toEqual([frame(1), frame(2), undefined]);
    expect(queue.takeLostMs()).toBe(0);
  });

  test('drops the oldest frames beyond 10 s, and reports once how much that was', () => {
    const queue = createFrameQueue();
    for (let number = 0; number < 12; number++) queue.add(frame(number), 1000);
    expect(queue.take()).toEqual(frame(2));
    expect(queue.takeLostMs()).toBe(2000);
    expect(queue.takeLostMs()).toBe(0);
  });
});
