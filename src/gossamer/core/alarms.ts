/**
 * The deadlines of all rules as one. To ask each rule after each input, or whenever one has work, would
 * cost more than most inputs do, in a simulated session of thousands above all. So each rule has an
 * alarm, which it sets when it has work sooner than before; only who is due by its alarm is asked.
 */
import { assert } from '../../lib/assert.js';

/** What has work at an instant of its own. */
interface Clocked {
  tick(now: number): void;
  readonly deadline: number;
}

export interface Clockwork<Name extends string> {
  /** No rule has work before; perhaps none at it either, when what was waited for has come. */
  earliest(): number;
  /** A rule's alarm: it has work at that instant. To put work off needs no word. */
  alarm(name: Name): (instant: number) => void;
  /** Runs the rules that are due, in their order. */
  run(rules: Readonly<Record<Name, Clocked>>, now: number): void;
}

/** Nothing is to be done yet. `names` are in the order in which the rules run. */
export function createClockwork<Name extends string>(names: readonly Name[]): Clockwork<Name> {
  const alarms = new Float64Array(names.length).fill(Number.POSITIVE_INFINITY);
  let earliest = Number.POSITIVE_INFINITY;

  /** By its alarm; the first among equals. */
  const first = (): number => {
    let found = 0;
    for (let index = 1; index < alarms.length; index++) {
      if ((alarms[index] as number) < (alarms[found] as number)) found = index;
    }
    return found;
  };

  /** The work of the first may have moved on since its alarm was set: then another one is the first. */
  const settle = (rules: Readonly<Record<Name, Clocked>>): void => {
    for (let index = first(); ; index = first()) {
      const { deadline } = rules[names[index] as Name];
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
        if (alarm > now) continue;
        const rule = rules[name];
        assert(
          rule.deadline >= alarm,
          () => `${name} was due at ${rule.deadline}, before ${alarm}`,
        );
        if (rule.deadline <= now) rule.tick(now);
        alarms[index] = rule.deadline;
      }
      settle(rules);
    },
  };
}
