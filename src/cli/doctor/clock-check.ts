/**
 * Whether this clock agrees with another cluster's, which tells its time in each answer (`Date`,
 * in whole seconds). Certificates and tickets of a clock that is wrong are refused elsewhere.
 */
import { aheadOf, type ClockFacts } from '../../client/cluster/cluster-clock.js';
import { type Finding, findings } from './finding.js';

const { good, problem, unknown } = findings('clock');

/** What is wrong with the clock. */
export function checkClock(facts: ClockFacts): Finding {
  const { from } = facts;
  const aheadMs = aheadOf(facts);
  if (aheadMs === undefined) return unknown(`The answer of ${from} has no date.`);
  if (aheadMs === 0) return good(`The clock agrees with that of ${from}.`);
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const how = aheadMs > 0 ? 'ahead of' : 'behind';
  const advice = 'set it, and let chrony or systemd-timesyncd keep it';
  return problem(`The clock is ${seconds} s ${how} that of ${from}: ${advice}.`);
}
