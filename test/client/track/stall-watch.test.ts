import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tellStalls } from '../../../src/client/track/stall-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Items that come after so many ms each. */
async function* after(...delaysMs: number[]): AsyncGenerator<number> {
  for (const delayMs of delaysMs) {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    yield delayMs;
  }
}

async function toldOf(delaysMs: readonly number[], eachHeldMs = 0): Promise<readonly string[]> {
  const told: string[] = [];
  const over = (async () => {
    for await (const _ of tellStalls(after(...delaysMs), 'standard input', (t) => told.push(t))) {
      await new Promise((resolve) => setTimeout(resolve, eachHeldMs));
    }
  })();
  await vi.runAllTimersAsync();
  await over;
  return told;
}

describe('A watched input', () => {
  test('is not spoken of while it flows', async () => {
    expect(await toldOf([100, 1900, 30, 1500])).toEqual([]);
  });

  test('is told of after 2 s, less and less often, and when it is back', async () => {
    expect(await toldOf([10, 65_000, 10])).toEqual([
      'nothing to play has come from standard input for 2 s',
      'nothing to play has come from standard input for 10 s',
      'nothing to play has come from standard input for 30 s',
      'nothing to play has come from standard input for 60 s',
      'standard input is back after 65.0 s',
    ]);
  });

  test('is told of once an hour in the end', async () => {
    const told = await toldOf([4 * 3_600_000]);
    expect(told.slice(5)).toEqual([
      'nothing to play has come from standard input for 900 s',
      'nothing to play has come from standard input for 4500 s',
      'nothing to play has come from standard input for 8100 s',
      'nothing to play has come from standard input for 11700 s',
      'standard input is back after 14400.0 s',
    ]);
  });

  test('has not stalled while it is we who do not read', async () => {
    expect(await toldOf([10, 10, 10], 60_000)).toEqual([]);
  });
});
