/**
 * `POST /leases` (api/lease.ts): the SCXs of this cluster renew their leases, with their status and
 * the cluster's secret.
 */
import { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import type { LeaseTerms } from '../../api/lease.js';
import { scxStatusSchema } from '../../api/scx-status.js';
import { isAuthorized } from '../data/lease-secret.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';
import type { Fleet } from './fleet.js';
import type { termsFrom } from './lease-terms.js';

export interface LeaseDependencies {
  readonly secret: string;
  readonly renew: Fleet['renew'];
  readonly termsOf: ReturnType<typeof termsFrom>;
  /** A renewal has been answered. */
  onRenewed(session: string): void;
  readonly log: Logger;
}

const NOT_OURS = problem(401, 'Only the SCXs of this cluster may renew leases.');
const UNKNOWN = problem(410, 'This SCX is not known here: it is to end.');

const MISTAKES_MAX = 5; // of a malformed status, in the answer and the log
const BYTES_MAX = 1024 * 1024; // guess: dozens of sources with long paths

const readStatus = jsonReader(scxStatusSchema, BYTES_MAX, (mistakes) =>
  problem(400, 'Malformed SCX status:', mistakes.slice(0, MISTAKES_MAX)),
);

async function answerRenewal(
  { secret, renew, termsOf, onRenewed, log }: LeaseDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  if (!isAuthorized(request.headers.authorization, secret)) return NOT_OURS;
  const status = await readStatus(request, response);
  if (!status.ok) {
    log.warn({ problems: status.problem.details }, 'a lease renewal is malformed');
    return status.problem;
  }
  const { session } = status.value;
  const answer = renew(status.value);
  if (answer === undefined) return UNKNOWN;
  const terms: LeaseTerms = { ...answer, ...termsOf(session, answer.keep) };
  response.json(terms);
  onRenewed(session);
  return undefined;
}

/** The route of this cluster's SCXs. */
export function leaseRoutes(dependencies: LeaseDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/leases', {
    POST: (request, response) => answerRenewal(dependencies, request, response),
  });
  return router;
}
