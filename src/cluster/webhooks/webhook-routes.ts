/**
 * `/announcements/CREATOR/SESSION/webhooks`: who announced a session says where its events go.
 * They can be set, not read: their URLs are nobody else's business. What signs the events is drawn
 * with the first webhook, told then, and never again.
 */
import { type Request, type Response, Router } from 'express';
import { WEBHOOKS_MAX, type WebhooksAnswer, webhooksSchema } from '../../api/publishing.js';
import { checkLiteral, FetchProblem, parseUrl } from '../../http/client/guarded-request.js';
import { drawPassword } from '../../runtime/secrets.js';
import { parseSessionPath } from '../../session/session-name.js';
import { putProblem, sendDenial } from '../announcements/publish-problems.js';
import type { FrontEndContext } from '../front-end-context.js';
import { bodyReader, decodeJson, route } from '../web/methods.js';
import { type Found, found, missing, problem, sendProblem } from '../web/problem.js';

const readBody = bodyReader(16_384);

const USAGE = `PUT a JSON array of at most ${WEBHOOKS_MAX} URLs, as a replacement for all of them:`;

/** What can be said of the URL before anything is sent there. */
function objectionTo(url: string, allowPrivate: boolean): string[] {
  try {
    checkLiteral(parseUrl(url), allowPrivate);
    return [];
  } catch (error) {
    if (error instanceof FetchProblem) return [error.message];
    throw error;
  }
}

function readUrls(body: Buffer, allowPrivate: boolean): Found<readonly string[]> {
  const urls = webhooksSchema.safeParse(decodeJson(body));
  if (!urls.success) return missing(problem(422, USAGE, ['this is something else']));
  const objections = urls.data.flatMap((url) => objectionTo(url, allowPrivate));
  if (objections.length > 0) return missing(problem(422, USAGE, objections));
  return found([...new Set(urls.data)]);
}

async function setWebhooks(context: FrontEndContext, request: Request, response: Response) {
  const fail = (status: number, message: string): void =>
    sendProblem(request, response, problem(status, message));
  const name = parseSessionPath(`${request.params.creator}/${request.params.session}`);
  const urls = readUrls(await readBody(request, response), context.allowPrivate);
  const published = name.ok ? context.store.get(name.value.text) : undefined;
  if (published === undefined) return fail(404, 'It is not published here.');
  const denial = await context.ownership.objectionTo(request, published.owner);
  if (denial !== undefined) return sendDenial(request, response, denial);
  const { owner } = published;
  if (owner === undefined) return fail(409, 'It has no admin token yet: announce it again.');
  if (urls.kind === 'problem') return sendProblem(request, response, urls.problem);
  const drawn = owner.webhookSecret === undefined ? drawPassword() : undefined;
  const webhookSecret = owner.webhookSecret ?? drawn;
  const next = { ...published, owner: { ...owner, webhooks: [...urls.value], webhookSecret } };
  const result = await context.store.put(next, (before) => before === published);
  const why = putProblem(result);
  if (why !== undefined) return sendProblem(request, response, why);
  const answer: WebhooksAnswer = drawn === undefined ? {} : { secret: drawn };
  response.set('Cache-Control', 'no-store').json(answer);
}

/** The routes of stations that want to be told. */
export function webhookRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/announcements/:creator/:session/webhooks', {
    PUT: (request, response) => setWebhooks(context, request, response),
  });
  return router;
}
