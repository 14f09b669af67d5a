/**
 * The deadlines of all rules as one. To ask each rule after each input would cost more than most
 * inputs do, in a simulated session of thousands above all; so the earliest is remembered, and only
 * the rules that an input may have hurried are asked.
 */
import { assert } from '../lib/assert.js';

/** What has work at an instant of its own. */
export interface Clocked {
  tick(now: number): void;
  readonly deadline: number;
}

export interface Clockwork {
  /** No rule has work before; perhaps none at it either, when what was waited for has come. */
  earliest(): number;
  /** This rule may have work sooner than it had. */
  hurry(rule: Clocked): void;
  /** Any rule may. */
  hurryAll(): void;
  /** Runs the rules that are due. */
  run(now: number): void;
}

/** The clockwork of some rules, which run in this order. */
export function createClockwork(rules: readonly Clocked[]): Clockwork {
  let earliest = Number.POSITIVE_INFINITY;

  const hurryAll = (): void => {
    earliest = Number.POSITIVE_INFINITY;
    for (const rule of rules) earliest = Math.min(earliest, rule.deadline);
  };

  return {
    earliest: () => earliest,
    hurry: (rule) => {
      earliest = Math.min(earliest, rule.deadline);
    },
    hurryAll,
    run: (now) => {
      for (const rule of rules) {
        const { deadline } = rule;
        assert(deadline >= earliest, () => `a rule was due at ${deadline}, before ${earliest}`);
        if (deadline <= now) rule.tick(now);
      }
      hurryAll();
    },
  };
}
