import { describe, expect, test } from 'vitest';
import { createLatch } from '../../src/runtime/latch.js';
import { createWorkQueue } from '../../src/runtime/work-queue.js';

/** Work that is done when it is told to. */
function createWork(started: string[], name: string) {
  const { promise, resolve } = createLatch();
  const work = (): Promise<void> => {
    started.push(name);
    return promise;
  };
  return { work, finish: resolve };
}

describe('A work queue', () => {
  test('does so much at a time, in order, and refuses what is too much', async () => {
    const started: string[] = [];
    const queue = createWorkQueue({ parallel: 2, waitingMax: 1 });
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => createWork(started, name));
    expect([a, b, c, d].map((one) => queue.add(one!.work))).toEqual([true, true, true, false]);
    expect(started).toEqual(['a', 'b']);
    b!.finish();
    await expect.poll(() => started).toEqual(['a', 'b', 'c']);
    expect(queue.add(d!.work)).toBe(true);
    a!.finish();
    await expect.poll(() => started).toEqual(['a', 'b', 'c', 'd']);
  });

  test('is drained when the last is done', async () => {
    const queue = createWorkQueue({ parallel: 1, waitingMax: 9 });
    await queue.drained();
    const started: string[] = [];
    const [a, b] = ['a', 'b'].map((name) => createWork(started, name));
    queue.add(a!.work);
    queue.add(b!.work);
    const drained = queue.drained().then(() => started.push('drained'));
    a!.finish();
    await expect.poll(() => started).toEqual(['a', 'b']);
    b!.finish();
    await drained;
    expect(started).toEqual(['a', 'b', 'drained']);
  });
});
