/**
 * `/announcements/CREATOR/SESSION/webhooks`: the owner of an announcement says where the session's
 * events are sent. Webhooks can be set but not read, because their URLs may hold secrets of their
 * receivers. The secret that signs the events is drawn with the first webhook, is in that answer,
 * and is never told again.
 */
import { type Request, type Response, Router } from 'express';
import { WEBHOOKS_MAX, type WebhooksAnswer, webhooksSchema } from '../../api/publishing.js';
import { checkLiteral, FetchProblem, parseUrl } from '../../http/client/guarded-request.js';
import { hashOfBody } from '../../http/session-proof.js';
import { drawPassword } from '../../runtime/secrets.js';
import { type OwnedDependencies, ownedBy } from '../announcements/owned.js';
import { putProblem } from '../announcements/publish-problems.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';

export interface WebhookDependencies extends OwnedDependencies {
  /** Whether webhooks may be at private addresses. */
  readonly allowPrivate: boolean;
}

const ALTERED = problem(403, 'The webhooks are not those that were signed.');
const USAGE = `PUT a JSON array of at most ${WEBHOOKS_MAX} URLs; it replaces all webhooks:`;

const readUrls = jsonReader(webhooksSchema, 16_384, () =>
  problem(422, USAGE, ['the body is something else']),
);

/** The objections to a URL that are known before anything is sent there. */
function objectionsTo(url: string, allowPrivate: boolean): string[] {
  try {
    checkLiteral(parseUrl(url), allowPrivate);
    return [];
  } catch (error) {
    if (error instanceof FetchProblem) return [error.message];
    throw error;
  }
}

async function setWebhooks(
  dependencies: WebhookDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  let hash = '';
  const urls = await readUrls(request, response, (bytes) => {
    hash = hashOfBody(bytes);
    return undefined;
  });
  const owned = await ownedBy(dependencies, request);
  if (!owned.ok) return owned.problem;
  if (!owned.value.isBody(hash)) return ALTERED;
  if (!urls.ok) return urls.problem;
  const objections = urls.value.flatMap((url) => objectionsTo(url, dependencies.allowPrivate));
  if (objections.length > 0) return problem(422, USAGE, objections);
  const { published } = owned.value;
  const { owner } = published;
  const drawn = owner.webhookSecret === undefined ? drawPassword() : undefined;
  const webhookSecret = owner.webhookSecret ?? drawn;
  const webhooks = [...new Set(urls.value)];
  const next = { ...published, owner: { ...owner, webhooks, webhookSecret } };
  const result = await dependencies.store.put(next, (before) => before === published);
  const why = putProblem(result);
  if (why !== undefined) return why;
  const answer: WebhooksAnswer = drawn === undefined ? {} : { secret: drawn };
  response.set('Cache-Control', 'no-store').json(answer);
  return undefined;
}

/** The route by which owners subscribe to events. */
export function webhookRoutes(dependencies: WebhookDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/announcements/:creator/:session/webhooks', {
    PUT: (request, response) => setWebhooks(dependencies, request, response),
  });
  return router;
}
