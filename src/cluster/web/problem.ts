/**
 * What a client is told when something cannot be done: a status, a sentence, perhaps a list.
 * Plain text, or JSON for those who ask for it; never HTML, never a stack.
 */
import { STATUS_CODES } from 'node:http';
import type { Request, Response } from 'express';
import type { ProblemBody } from '../../api/problem.js';

export interface Problem {
  readonly status: number;
  /** One or two sentences that say what to do. */
  readonly message: string;
  /** Every single mistake, where there may be several. */
  readonly details: readonly string[];
  /** Seconds after which another attempt makes sense. */
  readonly retryAfter?: number;
}

/** A problem with an HTTP status of 400 to 599. */
export const problem = (status: number, message: string, details: readonly string[] = []) => ({
  status,
  message,
  details,
});

/** A value, or why there is none. */
export type Found<Value> =
  | { readonly kind: 'found'; readonly value: Value }
  | { readonly kind: 'problem'; readonly problem: Problem };

export const found = <Value>(value: Value): Found<Value> => ({ kind: 'found', value });

export const missing = (why: Problem): Found<never> => ({ kind: 'problem', problem: why });

/** Answers with the problem. JSON: `{error, problems}`, all in one and singly. */
export function sendProblem(request: Request, response: Response, why: Problem): void {
  if (response.headersSent) return void response.destroy();
  const { status, message, details } = why;
  response.status(status).set('Cache-Control', 'no-store');
  if (why.retryAfter !== undefined) response.set('Retry-After', `${why.retryAfter}`);
  if (request.accepts(['text/plain', 'application/json']) === 'application/json') {
    const error = details.length === 0 ? message : `${message} ${details.join('; ')}`;
    response.json({ error, problems: [...details] } satisfies ProblemBody);
    return;
  }
  const lines = [message, ...details.map((detail) => `- ${detail}`)];
  response.type('text/plain').send(`${lines.join('\n') || STATUS_CODES[status]}\n`);
}
