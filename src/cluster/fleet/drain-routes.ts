/**
 * `POST /drain` (api/drain.ts): all SCXs of this cluster are to be replaced. `scattercast cluster
 * --drain` proves that it knows the cluster's secret, which only the cluster's own user can read. The
 * answer is one line of JSON for each SCX, sent as soon as that SCX is done.
 */
import { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import { drainRequestSchema } from '../../api/drain.js';
import { PROOF_FIELD, type ProofCheck } from '../../http/cluster-proof.js';
import { isProven } from '../data/lease-secret.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';
import type { Draining } from './draining.js';

export interface DrainDependencies {
  readonly proofs: ProofCheck;
  readonly drain: Draining['drain'];
  readonly log: Logger;
}

const USAGE = 'POST how long listeners may stay with the old SCXs, in ms: {"drainMs": 3600000}.';
const NOT_OURS =
  "Only the cluster's own user may drain it: run 'scattercast cluster --drain' as that user.";
const BUSY = problem(409, 'Another drain is in progress here: wait until it has ended.');

const readRequest = jsonReader(drainRequestSchema, 1024, () => problem(400, USAGE));

async function answerDrain(
  { proofs, drain, log }: DrainDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const asked = await readRequest(request, response, (body) =>
    isProven(proofs, request, body) ? undefined : problem(401, NOT_OURS),
  );
  if (!asked.ok) return asked.problem;
  response.set(PROOF_FIELD, proofs.answerTo(request.get(PROOF_FIELD), 200, ''));
  response.type('application/x-ndjson').set('Cache-Control', 'no-store');
  const hasDrained = await drain(asked.value.drainMs, (drained) => {
    log.info({ ...drained }, 'drained an SCX');
    response.write(`${JSON.stringify(drained)}\n`);
  });
  if (!hasDrained) return BUSY;
  response.end();
  return undefined;
}

/** The route of operators who replace the SCXs. */
export function drainRoutes(dependencies: DrainDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/drain', {
    POST: (request, response) => answerDrain(dependencies, request, response),
  });
  return router;
}
