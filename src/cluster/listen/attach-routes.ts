/** `POST /attach` (§2.5, api/attach.ts): a client asks for an SCX of a session. */
import { type Request, type Response, Router } from 'express';
import { type Attachment, attachRequestSchema } from '../../api/attach.js';
import type { AnnouncementFinder } from '../announcements/announcement-finder.js';
import { accessOf } from '../announcements/launch-facts.js';
import type { SessionScxs } from '../fleet/scx-for-session.js';
import { clientOf } from '../web/client.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';

export interface AttachDependencies {
  readonly finder: AnnouncementFinder;
  readonly scxs: SessionScxs;
}

const KEEP_ALIVE_MS = 1000; // guess: an SCX notices a lost source within seconds

const USAGE = 'POST {"announcement": URL, "role": "source" or "listener"} as application/json:';

const readRequest = jsonReader(attachRequestSchema, 8192, (mistakes) =>
  problem(400, USAGE, mistakes),
);

async function attach(
  { finder, scxs }: AttachDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  if (!request.is('application/json')) {
    return problem(415, USAGE, ['the body has another content type']);
  }
  const asked = await readRequest(request, response);
  if (!asked.ok) return asked.problem;
  const known = await finder.find(asked.value.announcement, request.host, clientOf(response));
  if (!known.ok) return known.problem;
  const scx = await scxs.first(known.value, clientOf(response));
  if (!scx.ok) return scx.problem;
  const { id, session, httpUrl, overlayAddress } = scx.value;
  const answer: Attachment = {
    session,
    sources: accessOf(known.value.announcement).sources,
    scx: { id, httpUrl, overlayAddress },
    multicast: null,
    keepAliveMs: KEEP_ALIVE_MS,
  };
  response.set('Cache-Control', 'no-store').json(answer);
  return undefined;
}

/** The route of clients that attach. */
export function attachRoutes(dependencies: AttachDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/attach', {
    POST: (request, response) => attach(dependencies, request, response),
  });
  return router;
}
