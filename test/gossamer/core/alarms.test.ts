import { describe, expect, test } from 'vitest';
import { createClockwork } from '../../../src/gossamer/core/alarms.js';

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

/** Two rules, each with its alarm set. */
function createPair(atA: number, atB: number) {
  const rules = { a: createRule(atA), b: createRule(atB) };
  const clockwork = createClockwork(['a', 'b']);
  const alarms = { a: clockwork.alarm('a'), b: clockwork.alarm('b') };
  alarms.a(atA);
  alarms.b(atB);
  return { ...rules, rules, clockwork, alarms };
}

describe('The clockwork', () => {
  test('is due at the earliest alarm', () => {
    const { clockwork, alarms } = createPair(30, 20);
    expect(clockwork.earliest()).toBe(20);
    alarms.a(10);
    alarms.a(40);
    expect(clockwork.earliest()).toBe(10);
  });

  test('runs only the rules that are due, and knows what is due next', () => {
    const { a, b, rules, clockwork } = createPair(30, 20);
    clockwork.run(rules, 25);
    expect([a.rung, b.rung]).toEqual([[], [25]]);
    expect(clockwork.earliest()).toBe(30);
  });

  test('may wake in vain when work has moved on, and sleeps again', () => {
    const { b, rules, clockwork } = createPair(90, 20);
    b.deadline = 50;
    clockwork.run(rules, 20);
    expect(b.rung).toEqual([]);
    expect(clockwork.earliest()).toBe(50);
  });

  test('hears what a rule that runs brings forward in another', () => {
    const { a, b, rules, clockwork, alarms } = createPair(100, 20);
    b.tick = () => {
      a.deadline = 40;
      b.deadline = 60;
      alarms.a(40);
    };
    clockwork.run(rules, 20);
    expect(clockwork.earliest()).toBe(40);
  });

  test('notices a rule that had work before its alarm', () => {
    const { b, rules, clockwork } = createPair(90, 20);
    b.deadline = 10;
    expect(() => clockwork.run(rules, 20)).toThrow(/b was due at 10, before 20/);
  });
});
