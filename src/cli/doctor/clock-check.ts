/**
 * Whether this clock agrees with another cluster's, which tells its time in each answer (`Date`,
 * in whole seconds). Certificates and tickets of a clock that is wrong are refused elsewhere.
 */
import { sendRequest } from '../../http/client/plain-request.js';
import { type Finding, findings } from './finding.js';

const { good, problem, unknown } = findings('clock');

/** More than a network and whole seconds explain, and less than harms. Guess. */
const OFF_MS_MAX = 5000;
const ANSWER_MS = 10_000;

/** An answer's date, and when the request was sent and answered here, ms since 1970. */
export interface ClockFacts {
  readonly from: string;
  readonly date: string | undefined;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Asks a cluster for its time. Rejects with an error of the network. */
export async function clockFacts(from: string): Promise<ClockFacts> {
  const sentAt = Date.now();
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await sendRequest({ url: new URL(`${from}/healthz`), headers: {}, signal });
  const answeredAt = Date.now();
  answer.destroy();
  return { from, date: answer.headers.date, sentAt, answeredAt };
}

/** What is wrong with the clock. */
export function checkClock({ from, date = '', sentAt, answeredAt }: ClockFacts): Finding {
  const theirs = Date.parse(date);
  if (Number.isNaN(theirs)) return unknown(`The answer of ${from} has no date.`);
  // Their second begins at `theirs`, and the answer was made while we waited.
  const ahead = Math.max(0, sentAt - (theirs + 1000));
  const behind = Math.max(0, theirs - answeredAt);
  if (Math.max(ahead, behind) <= OFF_MS_MAX) return good(`The clock agrees with that of ${from}.`);
  const seconds = Math.round(Math.max(ahead, behind) / 1000);
  const how = ahead > behind ? 'ahead of' : 'behind';
  const advice = 'set it, and let chrony or systemd-timesyncd keep it';
  return problem(`The clock is ${seconds} s ${how} that of ${from}: ${advice}.`);
}
