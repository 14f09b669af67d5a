/**
 * Who may announce, and who may change what is announced.
 *
 * A session that is new here is announced by the operator, unless the operator lets anybody do it. An
 * operator shows the token that lies in the cluster's data directory, or proves to know the secret
 * there, which only the cluster's own user can read (http/cluster-proof.ts); that is how `announce`
 * works on the cluster's own machine without a token. The address of a request proves nothing: all
 * users and browsers of this machine have it, and so has everybody behind a proxy on it.
 *
 * An announcement is changed by requests that carry the session's admin token, or by an operator.
 * Announcements that are older than admin tokens have no owner yet, so only an operator changes them.
 *
 * Wrong tokens slow their address down (http/server/guess-delay.ts).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import type { ProofCheck } from '../../http/cluster-proof.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { isSameSecret } from '../../runtime/secrets.js';
import { isProven } from '../data/lease-secret.js';
import { clientOfRequest } from '../web/client.js';
import { type Problem, problem } from '../web/problem.js';
import { isToken, type Owner } from './owner.js';

/** All return why the request may not do it; undefined: it may. `body`: what it sends. */
export interface Ownership {
  /** Announce a session that is new here. */
  objectionToNew(request: Request, body: Uint8Array): Promise<Problem | undefined>;
  /** Change what this owner announced. */
  objectionTo(
    request: Request,
    owner: Owner | undefined,
    body?: Uint8Array,
  ): Promise<Problem | undefined>;
}

export interface OwnershipOptions {
  /** The operator's token. */
  readonly operatorToken: string;
  readonly proofs: ProofCheck;
  /** Anybody may announce sessions that are new here. */
  readonly isOpen: boolean;
  /** Ms, monotonic. */
  now(): number;
}

const HOW =
  "run announce on the cluster's machine as the cluster's user, with the --data of the cluster, " +
  "or pass the operator's token, which lies there as admin-token, with announce --token or as " +
  'Authorization: Bearer TOKEN.';

const NO_OPERATOR = problem(401, `Only the operator announces sessions that are new here: ${HOW}`);
const OWNERLESS = problem(401, `This session was announced before admin tokens existed: ${HOW}`);
const MISSING = problem(
  401,
  'This needs the admin token that was printed when the session was first announced: ' +
    'pass it with announce --token, or as Authorization: Bearer TOKEN.',
);
const WRONG = problem(403, 'Wrong admin token for this session.');
const NO_OPERATORS_TOKEN = problem(403, `That is not the operator's token: ${HOW}`);

const NOTHING = new Uint8Array();

const tokenIn = ({ headers }: Request): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];

/** Creates the check of owners and operators. */
export function createOwnership(options: OwnershipOptions): Ownership {
  const { operatorToken, proofs, isOpen, now } = options;
  const guessDelay = createGuessDelay();

  const isOperator = (request: Request, body: Uint8Array): boolean =>
    isSameSecret(tokenIn(request) ?? '', operatorToken) || isProven(proofs, request, body);

  /** Refuses a wrong token, later after a few of them. */
  const refuse = async (request: Request, why: Problem): Promise<Problem> => {
    const delayMs = guessDelay.fail(clientOfRequest(request), now());
    await pause(delayMs, undefined, { ref: false });
    return why;
  };

  const accept = (request: Request): undefined => void guessDelay.forgive(clientOfRequest(request));

  return {
    objectionToNew: async (request, body) => {
      if (isOpen || isOperator(request, body)) return accept(request);
      return tokenIn(request) === undefined ? NO_OPERATOR : refuse(request, NO_OPERATORS_TOKEN);
    },
    objectionTo: async (request, owner, body = NOTHING) => {
      if (isOperator(request, body)) return accept(request);
      if (owner === undefined) return OWNERLESS;
      const token = tokenIn(request);
      if (token === undefined) return MISSING;
      return isToken(token, owner) ? accept(request) : refuse(request, WRONG);
    },
  };
}
