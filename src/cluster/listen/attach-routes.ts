/** `POST /attach` (§2.5, api/attach.ts): a client asks for an SCX of a session. */
import { type Request, type Response, Router } from 'express';
import { type Attachment, type AttachRequest, attachRequestSchema } from '../../api/attach.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { createTicketCheck, type TicketCheck } from '../../http/ticket-check.js';
import { joinHostPort } from '../../lib/host-port.js';
import { OWN_PORT } from '../../rtp/ports.js';
import type { AnnouncementFinder, Known } from '../announcements/announcement-finder.js';
import { accessOf } from '../announcements/launch-facts.js';
import type { SessionScxs } from '../fleet/scx-for-session.js';
import { clientOf } from '../web/client.js';
import { jsonReader, type Refusal, route } from '../web/methods.js';
import { type OrProblem, problem, refused } from '../web/problem.js';

export interface AttachDependencies {
  readonly finder: AnnouncementFinder;
  readonly scxs: SessionScxs;
}

const KEEP_ALIVE_MS = 1000; // guess: an SCX notices a lost source within seconds

const USAGE = 'POST {"announcement": URL, "role": "source" or "listener"} as application/json:';

const readRequest = jsonReader(attachRequestSchema, 8192, (mistakes) =>
  problem(400, USAGE, mistakes),
);

interface Context extends AttachDependencies {
  readonly objectionTo: TicketCheck;
}

/** The SCX for a client: for a listener one with room, if it may listen. */
async function scxFor(
  { scxs, objectionTo }: Context,
  { role, ticket }: AttachRequest,
  known: Known,
  client: string,
): Promise<OrProblem<ScxStatus>> {
  if (role === 'source') return scxs.first(known, client);
  const { session, announcement } = known;
  const target = `/${ticket === undefined ? '' : `?${new URLSearchParams({ ticket })}`}`;
  const denied = objectionTo(session, announcement.privacy, { target, address: client });
  if (denied !== undefined) return refused(problem(401, denied));
  return scxs.forListener(session.id, known, { client, isListener: true, unreserved: true });
}

/** The group that the SCX tells its receivers more of; null: it has none. */
const groupIn = (multicast: ScxStatus['multicast']): string | null =>
  multicast?.group === undefined || multicast.problem !== undefined
    ? null
    : joinHostPort(multicast.group, OWN_PORT);

async function attach(context: Context, request: Request, response: Response): Promise<Refusal> {
  if (!request.is('application/json')) {
    return problem(415, USAGE, ['the body has another content type']);
  }
  const asked = await readRequest(request, response);
  if (!asked.ok) return asked.problem;
  const known = await context.finder.find(
    asked.value.announcement,
    request.host,
    clientOf(response),
  );
  if (!known.ok) return known.problem;
  const scx = await scxFor(context, asked.value, known.value, clientOf(response));
  if (!scx.ok) return scx.problem;
  const { id, session, httpUrl, overlayAddress, multicast } = scx.value;
  const answer: Attachment = {
    session,
    sources: accessOf(known.value.announcement).sources,
    scx: { id, httpUrl, overlayAddress },
    multicast: groupIn(multicast),
    keepAliveMs: KEEP_ALIVE_MS,
  };
  response.set('Cache-Control', 'no-store').json(answer);
  return undefined;
}

/** The route of clients that attach. */
export function attachRoutes(dependencies: AttachDependencies): Router {
  const context = { ...dependencies, objectionTo: createTicketCheck() };
  const router = Router({ caseSensitive: true });
  route(router, '/attach', {
    POST: (request, response) => attach(context, request, response),
  });
  return router;
}
