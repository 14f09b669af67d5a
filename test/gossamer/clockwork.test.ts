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
  test('is due when the earliest of its rules is', () => {
    const [a, b] = [createRule(30), createRule(20)];
    const clockwork = createClockwork([a, b]);
    expect(clockwork.earliest()).toBe(Number.POSITIVE_INFINITY);
    clockwork.hurryAll();
    expect(clockwork.earliest()).toBe(20);
    a.deadline = 10;
    clockwork.hurry(b);
    expect(clockwork.earliest()).toBe(20);
    clockwork.hurry(a);
    expect(clockwork.earliest()).toBe(10);
  });

  test('runs only the rules that are due, and knows what is due next', () => {
    const [a, b] = [createRule(30), createRule(20)];
    const clockwork = createClockwork([a, b]);
    clockwork.hurryAll();
    clockwork.run(25);
    expect([a.rung, b.rung]).toEqual([[], [25]]);
    expect(clockwork.earliest()).toBe(30);
  });

  test('may wake in vain when work has moved on, and sleeps again', () => {
    const rule = createRule(20);
    const clockwork = createClockwork([rule]);
    clockwork.hurryAll();
    rule.deadline = 50;
    clockwork.run(20);
    expect(rule.rung).toEqual([]);
    expect(clockwork.earliest()).toBe(50);
  });

  test('notices a rule that was hurried without a word', () => {
    const [a, b] = [createRule(30), createRule(20)];
    const clockwork = createClockwork([a, b]);
    clockwork.hurryAll();
    a.deadline = 10;
    expect(() => clockwork.run(20)).toThrow(/due at 10, before 20/);
  });
});
