/**
 * Who may announce, and who may change what is announced.
 *
 * A session that is new here is announced by the operator, unless the operator lets anybody do it. An
 * operator shows the token that lies in the cluster's data directory, or proves to know the secret
 * there, which only the cluster's own user can read (http/cluster-proof.ts); that is how `announce`
 * works on the cluster's own machine without a token. The address of a request proves nothing: all
 * users and browsers of this machine have it, and so has everybody behind a proxy on it.
 *
 * What is announced is changed by requests that are signed with the session's key
 * (http/session-proof.ts), or by an operator. An operator cannot alter an announcement, which is
 * signed, but may withdraw it.
 *
 * Wrong tokens and signatures slow their address down (http/server/guess-delay.ts).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import type { ProofCheck } from '../../http/cluster-proof.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import {
  createSessionProofCheck,
  hashOfBody,
  SESSION_PROOF_FIELD,
  type SessionProof,
} from '../../http/session-proof.js';
import { good } from '../../lib/result.js';
import { isSameSecret } from '../../runtime/secrets.js';
import { verifierOf } from '../../runtime/signing-key.js';
import type { PublicKey } from '../../session/public-key.js';
import { isProven } from '../data/lease-secret.js';
import { clientOfRequest } from '../web/client.js';
import { type OrProblem, type Problem, problem, refused } from '../web/problem.js';
import { ownAuthorities } from '../web/public-url.js';

/** The request may do it. */
export interface Permission {
  /** Whether a body, which is still to be read, is the one that was signed. */
  isBody(hash: string): boolean;
  /** When it was signed, ms since 1970; Infinity if it is an operator's. */
  readonly atMs: number;
}

export interface Ownership {
  /** Why a request may not announce a session that is new here; undefined: it may. */
  objectionToNew(request: Request, body: Uint8Array): Promise<Problem | undefined>;
  /** Why it may not change what this session has announced; undefined: it may. */
  objectionTo(request: Request, session: PublicKey, body: Uint8Array): Promise<Problem | undefined>;
  /** The same before the body is read. */
  permit(request: Request, session: PublicKey): Promise<OrProblem<Permission>>;
  /** Why it may not see what only operators may; undefined: it may. It has no body. */
  objectionToOperate(request: Request): Promise<Problem | undefined>;
}

export interface OwnershipOptions {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
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
  "or pass the operator's token, which lies there as admin-token, with announce --operator-token " +
  'or as Authorization: Bearer TOKEN.';

const NO_OPERATOR = problem(401, `Only the operator announces sessions that are new here: ${HOW}`);
const NO_OPERATORS_TOKEN = problem(403, `That is not the operator's token: ${HOW}`);
const ALTERED = problem(403, 'The signature of the request is about another body.');

const FAULTS: Readonly<Record<Exclude<SessionProof['kind'], 'signed' | 'late'>, Problem>> = {
  missing: problem(
    401,
    "This needs the session's admin token, which was printed when the session was first " +
      'announced: pass it with announce --token, which signs the request with it and does not ' +
      'send it.',
  ),
  wrong: problem(
    403,
    'Wrong admin token for this session, or the request was signed for another address of this ' +
      'cluster: name the cluster in --cluster as its operator does in --host.',
  ),
  used: problem(403, 'This request was received before: a signed request holds once.'),
};

/** A request that was signed at another time than ours; `aheadMs`: see SessionProof. */
function untimely(aheadMs: number): Problem {
  const how = `${Math.round(Math.abs(aheadMs) / 1000)} s ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
  return problem(
    403,
    `The request was signed at a time that is ${how} the clock of this cluster, and 10 minutes are ` +
      "allowed: set the clock that is wrong, that of the sender's machine or that of the cluster's " +
      '("scattercast doctor" compares clocks), and repeat the command.',
  );
}

const faultOf = (proof: Exclude<SessionProof, { readonly kind: 'signed' }>): Problem =>
  proof.kind === 'late' ? untimely(proof.aheadMs) : FAULTS[proof.kind];

const OPERATORS_ONLY =
  "This is for the operator: send the token that lies in the cluster's data directory as " +
  'admin-token, as Authorization: Bearer TOKEN.';

const NOTHING = new Uint8Array();

const tokenIn = ({ headers }: Request): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];

/** Creates the check of owners and operators. */
export function createOwnership(options: OwnershipOptions): Ownership {
  const { url, operatorToken, proofs, isOpen, now } = options;
  const guessDelay = createGuessDelay();
  const sessionProofs = createSessionProofCheck();

  const isOperator = (request: Request, body: Uint8Array): boolean =>
    isSameSecret(tokenIn(request) ?? '', operatorToken) || isProven(proofs, request, body);

  /** Refuses a wrong token or signature, later after a few of them. */
  const refuse = async (request: Request, why: Problem): Promise<Problem> => {
    const delayMs = guessDelay.fail(clientOfRequest(request), now());
    await pause(delayMs, undefined, { ref: false });
    return why;
  };

  const accept = (request: Request): undefined => void guessDelay.forgive(clientOfRequest(request));

  const proofIn = (request: Request, session: PublicKey): SessionProof =>
    sessionProofs.check(
      request.get(SESSION_PROOF_FIELD),
      verifierOf(session),
      { method: request.method, target: request.originalUrl },
      ownAuthorities(url, request),
    );

  const permit: Ownership['permit'] = async (request, session) => {
    if (isOperator(request, NOTHING)) {
      accept(request);
      return good({ isBody: () => true, atMs: Number.POSITIVE_INFINITY });
    }
    const proof = proofIn(request, session);
    if (proof.kind === 'missing') return refused(FAULTS.missing);
    if (proof.kind !== 'signed') return refused(await refuse(request, faultOf(proof)));
    accept(request);
    return good({ isBody: (hash) => hash === proof.bodyHash, atMs: proof.atMs });
  };

  return {
    objectionToNew: async (request, body) => {
      if (isOpen || isOperator(request, body)) return accept(request);
      return tokenIn(request) === undefined ? NO_OPERATOR : refuse(request, NO_OPERATORS_TOKEN);
    },
    objectionTo: async (request, session, body) => {
      if (isOperator(request, body)) return accept(request);
      const permitted = await permit(request, session);
      if (!permitted.ok) return permitted.problem;
      return permitted.value.isBody(hashOfBody(body)) ? undefined : ALTERED;
    },
    objectionToOperate: async (request) => {
      if (isOperator(request, NOTHING)) return accept(request);
      const isWrong = tokenIn(request) !== undefined;
      return isWrong
        ? refuse(request, problem(403, `That is not the operator's token. ${OPERATORS_ONLY}`))
        : problem(401, OPERATORS_ONLY);
    },
    permit,
  };
}
