import { describe, expect, test } from 'vitest';
import { createClockwork } from '../../src/gossamer/clockwork.js';

/** A rule that rings once at each instant it is set to. */
function createRule(instant = Number.POSITIVE_INFINITY) {
  const rung: number[] = [];
  const rule = {
    deadline: instant,
    rung,
    tick: (now: number): void => {
      rung.push(now);
      rule.deadline = Number.POSITIVE_INFINITY;
    },
  };
  return rule;
}

describe('The clockwork', () => {
  test('is due at the earliest instant that a rule has named', () => {
    const clockwork = createClockwork();
    expect(clockwork.earliest()).toBe(Number.POSITIVE_INFINITY);
    for (const instant of [20, 30, 10]) clockwork.wakeBy(instant);
    expect(clockwork.earliest()).toBe(10);
  });

  test('runs only the rules that are due, and knows what is due next', () => {
    const [a, b] = [createRule(30), createRule(20)];
    const clockwork = createClockwork();
    clockwork.wakeBy(20);
    clockwork.run([a, b], 25);
    expect([a.rung, b.rung]).toEqual([[], [25]]);
    expect(clockwork.earliest()).toBe(30);
  });

  test('may wake in vain when work has moved on, and sleeps again', () => {
    const rule = createRule(50);
    const clockwork = createClockwork();
    clockwork.wakeBy(20);
    clockwork.run([rule], 20);
    expect(rule.rung).toEqual([]);
    expect(clockwork.earliest()).toBe(50);
  });

  test('hears what a rule that runs brings forward in one that was asked before it', () => {
    const [a, b] = [createRule(100), createRule(20)];
    const clockwork = createClockwork();
    clockwork.wakeBy(20);
    b.tick = () => {
      a.deadline = 40;
      b.deadline = 60;
      clockwork.wakeBy(40);
    };
    clockwork.run([a, b], 20);
    expect(clockwork.earliest()).toBe(40);
  });

  test('notices a rule that has work of which it said nothing', () => {
    const [a, b] = [createRule(10), createRule(20)];
    const clockwork = createClockwork();
    clockwork.wakeBy(20);
    expect(() => clockwork.run([a, b], 20)).toThrow(/due at 10, before 20/);
  });
});
