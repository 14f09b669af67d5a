/**
 * One request to a cluster's front end. Users see its failures, so each one becomes a sentence that
 * says what to do: nothing answers, something else answers, or the cluster refuses and gives its
 * reason.
 */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { problemSchema } from '../../api/problem.js';
import { readText, requestFailure, sendRequest } from '../../http/client/plain-request.js';
import { PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import { SESSION_PROOF_FIELD, signRequest } from '../../http/session-proof.js';
import { printable } from '../../lib/plain-text.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { SigningKey } from '../../runtime/signing-key.js';

/** What a request may show. */
export interface Credentials {
  /** Signs as the session's owner; it is not sent. */
  readonly sessionKey?: SigningKey | undefined;
  /** The time at which it signs, ms since 1970; default: that of this machine. */
  readonly now?: (() => number) | undefined;
  /** The operator's token, which is sent. */
  readonly operatorToken?: string | undefined;
  /** The secret of the cluster, if this process may read its data; it is not sent. */
  readonly clusterSecret?: string | undefined;
}

/** A request to a front end. */
export interface FrontEndRequest<Answer> {
  /** `http://HOST:PORT`, without a slash at the end. */
  readonly cluster: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly contentType?: string;
  readonly credentials?: Credentials;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** Further fields of the request's head. */
  readonly fields?: Readonly<Record<string, string>>;
  /** The schema of the answer. An answer that does not fit does not come from a front end. */
  readonly answer: z.ZodType<Answer>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

type AnyRequest = Omit<FrontEndRequest<unknown>, 'answer'> & { readonly accept?: string };

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

/** Proves that this process may act for the session's owner, or for the operator. */
function proofsOf(request: AnyRequest): Readonly<Record<string, string>> {
  const { credentials = {}, cluster, method, path, body = '' } = request;
  const { sessionKey, now, clusterSecret, operatorToken } = credentials;
  const { host, pathname, search } = new URL(`${cluster}${path}`);
  const asked = { method, target: `${pathname}${search}`, body };
  return {
    ...(operatorToken === undefined ? {} : { authorization: `Bearer ${operatorToken}` }),
    ...(clusterSecret && { [PROOF_FIELD]: proveRequest(clusterSecret, asked).value }),
    ...(sessionKey && { [SESSION_PROOF_FIELD]: signRequest(sessionKey, host, asked, now) }),
  };
}

/** Asks for a document that is not JSON; undefined if there is none. Rejects as `askFrontEnd` does. */
export async function askForDocument(
  request: Pick<FrontEndRequest<never>, 'cluster' | 'path'>,
): Promise<string | undefined> {
  const asked: AnyRequest = { ...request, method: 'GET', accept: 'application/xml' };
  const { status, text } = await exchange(asked);
  if (status === 200) return text;
  if (status === 404) return undefined;
  throw refusal(asked, status, parseJson(text));
}

/**
 * Asks for an answer without an end, which the caller reads. Rejects as `askFrontEnd` does; later the
 * stream may break off.
 */
export async function askForStream(
  request: Pick<AnyRequest, 'cluster' | 'path' | 'credentials'> & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  const asked: AnyRequest = { ...request, method: 'GET', accept: 'text/event-stream' };
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), TIMEOUT_MS);
  const signal = AbortSignal.any([late.signal, request.signal]);
  const headers = { accept: 'text/event-stream, application/json', ...proofsOf(asked) };
  try {
    const url = new URL(`${request.cluster}${request.path}`);
    const answer = await sendRequest({ url, headers, signal });
    const status = answer.statusCode ?? 0;
    if (status === 200) return answer;
    throw refusal(asked, status, parseJson(await readText(answer, ANSWER_BYTES_MAX)));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw unanswered(request.cluster, error, late.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(
  request: AnyRequest,
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
        accept: request.accept ?? 'application/json',
        ...(request.contentType === undefined ? {} : { 'content-type': request.contentType }),
        ...request.fields,
        ...proofsOf(request),
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
function refusal(request: AnyRequest, status: number, json: unknown): UserError {
  const problem = problemSchema.safeParse(json);
  if (!problem.success) return stranger(request.cluster);
  const { error, problems } = problem.data;
  const text = [error, problems.join('; ')].join(' ').trim();
  const readable = printable(text.slice(0, REASON_LENGTH_MAX), ' ').replace(/\.$/, '');
  const exitCode = status === 502 || status === 504 ? EXIT.unreachable : EXIT.refused;
  return new UserError(exitCode, `the cluster says: ${readable}`);
}
