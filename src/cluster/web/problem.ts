/**
 * The refusal of a request by a front end: a status, a sentence, and in some cases a list of
 * mistakes. It is sent as plain text, or as JSON to clients that ask for JSON; never as HTML, never
 * with a stack.
 *
 * The rule for failures in this room:
 * - A parser of untrusted input returns a `Result` (lib/result.ts): the value, or every mistake. It
 *   does not know HTTP.
 * - A step of a request returns `OrProblem`: the value, or the problem that the client is answered
 *   with. A check that has no value to return returns `Problem | undefined`.
 * - A handler returns the problem, and route() in methods.ts sends it.
 * - What libraries throw is turned into a problem where they are called, or in front-end.ts. What
 *   the operator can fix at the start of a cluster is thrown as a UserError.
 */
import { STATUS_CODES } from 'node:http';
import type { Request, Response } from 'express';
import type { ProblemBody } from '../../api/problem.js';
import type { Good } from '../../lib/result.js';

export interface Problem {
  readonly status: number;
  /** One or two sentences that say what is wrong and what to do. */
  readonly message: string;
  /** Every single mistake, where there may be several. */
  readonly details: readonly string[];
  /** Seconds after which another attempt makes sense. */
  readonly retryAfter?: number;
}

/** A problem with an HTTP status of 400 to 599. */
export const problem = (
  status: number,
  message: string,
  details: readonly string[] = [],
): Problem => ({ status, message, details });

/** A value, or the problem that the client is answered with. */
export type OrProblem<Value> = Good<Value> | { readonly ok: false; readonly problem: Problem };

export const refused = (why: Problem): OrProblem<never> => ({ ok: false, problem: why });

/** Answers with the problem. JSON: `{error, problems}`, everything in one text and singly. */
export function sendProblem(request: Request, response: Response, why: Problem): void {
  if (response.headersSent) return void response.destroy();
  const { status, message, details } = why;
  response.status(status).set('Cache-Control', 'no-store');
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  if (why.retryAfter !== undefined) response.set('Retry-After', `${why.retryAfter}`);
  if (request.accepts(['text/plain', 'application/json']) === 'application/json') {
    const error = details.length === 0 ? message : `${message} ${details.join('; ')}`;
    response.json({ error, problems: [...details] } satisfies ProblemBody);
    return;
  }
  const lines = [message, ...details.map((detail) => `- ${detail}`)];
  response.type('text/plain').send(`${lines.join('\n') || STATUS_CODES[status]}\n`);
}
