import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTimers } from '../../src/lib/timers.js';

describe('A set of timers', () => {
  test('has nothing due when empty', () => {
    const timers = createTimers<'a'>();
    expect(timers.next()).toBe(Number.POSITIVE_INFINITY);
    expect(timers.takeDue(1e12)).toBeUndefined();
  });

  test('gives what is due, the earliest first, and each once', () => {
    const timers = createTimers<'a' | 'b' | 'c'>();
    timers.set('a', 30);
    timers.set('b', 10);
    timers.set('c', 31);
    expect(timers.next()).toBe(10);
    expect(timers.takeDue(9)).toBeUndefined();
    expect(timers.takeDue(30)).toBe('b');
    expect(timers.takeDue(30)).toBe('a');
    expect(timers.takeDue(30)).toBeUndefined();
    expect(timers.next()).toBe(31);
  });

  test('moves a timer either way with set, and only to an earlier instant with setSooner', () => {
    const timers = createTimers<'a'>();
    timers.setSooner('a', 50);
    timers.setSooner('a', 70);
    expect(timers.next()).toBe(50);
    timers.setSooner('a', 20);
    expect(timers.next()).toBe(20);
    timers.set('a', 90);
    expect(timers.next()).toBe(90);
  });

  test('forgets a timer that is cleared', () => {
    const timers = createTimers<'a' | 'b'>();
    timers.set('a', 10);
    timers.set('b', 20);
    timers.clear('a');
    expect(timers.next()).toBe(20);
    expect(timers.takeDue(15)).toBeUndefined();
  });

  test('agrees with a plain map of instants', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd');
    const kind = fc.constantFrom('set', 'sooner', 'clear', 'take');
    const step = fc.tuple(kind, name, fc.integer({ min: 0, max: 9 }));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const timers = createTimers<string>();
        const model = new Map<string, number>();
        const earliest = (): number => Math.min(...model.values(), Number.POSITIVE_INFINITY);
        for (const [what, which, instant] of steps) {
          if (what === 'set') timers.set(which, instant);
          if (what === 'sooner') timers.setSooner(which, instant);
          if (what === 'clear') timers.clear(which);
          if (what === 'set') model.set(which, instant);
          if (what === 'sooner') model.set(which, Math.min(instant, model.get(which) ?? instant));
          if (what === 'clear') model.delete(which);
          if (what === 'take') {
            const taken = timers.takeDue(instant);
            if (taken === undefined) expect(earliest()).toBeGreaterThan(instant);
            else expect(model.get(taken)).toBe(earliest());
            if (taken !== undefined) model.delete(taken);
          }
          expect(timers.next()).toBe(earliest());
        }
      }),
    );
  });
});
