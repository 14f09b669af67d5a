/**
 * The deadlines of all rules as one. To ask each rule after each input would cost more than most
 * inputs do, in a simulated session of thousands above all; so a rule says when it has work (wakeBy),
 * the earliest instant is remembered, and rules are asked only when it has come.
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
  /** A rule has work at that instant. To put work off needs no word. */
  wakeBy(instant: number): void;
  /** Runs the rules that are due, in their order. */
  run(rules: readonly Clocked[], now: number): void;
}

/** Nothing is to be done yet. */
export function createClockwork(): Clockwork {
  let earliest = Number.POSITIVE_INFINITY;

  const wakeBy = (instant: number): void => {
    if (instant < earliest) earliest = instant;
  };

  return {
    earliest: () => earliest,
    wakeBy,
    run: (rules, now) => {
      const expected = earliest;
      earliest = Number.POSITIVE_INFINITY;
      for (const rule of rules) {
        const { deadline } = rule;
        const known = Math.min(expected, earliest);
        assert(deadline >= known, () => `a rule was due at ${deadline}, before ${known}`);
        if (deadline <= now) rule.tick(now);
        wakeBy(deadline <= now ? rule.deadline : deadline);
      }
      // What a rule said while another ran may be done by now.
      if (earliest <= now) earliest = Math.min(...rules.map((rule) => rule.deadline));
    },
  };
}
