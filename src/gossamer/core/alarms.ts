/**
 * The deadlines of all rules as one. To ask each rule for its deadline after each input would cost
 * more than most inputs do, above all in a simulated session of thousands. So each rule has an
 * alarm, which it sets when it has work sooner than before, and only a rule whose alarm is due is
 * asked.
 */
import { assert } from '../../lib/assert.js';

/** A rule that has work at instants of its own. */
interface Clocked {
  tick(now: number): void;
  deadline(): number;
}

export interface Alarms<Name extends string> {
  /**
   * No rule has work before this instant. At it there may be none either, if what was awaited has
   * come.
   */
  earliest(): number;
  /** Sets a rule's alarm: it has work at that instant. Postponed work need not be reported. */
  alarm(name: Name): (instant: number) => void;
  /** Runs the rules that are due, in their order. */
  run(rules: Readonly<Record<Name, Clocked>>, now: number): void;
}

/** Creates alarms of which none is set. `names` are in the order in which the rules run. */
export function createAlarms<Name extends string>(names: readonly Name[]): Alarms<Name> {
  const alarms = new Float64Array(names.length).fill(Number.POSITIVE_INFINITY);
  let earliest = Number.POSITIVE_INFINITY;

  /** The rule with the earliest alarm; the first among equals. */
  const first = (): number => {
    let found = 0;
    for (let index = 1; index < alarms.length; index++) {
      if ((alarms[index] as number) < (alarms[found] as number)) found = index;
    }
    return found;
  };

  /**
   * The first rule's work may have been postponed since its alarm was set: then another rule is
   * first.
   */
  const settle = (rules: Readonly<Record<Name, Clocked>>): void => {
    for (let index = first(); ; index = first()) {
      const deadline = rules[names[index] as Name].deadline();
      earliest = alarms[index] as number;
      if (deadline <= earliest) return;
      alarms[index] = deadline;
    }
  };

  return {
    earliest: () => earliest,
    alarm: (name) => {
      const index = names.indexOf(name);
      return (instant) => {
        if (instant < (alarms[index] as number)) alarms[index] = instant;
        if (instant < earliest) earliest = instant;
      };
    },
    run: (rules, now) => {
      for (const [index, name] of names.entries()) {
        const alarm = alarms[index] as number;
        // Speed only: a rule's deadline is never before its alarm.
        if (alarm > now) continue;
        const rule = rules[name];
        assert(
          rule.deadline() >= alarm,
          () => `${name} was due at ${rule.deadline()}, before ${alarm}`,
        );
        if (rule.deadline() <= now) rule.tick(now);
        alarms[index] = rule.deadline();
      }
      settle(rules);
    },
  };
}
