/**
 * `GET /directory/networks` (api/directory/networks-answer.ts, docs/http.md): what this cluster has seen of
 * networks.
 */
import { randomBytes } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import {
  NETWORKS_PATH,
  NETWORKS_TOLD_MAX,
  type NetworksAnswer,
} from '../../api/directory/networks-answer.js';
import { createRequestRate } from '../../http/server/request-rate.js';
import { CHALLENGE, SIGNATURE_FIELD, signAnswer } from '../../http/signed-answer.js';
import type { OwnNetworks } from '../../locating/own-networks.js';
import type { SigningKey } from '../../runtime/signing-key.js';
import { clientOf } from '../web/client.js';
import { publicRoute, type Refusal } from '../web/methods.js';
import { problem } from '../web/problem.js';

export interface NetworkDependencies {
  readonly own: OwnNetworks;
  readonly clusterKey: SigningKey;
  /** Ms, monotonic. */
  now(): number;
}

const SINCE = /^([\w-]{1,24})\.(\d{1,12})$/;

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');

/** An answer may take some ms. Clusters ask every ten seconds. Guess. */
const RATE = { atOnce: 20, perSecond: 1 } as const;

const TOO_OFTEN = { ...problem(429, 'You ask too often; come back later.'), retryAfter: 10 };

const BAD_CHALLENGE = problem(400, 'A challenge is at most 64 letters, digits, - and _.');

/** The route. Versions are those of this process: another one knows nothing of them. */
export function networkRoutes({ own, clusterKey, now }: NetworkDependencies): Router {
  const rate = createRequestRate(RATE);
  const instance = randomBytes(9).toString('base64url');

  const answerTo = (since: string): NetworksAnswer => {
    const [, of, version] = SINCE.exec(since) ?? [];
    const told = own.toldSince(of === instance ? Number(version) : 0, now(), NETWORKS_TOLD_MAX);
    return {
      cluster: clusterKey.publicKey,
      version: `${instance}.${told.version}`,
      networks: told.networks.map(([network, rttMs]) => [network, rttMs]),
    };
  };

  const show = ({ query }: Request, response: Response): Refusal => {
    const challenge = textIn(query.challenge);
    if (!rate.take(clientOf(response), now())) return TOO_OFTEN;
    if (!CHALLENGE.test(challenge)) return BAD_CHALLENGE;
    const body = JSON.stringify(answerTo(textIn(query.since)));
    const signature = signAnswer(clusterKey, 'networks', challenge, body);
    response.set({ 'Cache-Control': 'no-store', [SIGNATURE_FIELD]: signature });
    response.type('application/json').send(body);
    return undefined;
  };

  const router = Router({ caseSensitive: true });
  publicRoute(router, NETWORKS_PATH, { GET: show });
  return router;
}
