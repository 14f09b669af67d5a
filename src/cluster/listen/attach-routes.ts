/**
 * `POST /attach` (§2.5): "The request includes the session announcement for the session that the
 * client is interested in and an indication of whether the client is a source of data or not.
 * The cluster creates a new SCX if needed and returns the location of the SCX."
 *
 * `multicast` is there because the answer has it in the paper; it is null until local multicast
 * is built. The client then sends KEEP_ALIVE to the SCX every `keepAliveMs`.
 */
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { scxFor } from '../fleet/scx-for-session.js';
import type { FrontEndContext } from '../front-end-context.js';
import { bodyReader, decodeJson, route } from '../web/methods.js';
import { problem, sendProblem } from '../web/problem.js';

const KEEP_ALIVE_MS = 1000; // guess: an SCX notices a lost source within seconds

const attachRequestSchema = z.strictObject({
  /** The announcement's URL. */
  announcement: z.string().min(1).max(2048),
  role: z.enum(['source', 'listener']),
});

const attachAnswerSchema = z.object({
  /** `scattercast://creator/session`. */
  session: z.string(),
  scx: z.object({ id: z.string(), httpUrl: z.string(), overlayAddress: z.string() }),
  /** The locally scoped multicast group; null: there is none. */
  multicast: z.null(),
  keepAliveMs: z.number(),
});

type AttachAnswer = z.infer<typeof attachAnswerSchema>;

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
  const answer: AttachAnswer = {
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
