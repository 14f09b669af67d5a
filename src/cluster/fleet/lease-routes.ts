/**
 * What SCXs ask of a front end. `POST /leases`: ours renew their leases, with their status and
 * the cluster's secret. `GET /rendezvous/CREATOR/SESSION`: those of other clusters find the
 * session's rendezvous point (§3.4), wherever it listens since its last restart.
 */
import { type Request, type Response, Router } from 'express';
import type { LeaseTerms } from '../../api/lease.js';
import type { RendezvousAnswer } from '../../api/rendezvous.js';
import { scxStatusSchema } from '../../api/scx-status.js';
import { parseSessionPath } from '../../session/session-name.js';
import { isAuthorized } from '../data/lease-secret.js';
import { type FrontEndContext, foreignUrl } from '../front-end-context.js';
import { bodyReader, decodeJson, route } from '../web/methods.js';
import { problem, sendProblem } from '../web/problem.js';
import { runningScx, scxFor } from './scx-for-session.js';

const readBody = bodyReader(1024 * 1024); // guess: dozens of sources with long paths
const RESTART_MS = 2000; // guess: a rendezvous SCX is back by then, mostly

/** An announcement that was changed reaches an SCX that runs already, its players and sources. */
function announcedNow(context: FrontEndContext, session: string) {
  const known = context.finder.recall(session);
  if (known === undefined) return {};
  const { title = null, genre = null, sourceKey = null } = known.announcement;
  const announcement = foreignUrl(context, known) ?? null;
  return { station: { title, genre }, access: { sourceKey, announcement } };
}

/** The session's rendezvous SCX plays the fallback: it is one, and always there. */
function fallbackOf({ store, fallbacks }: FrontEndContext, session: string, isKept: boolean) {
  const fallback = store.get(session)?.owner?.fallback;
  if (fallback === undefined || !isKept) return null;
  return { path: fallbacks.pathOf(fallback.file), title: fallback.title };
}

function tellWebhooks(context: FrontEndContext, session: string): void {
  const view = runningScx(context, session);
  const owner = context.store.get(session)?.owner;
  if (view !== undefined) context.webhooks.hear(session, owner, view);
}

async function renew(context: FrontEndContext, request: Request, response: Response) {
  const fail = (status: number, message: string): void =>
    sendProblem(request, response, problem(status, message));
  if (!isAuthorized(request.headers.authorization, context.secret)) {
    return fail(401, 'Leases are renewed by the SCXs of this cluster only.');
  }
  const status = scxStatusSchema.safeParse(decodeJson(await readBody(request, response)));
  if (!status.success) {
    context.log.warn({ issues: status.error.issues.slice(0, 5) }, 'a lease makes no sense');
    return fail(400, 'The status makes no sense.');
  }
  const answer = context.fleet.renew(status.data);
  if (answer === undefined) return fail(410, 'There is no such SCX here.');
  context.metrics.countLease();
  const { session } = status.data;
  const fallback = fallbackOf(context, session, answer.keep);
  const terms: LeaseTerms = { ...answer, ...announcedNow(context, session), fallback };
  response.json(terms);
  tellWebhooks(context, session);
}

async function findRendezvous(context: FrontEndContext, request: Request, response: Response) {
  const { creator, session } = request.params;
  const name = parseSessionPath(`${creator}/${session}`);
  const unknown = problem(404, 'This cluster has no SCX for that session.');
  if (!name.ok) return sendProblem(request, response, unknown);
  const published = context.store.get(name.value.text);
  const running = runningScx(context, name.value.text);
  response.set('Cache-Control', 'no-store');
  if (published === undefined) {
    if (running === undefined) return sendProblem(request, response, unknown);
    return void response.json({ address: running.overlayAddress } satisfies RendezvousAnswer);
  }
  const known = { announcement: published.announcement, url: '' };
  const scx = await scxFor(context, known, RESTART_MS);
  if (scx.kind === 'problem') return sendProblem(request, response, scx.problem);
  response.json({ address: scx.value.overlayAddress } satisfies RendezvousAnswer);
}

/** The routes of SCXs. */
export function leaseRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/leases', { POST: (request, response) => renew(context, request, response) });
  route(router, '/rendezvous/:creator/:session', {
    GET: (request, response) => findRendezvous(context, request, response),
  });
  return router;
}
