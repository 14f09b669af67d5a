/** `POST /attach` (§2.5, api/attach.ts): a client asks for an SCX of a session. */
import { type Request, type Response, Router } from 'express';
import type { z } from 'zod';
import { type Attachment, attachRequestSchema } from '../../api/attach.js';
import { scxFor } from '../fleet/scx-for-session.js';
import type { FrontEndContext } from '../front-end-context.js';
import { bodyReader, decodeJson, route } from '../web/methods.js';
import { problem, sendProblem } from '../web/problem.js';

const KEEP_ALIVE_MS = 1000; // guess: an SCX notices a lost source within seconds

const readBody = bodyReader(8192);

const USAGE = 'POST {"announcement": URL, "role": "source" or "listener"} as application/json:';

const problemsOf = (error: z.ZodError): string[] =>
  error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );

async function attach(context: FrontEndContext, request: Request, response: Response) {
  const fail = (status: number, details: readonly string[]): void =>
    sendProblem(request, response, problem(status, USAGE, details));
  if (!request.is('application/json')) return fail(415, ['the body is of another type']);
  const body = attachRequestSchema.safeParse(decodeJson(await readBody(request, response)));
  if (!body.success) return fail(400, problemsOf(body.error));
  const known = await context.finder.find(body.data.announcement, request.headers.host);
  const scx = known.kind === 'found' ? await scxFor(context, known.value) : known;
  if (scx.kind === 'problem') return sendProblem(request, response, scx.problem);
  const { id, session, httpUrl, overlayAddress } = scx.value;
  const answer: Attachment = {
    session,
    scx: { id, httpUrl, overlayAddress },
    multicast: null,
    keepAliveMs: KEEP_ALIVE_MS,
  };
  response.set('Cache-Control', 'no-store').json(answer);
}

/** The route of clients that attach. */
export function attachRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/attach', {
    POST: (request, response) => attach(context, request, response),
  });
  return router;
}
