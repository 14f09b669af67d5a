import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tellStalls } from '../../../src/client/track/stall-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Items that come after the given times, ms. */
async function* after(...delaysMs: number[]): AsyncGenerator<number> {
  for (const delayMs of delaysMs) {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    yield delayMs;
  }
}

/** The warnings about an input whose reader holds each item for `eachHeldMs`. */
async function toldOf(delaysMs: readonly number[], eachHeldMs = 0): Promise<readonly string[]> {
  const told: string[] = [];
  let isOver = false;
  const reading = (async () => {
    for await (const _ of tellStalls(after(...delaysMs), 'standard input', (t) => told.push(t))) {
      await new Promise((resolve) => setTimeout(resolve, eachHeldMs));
    }
    isOver = true;
  })();
  while (!isOver) await vi.advanceTimersToNextTimerAsync();
  await reading;
  return told;
}

describe('A watched input', () => {
  test('is not reported while it flows', async () => {
    expect(await toldOf([100, 1900, 30, 1500])).toEqual([]);
  });

  test('is reported after 2 s, then at growing intervals, and when it is back', async () => {
    expect(await toldOf([10, 65_000, 10])).toEqual([
      'nothing to play has come from standard input for 2 s',
      'nothing to play has come from standard input for 10 s',
      'nothing to play has come from standard input for 30 s',
      'nothing to play has come from standard input for 60 s',
      'standard input is back after 65.0 s',
    ]);
  });

  test('is reported once an hour in the end', async () => {
    const told = await toldOf([4 * 3_600_000]);
    expect(told.slice(5)).toEqual([
      'nothing to play has come from standard input for 900 s',
      'nothing to play has come from standard input for 4500 s',
      'nothing to play has come from standard input for 8100 s',
      'nothing to play has come from standard input for 11700 s',
      'standard input is back after 14400.0 s',
    ]);
  });

  test('has not stalled while it is not being read', async () => {
    expect(await toldOf([10, 10, 10], 60_000)).toEqual([]);
  });

  test('that ends after a stall is not back', async () => {
    async function* ending(): AsyncGenerator<number> {
      yield 1;
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
    const told: string[] = [];
    const reading = (async () => {
      for await (const _ of tellStalls(ending(), 'it', (text) => told.push(text)));
    })();
    await vi.advanceTimersByTimeAsync(6000);
    await reading;
    expect(told).toEqual(['nothing to play has come from it for 2 s']);
  });
});
