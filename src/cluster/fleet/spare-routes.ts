/**
 * `POST /spares` (api/swarm/spare.ts): a spare SCX on some machine of the Swarm asks for a session. The
 * question stays open for a while. Both sides prove that they know the cluster's secret.
 */
import { type Request, type Response, Router } from 'express';
import { type SpareAnswer, spareSchema } from '../../api/swarm/spare.js';
import { PROOF_FIELD, type ProofCheck } from '../../http/cluster-proof.js';
import { createLatch } from '../../runtime/latch.js';
import { isProven, tellClock } from '../data/lease-secret.js';
import type { SharedPlatform } from '../platform/platform.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';

export interface SpareDependencies {
  readonly proofs: ProofCheck;
  readonly shared: Pick<SharedPlatform, 'onSpare' | 'frontEnds'>;
}

const NOT_OURS = problem(401, 'Only the spare SCXs of this cluster may wait for a session.');
const BYTES_MAX = 4096;

const readSpare = jsonReader(spareSchema, BYTES_MAX, () => problem(400, 'Malformed spare SCX.'));

async function answerSpare(
  { proofs, shared }: SpareDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const spare = await readSpare(request, response, (body) =>
    isProven(proofs, request, body) ? undefined : NOT_OURS,
  );
  if (!spare.ok) {
    tellClock(response);
    return spare.problem;
  }
  const { socket } = request; // its end is that of the spare, also after it has been answered
  const gone = createLatch();
  const onClose = (): void => gone.resolve();
  socket.once('close', onClose);
  const launch = await shared.onSpare(spare.value, gone.promise);
  if (launch === undefined) socket.off('close', onClose); // it asks again
  const answer: SpareAnswer = { frontEnds: [...shared.frontEnds()], ...(launch && { launch }) };
  const body = JSON.stringify(answer);
  response.set(PROOF_FIELD, proofs.answerTo(request.get(PROOF_FIELD), 200, body));
  response.type('application/json').set('Cache-Control', 'no-store').send(body);
  return undefined;
}

/** The route of spare SCXs. */
export function spareRoutes(dependencies: SpareDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/spares', {
    POST: (request, response) => answerSpare(dependencies, request, response),
  });
  return router;
}
