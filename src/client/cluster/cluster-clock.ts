/**
 * The clock of a cluster beside that of this machine: it tells its time in each answer (`Date`, in whole seconds).
 *
 * An announcement is issued, and the requests of its owner are signed, by the cluster's clock if that of this
 * machine is ahead of it. If it is behind, the announcement keeps its time, and the user is told. What was issued in the future is refused, and so is what was signed in it; a
 * station whose clock is wrong should be heard all the same. A cluster is believed only to make something
 * older: one that told a later time could have what is signed now hold against what is signed after it.
 */
import { sendRequest } from '../../http/client/plain-request.js';

/** More than a network and whole seconds explain, and less than harms. Guess. */
const OFF_MS_MAX = 5000;
const ANSWER_MS = 10_000;

const ADVICE = 'Set the one that is wrong';

/** An answer's date, and when the request was sent and answered here, ms since 1970. */
export interface ClockFacts {
  readonly from: string;
  readonly date: string | undefined;
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Asks a cluster for its time. Rejects with an error of the network. */
export async function clockFacts(from: string, now = Date.now): Promise<ClockFacts> {
  const sentAt = now();
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await sendRequest({ url: new URL(`${from}/healthz`), headers: {}, signal });
  const answeredAt = now();
  answer.destroy();
  return { from, date: answer.headers.date, sentAt, answeredAt };
}

/** How far this clock is ahead of theirs, ms, or behind it (negative); 0: they agree; undefined: not told. */
export function aheadOf({ date = '', sentAt, answeredAt }: ClockFacts): number | undefined {
  const theirs = Date.parse(date);
  if (Number.isNaN(theirs)) return undefined;
  // Their second begins at `theirs`, and the answer was made while we waited.
  const ahead = Math.max(0, sentAt - (theirs + 1000)) - Math.max(0, theirs - answeredAt);
  return Math.abs(ahead) <= OFF_MS_MAX ? 0 : ahead;
}

export interface AnnouncementClock {
  /** Since 1970, ms. */
  now(): number;
  /** What the user is told about the clocks; undefined: they agree, or the other is not known. */
  readonly warning: string | undefined;
}

/** `cluster`: where it is published, `http://HOST:PORT`; undefined: nowhere yet. Never rejects. */
export async function announcementClock(
  cluster: string | undefined,
  ownNow = Date.now,
): Promise<AnnouncementClock> {
  const facts =
    cluster === undefined ? undefined : await clockFacts(cluster, ownNow).catch(() => undefined);
  const aheadMs = (facts && aheadOf(facts)) ?? 0;
  if (aheadMs === 0) return { now: ownNow, warning: undefined };
  const off = `the clock of this machine is ${Math.round(Math.abs(aheadMs) / 1000)} s`;
  if (aheadMs > 0) {
    const warning = `${off} ahead of that of ${cluster}, by which the announcement is issued. ${ADVICE}`;
    return { now: () => ownNow() - aheadMs, warning };
  }
  const harm = 'and beyond 10 minutes the cluster refuses what is signed here';
  return { now: ownNow, warning: `${off} behind that of ${cluster}, ${harm}. ${ADVICE}` };
}
