/**
 * `POST /joins` (api/swarm/scx-service.ts): an SCX that an engine has started on some machine asks for what
 * its service's document does not have. Both sides prove that they know the cluster's secret. Only a
 * platform of several machines has this route.
 */
import { type Request, type Response, Router } from 'express';
import { type JoinAnswer, joinSchema } from '../../api/swarm/scx-service.js';
import { PROOF_FIELD, type ProofCheck } from '../../http/cluster-proof.js';
import { vouchFor } from '../../overlay/tls/membership.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { isProven, tellClock } from '../data/lease-secret.js';
import type { SharedPlatform } from '../platform/platform.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';
import type { LaunchTemplate } from './launch-document.js';
import type { SharedCertificate } from './shared-certificate.js';

export interface JoinDependencies {
  readonly proofs: ProofCheck;
  readonly shared: Pick<SharedPlatform, 'onJoin' | 'frontEnds'>;
  readonly clusterKey: SigningKey;
  readonly listenerHook: LaunchTemplate['listenerHook'];
  readonly certificate: Pick<SharedCertificate, 'sealed'>;
}

const NOT_OURS = problem(401, 'Only the SCXs of this cluster may join it.');
const UNWANTED = 'The service of this SCX is to end.\n';
const BYTES_MAX = 4096;

const readJoin = jsonReader(joinSchema, BYTES_MAX, () =>
  problem(400, 'Malformed request to join.'),
);

async function answerJoin(
  { proofs, shared, clusterKey, listenerHook, certificate }: JoinDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const join = await readJoin(request, response, (body) =>
    isProven(proofs, request, body) ? undefined : NOT_OURS,
  );
  if (!join.ok) {
    tellClock(response);
    return join.problem;
  }
  const { session, id } = join.value;
  const facts = shared.onJoin(join.value);
  const answer: JoinAnswer | undefined = facts && {
    voucher: vouchFor(clusterKey, session, id),
    formerNeighbours: facts.formerNeighbours ?? [],
    encoderTitles: facts.encoderTitles ?? [],
    ...(facts.segment && { segment: facts.segment }),
    listenerHook: listenerHook ?? null,
    sealedCertificate: certificate.sealed(),
    frontEnds: [...shared.frontEnds()],
  };
  const [code, body] = answer === undefined ? [410, UNWANTED] : [200, JSON.stringify(answer)];
  response.set(PROOF_FIELD, proofs.answerTo(request.get(PROOF_FIELD), code, body));
  response.status(code).type(code === 200 ? 'application/json' : 'text/plain');
  response.set('Cache-Control', 'no-store').send(body);
  return undefined;
}

/** The route of SCXs that start. */
export function joinRoutes(dependencies: JoinDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/joins', {
    POST: (request, response) => answerJoin(dependencies, request, response),
  });
  return router;
}
