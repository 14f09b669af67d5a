import { describe, expect, test } from 'vitest';
import { createAlarms } from '../../../src/gossamer/core/alarms.js';

/** A rule that rings once at each instant it is set to. */
function createRule(instant = Number.POSITIVE_INFINITY) {
  const rung: number[] = [];
  const rule = {
    instant,
    deadline: () => rule.instant,
    rung,
    tick: (now: number): void => {
      rung.push(now);
      rule.instant = Number.POSITIVE_INFINITY;
    },
  };
  return rule;
}

/** Two rules with their alarms set. */
function createPair(atA: number, atB: number) {
  const rules = { a: createRule(atA), b: createRule(atB) };
  const clock = createAlarms(['a', 'b']);
  const alarms = { a: clock.alarm('a'), b: clock.alarm('b') };
  alarms.a(atA);
  alarms.b(atB);
  return { ...rules, rules, clock, alarms };
}

describe('The alarms', () => {
  test('is due at the earliest alarm', () => {
    const { clock, alarms } = createPair(30, 20);
    expect(clock.earliest()).toBe(20);
    alarms.a(10);
    alarms.a(40);
    expect(clock.earliest()).toBe(10);
  });

  test('runs only the rules that are due, and knows what is due next', () => {
    const { a, b, rules, clock } = createPair(30, 20);
    clock.run(rules, 25);
    expect([a.rung, b.rung]).toEqual([[], [25]]);
    expect(clock.earliest()).toBe(30);
  });

  test('may wake in vain when work has moved on, and sleeps again', () => {
    const { b, rules, clock } = createPair(90, 20);
    b.instant = 50;
    clock.run(rules, 20);
    expect(b.rung).toEqual([]);
    expect(clock.earliest()).toBe(50);
  });

  test('notice work that a running rule brings forward in another', () => {
    const { a, b, rules, clock, alarms } = createPair(100, 20);
    b.tick = () => {
      a.instant = 40;
      b.instant = 60;
      alarms.a(40);
    };
    clock.run(rules, 20);
    expect(clock.earliest()).toBe(40);
  });

  test('notices a rule that had work before its alarm', () => {
    const { b, rules, clock } = createPair(90, 20);
    b.instant = 10;
    expect(() => clock.run(rules, 20)).toThrow(/b was due at 10, before 20/);
  });
});
