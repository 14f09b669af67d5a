/**
 * One request to a cluster's front end. Users see its failures, so each one becomes a sentence that
 * says what to do: nothing answers, something else answers, or the cluster refuses and gives its
 * reason.
 */
import type { z } from 'zod';
import { problemSchema } from '../../api/problem.js';
import { readText, requestFailure, sendRequest } from '../../http/client/plain-request.js';
import { PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import { printable } from '../../lib/plain-text.js';
import { EXIT, UserError } from '../../lib/user-error.js';

/** A request to a front end. */
export interface FrontEndRequest<Answer> {
  /** `http://HOST:PORT`, without a slash at the end. */
  readonly cluster: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly contentType?: string;
  /** A session's admin token. */
  readonly token?: string | undefined;
  /** The secret of the cluster, if this process may read its data; it is not sent. */
  readonly clusterSecret?: string | undefined;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** The schema of the answer. An answer that does not fit does not come from a front end. */
  readonly answer: z.ZodType<Answer>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Time for an answer, ms. Starting an SCX takes a second, on a busy machine a few. Guess. */
const TIMEOUT_MS = 15_000;

/** Guess: more than the status of a thousand SCXs. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20;

const REASON_LENGTH_MAX = 1000;

/** Asks, and checks the answer. Rejects with a UserError: `unreachable` or `refused`. */
export async function askFrontEnd<Answer>(request: FrontEndRequest<Answer>): Promise<Answer> {
  const { status, text } = await exchange(request);
  const json = parseJson(text);
  if (status < 200 || status > 299) throw refusal(request, status, json);
  const answer = request.answer.safeParse(json);
  if (answer.success) return answer.data;
  throw stranger(request.cluster);
}

/** Proves that this process may act for the operator. */
function proofOf(request: FrontEndRequest<unknown>): Readonly<Record<string, string>> {
  const { clusterSecret, cluster, method, path, body = '' } = request;
  if (clusterSecret === undefined) return {};
  const { pathname, search } = new URL(`${cluster}${path}`);
  const target = `${pathname}${search}`;
  return { [PROOF_FIELD]: proveRequest(clusterSecret, { method, target, body }).value };
}

async function exchange(
  request: FrontEndRequest<unknown>,
): Promise<{ readonly status: number; readonly text: string }> {
  const timeout = AbortSignal.timeout(request.timeoutMs ?? TIMEOUT_MS);
  const signals = request.signal === undefined ? [timeout] : [timeout, request.signal];
  try {
    const answer = await sendRequest({
      url: new URL(`${request.cluster}${request.path}`),
      method: request.method,
      signal: AbortSignal.any(signals),
      ...(request.body === undefined ? {} : { body: request.body }),
      headers: {
        accept: 'application/json',
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        ...(request.token === undefined ? {} : { authorization: `Bearer ${request.token}` }),
        ...proofOf(request),
      },
    });
    return { status: answer.statusCode ?? 0, text: await readText(answer, ANSWER_BYTES_MAX) };
  } catch (error) {
    throw unanswered(request.cluster, error, timeout.aborted);
  }
}

/** The problem when a request to a front end has failed with `error`, or was given up. */
export function unanswered(cluster: string, error: unknown, timedOut = false): UserError {
  if (timedOut) {
    return new UserError(EXIT.unreachable, `the cluster at ${cluster} does not answer in time`);
  }
  const code = requestFailure(error);
  if (code.startsWith('HPE_')) return stranger(cluster);
  return new UserError(
    EXIT.unreachable,
    `no cluster answers at ${cluster} (${code}): is it running there?`,
  );
}

const stranger = (cluster: string): UserError =>
  new UserError(
    EXIT.unreachable,
    `the server at ${cluster} is not a Scattercast cluster: check the address and the port`,
  );

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An error answer of a front end always has a reason. */
function refusal(request: FrontEndRequest<unknown>, status: number, json: unknown): UserError {
  const problem = problemSchema.safeParse(json);
  if (!problem.success) return stranger(request.cluster);
  const { error, problems } = problem.data;
  const text = [error, problems.join('; ')].join(' ').trim();
  const readable = printable(text.slice(0, REASON_LENGTH_MAX), ' ').replace(/\.$/, '');
  const exitCode = status === 502 || status === 504 ? EXIT.unreachable : EXIT.refused;
  return new UserError(exitCode, `the cluster says: ${readable}`);
}
