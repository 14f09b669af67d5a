/**
 * From a session to an SCX of it here, for every route that needs one: an SCX that runs, one that
 * is launched for the request, or the problem that the client is answered with.
 */
import type { ScxStatus } from '../../api/scx-status.js';
import { limitedAs } from '../../http/ip-address.js';
import { good } from '../../lib/result.js';
import type { PublicKey } from '../../session/public-key.js';
import type { Known } from '../announcements/announcement-finder.js';
import { factsOf } from '../announcements/launch-facts.js';
import type { Outcome } from '../supervisor/supervisor-types.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import type { Fleet } from './fleet.js';
import type { ScxRequest } from './supervision.js';

/** The SCXs of each session, for the routes. */
export interface SessionScxs {
  /**
   * The session's first SCX, launched if necessary: for broadcasters and other clusters. `client`: the
   * address that asks, whose share of foreign sessions a launch counts towards.
   */
  first(known: Known, client: string, timeoutMs?: number): Promise<OrProblem<ScxStatus>>;
  /**
   * The first SCX of a session that `exists`, for requests that know no announcement: one that has
   * not reported to this front end yet, or is being replaced, is waited for.
   */
  existing(session: string, timeoutMs?: number): Promise<OrProblem<ScxStatus>>;
  /** Whether the session has an SCX here, or is about to have one. Sessions are named by their ids. */
  exists(session: string): boolean;
  /**
   * An SCX with room for one more listener. Without an announcement only one that runs. `slot`:
   * who asks, and what the listener takes there.
   */
  forListener(
    session: string,
    known: Known | undefined,
    slot: Pick<ScxRequest, 'client' | 'isListener' | 'unreserved'>,
  ): Promise<OrProblem<ScxStatus>>;
  /** The SCX that has been running longest for a session; launches nothing. */
  running(session: string): ScxStatus | undefined;
}

/** More than one launch may take, less than clients wait, ms. Guess. */
const TIMEOUT_MS = 12_000;

const FULL =
  'This cluster is full: it runs as many SCXs as it may. Try again later, or use another cluster.';
const CROWDED =
  'This session has as many listeners at this cluster as it may. ' +
  'Try again later, or use another cluster.';

const OVER_SHARE = {
  server:
    "This cluster carries as many sessions of that announcement's server as it may. " +
    'Try again later, or use another cluster.',
  client:
    'This cluster carries as many sessions that your address has asked for as it may: stop ' +
    'listening to another one, or try again later.',
} as const;

function messageOf(outcome: Exclude<Outcome, { kind: 'scx' }>): string {
  if (outcome.kind === 'failed') return outcome.reason;
  if (outcome.kind === 'overShare') return OVER_SHARE[outcome.of];
  return outcome.kind === 'full' ? FULL : CROWDED;
}

function answerOf(outcome: Outcome): OrProblem<ScxStatus> {
  if (outcome.kind === 'scx') return good(outcome.status);
  const retryAfter = Math.max(1, Math.ceil(outcome.retryAfterMs / 1000));
  return refused({ ...problem(503, messageOf(outcome)), retryAfter });
}

/** A private session is carried by the clusters that its announcement lists. */
const notListed = ({ announcement }: Known, ownKey: PublicKey): boolean =>
  announcement.privacy?.clusters.includes(ownKey) === false;

const NOT_LISTED = problem(
  403,
  'This session is private, and its announcement does not list this cluster: ask another one.',
);

/**
 * Creates the access to the SCXs that the fleet has and launches. `ownKey`: this cluster's, by which
 * private sessions list it. `waitMs`: how long a request may wait for an SCX.
 */
export function createSessionScxs(
  { want, statuses, has }: Fleet,
  ownKey: PublicKey,
  waitMs = TIMEOUT_MS,
): SessionScxs {
  return {
    first: async (known, address, timeoutMs = waitMs) => {
      if (notListed(known, ownKey)) return refused(NOT_LISTED);
      const session = known.session.id;
      const client = limitedAs(address);
      const facts = factsOf(known);
      return answerOf(await want({ session, client, facts, isListener: false, timeoutMs }));
    },
    existing: async (session, timeoutMs = waitMs) =>
      answerOf(await want({ session, facts: null, isListener: false, timeoutMs })),
    exists: has,
    forListener: async (session, known, slot) => {
      if (known !== undefined && notListed(known, ownKey)) return refused(NOT_LISTED);
      const facts = known === undefined ? null : factsOf(known);
      const client = limitedAs(slot.client ?? '');
      return answerOf(await want({ session, facts, timeoutMs: waitMs, ...slot, client }));
    },
    running: (session) => {
      const running = statuses(session).filter(({ state }) => state !== 'leaving');
      return running.toSorted((a, b) => (a.startedAt < b.startedAt ? -1 : 1))[0];
    },
  };
}
