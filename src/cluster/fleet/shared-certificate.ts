/**
 * The certificate for SCXs on other machines (api/certificates/cluster-certificate.ts): each front end tells its own,
 * sealed for the processes that know the cluster's secret.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import type { CertificateMark } from '../../api/certificates/cluster-certificate.js';
import { PROOF_FIELD, type ProofCheck } from '../../http/cluster-proof.js';
import type { CertificatePair } from '../../http/server/tls.js';
import { seal } from '../../runtime/sealed-text.js';
import { isProven, tellClock } from '../data/lease-secret.js';
import { type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';

export interface SharedCertificate {
  /** Of the certificate that this front end uses now; undefined: it has none. */
  mark(): CertificateMark | undefined;
  /** That certificate and its key, sealed; undefined: there is none. */
  sealed(): string | undefined;
}

const NOTHING = new Uint8Array();
const NOT_OURS = problem(401, 'Only the SCXs of this cluster read its certificate.');
const NONE = problem(404, 'This front end has no certificate: start it with --tls-cert.');

function markOf({ cert, key }: CertificatePair): CertificateMark {
  const hash = createHash('sha256').update(`${cert}\n${key}`).digest('base64url');
  return { sinceMs: Date.parse(new X509Certificate(cert).validFrom), hash };
}

/** Shares what `pair` returns; undefined: there is no certificate. */
export function shareCertificate(
  secret: string,
  pair: (() => CertificatePair) | undefined,
): SharedCertificate {
  if (pair === undefined) return { mark: () => undefined, sealed: () => undefined };
  let marked = pair();
  let mark = markOf(marked);
  const look = (): CertificateMark => {
    if (pair() === marked) return mark;
    marked = pair();
    mark = markOf(marked);
    return mark;
  };
  return {
    mark: look,
    sealed: () => seal(secret, JSON.stringify({ ...pair(), hash: look().hash })),
  };
}

export interface CertificateDependencies {
  readonly proofs: ProofCheck;
  readonly certificate: Pick<SharedCertificate, 'sealed'>;
}

function answer(
  { proofs, certificate }: CertificateDependencies,
  request: Request,
  response: Response,
): Refusal {
  if (!isProven(proofs, request, NOTHING)) {
    tellClock(response);
    return NOT_OURS;
  }
  const body = certificate.sealed();
  if (body === undefined) return NONE;
  response.set(PROOF_FIELD, proofs.answerTo(request.get(PROOF_FIELD), 200, body));
  response.type('text/plain').set('Cache-Control', 'no-store').send(body);
  return undefined;
}

/** `GET /certificate`, for SCXs that run. */
export function certificateRoutes(dependencies: CertificateDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/certificate', {
    GET: (request, response) => answer(dependencies, request, response),
  });
  return router;
}
