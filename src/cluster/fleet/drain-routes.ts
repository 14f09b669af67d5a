/**
 * `POST /drain`: all SCXs of this cluster are to be replaced. It is asked by `scattercast cluster
 * --drain` of whoever can read the cluster's secret, which is its own user. The answer is a line of
 * JSON for each SCX, as soon as it is done.
 */
import { type Request, type Response, Router } from 'express';
import { drainRequestSchema } from '../../api/drain.js';
import { isAuthorized } from '../data/lease-secret.js';
import type { FrontEndContext } from '../front-end-context.js';
import { bodyReader, decodeJson, route } from '../web/methods.js';
import { problem, sendProblem } from '../web/problem.js';

const readBody = bodyReader(1024);

async function drain(context: FrontEndContext, request: Request, response: Response) {
  const fail = (status: number, message: string): void =>
    sendProblem(request, response, problem(status, message));
  if (!isAuthorized(request.headers.authorization, context.secret)) {
    return fail(401, "Draining is for the cluster's own user.");
  }
  const body = drainRequestSchema.safeParse(decodeJson(await readBody(request, response)));
  if (!body.success) return fail(400, 'Say how long listeners may stay: {"drainMs": 3600000}.');
  response.type('application/x-ndjson').set('Cache-Control', 'no-store');
  const hasDrained = await context.fleet.drain(body.data.drainMs, (drained) => {
    context.log.info({ ...drained }, 'drained an SCX');
    response.write(`${JSON.stringify(drained)}\n`);
  });
  if (!hasDrained) return fail(409, 'A drain is under way here.');
  response.end();
}

/** The route of operators who restart. */
export function drainRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/drain', { POST: (request, response) => drain(context, request, response) });
  return router;
}
