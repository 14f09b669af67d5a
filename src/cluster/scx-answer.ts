/**
 * From a session to its SCX here, for every route that needs one: launched if need be, or the
 * problem that the client is told.
 */
import type { ScxStatus } from '../scx/scx-status.js';
import type { Known } from './announcement-finder.js';
import { type FrontEndContext, factsOf } from './front-end-context.js';
import { type Found, found, missing, problem } from './problem.js';
import type { Outcome } from './supervisor-types.js';

/** More than one launch may take, less than clients wait. Guess. */
const PATIENCE_MS = 12_000;

function scxOf(outcome: Outcome): Found<ScxStatus> {
  if (outcome.kind === 'scx') return found(outcome.status);
  const retryAfter = Math.max(1, Math.ceil(outcome.retryAfterMs / 1000));
  const full = 'This cluster runs as many sessions as it may; try again, or at another cluster.';
  const message = outcome.kind === 'full' ? full : outcome.reason;
  return missing({ ...problem(503, message), retryAfter });
}

/** The SCX for a session whose announcement is known. */
export async function scxFor(
  { fleet }: FrontEndContext,
  { announcement }: Known,
  patienceMs = PATIENCE_MS,
): Promise<Found<ScxStatus>> {
  return scxOf(await fleet.want(announcement.name.text, factsOf(announcement), patienceMs));
}

/** The SCX that runs for a session anyway. */
export function runningScx({ fleet }: FrontEndContext, session: string): ScxStatus | undefined {
  return fleet.statuses(session).find(({ state }) => state !== 'leaving');
}
