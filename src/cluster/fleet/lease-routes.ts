/**
 * `POST /leases` (api/lease.ts): the SCXs of this cluster renew their leases, with their status. Both
 * sides prove that they know the cluster's secret.
 */
import { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import type { LeaseTerms } from '../../api/lease.js';
import { scxStatusSchema } from '../../api/scx-status.js';
import { PROOF_FIELD, type ProofCheck } from '../../http/cluster-proof.js';
import { isProven, tellClock } from '../data/lease-secret.js';
import type { SharedPlatform } from '../platform/platform.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';
import type { Fleet } from './fleet.js';
import type { termsFrom } from './lease-terms.js';

export interface LeaseDependencies {
  readonly proofs: ProofCheck;
  readonly renew: Fleet['renew'];
  readonly shared: SharedPlatform | undefined;
  readonly termsOf: ReturnType<typeof termsFrom>;
  /** A renewal has been answered. */
  onRenewed(session: string): void;
  readonly log: Logger;
}

const NOT_OURS = problem(401, 'Only the SCXs of this cluster may renew leases.');
const GONE = 'This SCX is not known here: it is to end.\n';

const MISTAKES_MAX = 5; // of a malformed status, in the answer and the log
const BYTES_MAX = 1024 * 1024; // guess: dozens of sources with long paths

const readStatus = jsonReader(scxStatusSchema, BYTES_MAX, (mistakes) =>
  problem(400, 'Malformed SCX status:', mistakes.slice(0, MISTAKES_MAX)),
);

async function answerRenewal(
  { proofs, renew, shared, termsOf, onRenewed, log }: LeaseDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const status = await readStatus(request, response, (body) =>
    isProven(proofs, request, body) ? undefined : NOT_OURS,
  );
  if (!status.ok && status.problem === NOT_OURS) {
    tellClock(response);
    return NOT_OURS;
  }
  if (!status.ok) {
    log.warn({ problems: status.problem.details }, 'a lease renewal is malformed');
    return status.problem;
  }
  const { session } = status.value;
  const isWanted = shared?.onLease(status.value, request.socket) ?? true;
  const renewed = isWanted ? renew(status.value) : undefined;
  const terms: LeaseTerms | undefined = renewed && {
    ...renewed.answer,
    ...termsOf(session, renewed.answer.keep, renewed.isFirst),
    ...shared?.orders(status.value),
  };
  const [code, body] = terms === undefined ? [410, GONE] : [200, JSON.stringify(terms)];
  response.set(PROOF_FIELD, proofs.answerTo(request.get(PROOF_FIELD), code, body));
  response
    .status(code)
    .type(terms === undefined ? 'text/plain' : 'application/json')
    .send(body);
  if (terms === undefined) return undefined;
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
