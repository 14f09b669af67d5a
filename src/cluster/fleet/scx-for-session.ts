/**
 * From a session to an SCX of it here, for every route that needs one: launched if need be, or
 * the problem that the client is told.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import type { SessionName } from '../../session/session-name.js';
import type { Known } from '../announcements/announcement-finder.js';
import { type FrontEndContext, factsOf, foreignUrl } from '../front-end-context.js';
import type { Outcome } from '../supervisor/supervisor-types.js';
import { type Found, found, missing, problem } from '../web/problem.js';
import type { Wish } from './fleet.js';

/** More than one launch may take, less than clients wait. Guess. */
const PATIENCE_MS = 12_000;

const FULL = 'This cluster is full: it runs as many SCXs as it may. Try again, or another cluster.';
const CROWDED =
  'This session has as many listeners at this cluster as it may. Try another cluster.';

function messageOf(outcome: Exclude<Outcome, { kind: 'scx' }>): string {
  if (outcome.kind === 'failed') return outcome.reason;
  return outcome.kind === 'full' ? FULL : CROWDED;
}

async function ask({ fleet }: FrontEndContext, wish: Wish): Promise<Found<ScxStatus>> {
  const outcome = await fleet.want(wish);
  if (outcome.kind === 'scx') return found(outcome.status);
  const retryAfter = Math.max(1, Math.ceil(outcome.retryAfterMs / 1000));
  return missing({ ...problem(503, messageOf(outcome)), retryAfter });
}

/** The first SCX of a session whose announcement is known. */
export function scxFor(
  context: FrontEndContext,
  known: Known,
  patienceMs = PATIENCE_MS,
): Promise<Found<ScxStatus>> {
  const session = known.announcement.name.text;
  const facts = factsOf(known.announcement, foreignUrl(context, known));
  return ask(context, { session, facts, place: false, patienceMs });
}

/**
 * An SCX for whoever listens; without an announcement only one that runs. `seat`: what is taken
 * there.
 */
export function listenerScx(
  context: FrontEndContext,
  name: SessionName,
  known: Known | undefined,
  seat: Pick<Wish, 'place' | 'unheld'>,
): Promise<Found<ScxStatus>> {
  const facts = known && factsOf(known.announcement, foreignUrl(context, known));
  const wish = { session: name.text, facts: facts ?? null, patienceMs: PATIENCE_MS };
  return ask(context, { ...wish, ...seat });
}

/** The SCX that has been running longest for a session, launched or not. */
export function runningScx({ fleet }: FrontEndContext, session: string): ScxStatus | undefined {
  const running = fleet.statuses(session).filter(({ state }) => state !== 'leaving');
  return running.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1))[0];
}
