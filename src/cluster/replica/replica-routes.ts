/**
 * `GET /replica`: what this front end has (replica.ts), for the other front ends of the cluster, sealed
 * (runtime/sealed-text.ts). `?known=HASH`: 204 if it is still what they have read before.
 * `GET /replica/fallbacks/FILE?from=N`: a part of a fallback file. Both prove that they know the cluster's secret.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type Request, type Response, Router } from 'express';
import { PROOF_FIELD, type ProofCheck } from '../../http/cluster-proof.js';
import { seal } from '../../runtime/sealed-text.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import { FALLBACK_NAME } from '../announcements/owner.js';
import { isProven, tellClock } from '../data/lease-secret.js';
import type { FallbackFiles } from '../fallback/fallback-files.js';
import { type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';
import { replicaOf } from './replica.js';

export interface ReplicaDependencies {
  readonly proofs: ProofCheck;
  readonly secret: string;
  /** Of this front end, drawn at its start. */
  readonly id: string;
  readonly store: AnnouncementStore;
  readonly fallbacks: Pick<FallbackFiles, 'pathOf'>;
}

const NOT_OURS = problem(401, 'Only the front ends of this cluster read this.');
const NO_FILE = problem(404, 'There is no such file here.');

const NOTHING = new Uint8Array();
/** Of a fallback file in one answer. */
const PART_BYTES = 2 ** 20;
/** The time by which a front end judges announcements, ms since 1970. */
export const TIME_FIELD = 'x-scattercast-time';
/** Tells front ends apart. */
export const FRONT_END_FIELD = 'x-scattercast-front-end';

/** Names the content of a replica. */
export const hashOfReplica = (json: string): string =>
  createHash('sha256').update(json).digest('base64url');

const refuse = (response: Response): Refusal => {
  tellClock(response);
  return NOT_OURS;
};

type Sealing = Pick<ReplicaDependencies, 'proofs' | 'secret'>;

/** `known`: the hash of what the client has; then it is not sent again. */
function sendSealed(
  { proofs, secret }: Sealing,
  request: Request,
  response: Response,
  text: string,
  known?: unknown,
): void {
  const [status, body] = known === hashOfReplica(text) ? [204, ''] : [200, seal(secret, text)];
  response.set(PROOF_FIELD, proofs.answerTo(request.get(PROOF_FIELD), status, body));
  response.status(status).type('text/plain').set('Cache-Control', 'no-store').send(body);
}

function answerReplica(
  { proofs, secret, store, id }: ReplicaDependencies,
  request: Request,
  response: Response,
): Refusal {
  if (!isProven(proofs, request, NOTHING)) return refuse(response);
  const json = JSON.stringify(replicaOf(store));
  response.set({ [FRONT_END_FIELD]: id, [TIME_FIELD]: `${steadyTimeMs()}` });
  sendSealed({ proofs, secret }, request, response, json, request.query.known);
  return undefined;
}

/** The next bytes of a file; none at its end. */
async function answerFile(
  { proofs, secret, fallbacks }: ReplicaDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  if (!isProven(proofs, request, NOTHING)) return refuse(response);
  const file = `${request.params.file}`;
  const from = Number(request.query.from);
  if (!FALLBACK_NAME.test(file) || !Number.isSafeInteger(from) || from < 0) return NO_FILE;
  const opened = await open(fallbacks.pathOf(file)).catch(() => undefined);
  if (opened === undefined) return NO_FILE;
  try {
    const { buffer, bytesRead } = await opened.read(Buffer.alloc(PART_BYTES), 0, PART_BYTES, from);
    const part = buffer.subarray(0, bytesRead).toString('base64');
    sendSealed({ proofs, secret }, request, response, part);
  } finally {
    await opened.close();
  }
  return undefined;
}

/** The routes of other front ends. */
export function replicaRoutes(dependencies: ReplicaDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/replica', {
    GET: (request, response) => answerReplica(dependencies, request, response),
  });
  route(router, '/replica/fallbacks/:file', {
    GET: (request, response) => answerFile(dependencies, request, response),
  });
  return router;
}
