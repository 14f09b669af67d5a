/**
 * `GET /rendezvous/CREATOR/SESSION` (§3.4, api/rendezvous.ts): the SCXs of other clusters find the
 * session's rendezvous point, wherever it has listened since its last restart. `SESSION@KEY` is a
 * session that is announced elsewhere.
 */
import { type Request, type Response, Router } from 'express';
import type { RendezvousAnswer } from '../../api/rendezvous.js';
import { identityOf, parseSessionRef } from '../../session/session-id.js';
import type { AnnouncementFinder } from '../announcements/announcement-finder.js';
import { publicRoute, type Refusal } from '../web/methods.js';
import { problem } from '../web/problem.js';
import type { SessionScxs } from './scx-for-session.js';

export interface RendezvousDependencies {
  readonly finder: Pick<AnnouncementFinder, 'named'>;
  readonly scxs: Pick<SessionScxs, 'first' | 'existing' | 'exists'>;
}

const RESTART_MS = 2000; // guess: a rendezvous SCX is usually back by then

const UNKNOWN = problem(404, 'This cluster has no SCX of that session.');

async function answerRendezvous(
  { finder, scxs }: RendezvousDependencies,
  { params }: Request,
  response: Response,
): Promise<Refusal> {
  const answer = (address: string): undefined =>
    void response.json({ address } satisfies RendezvousAnswer);
  const ref = parseSessionRef(`${params.creator}/${params.session}`);
  if (!ref.ok) return UNKNOWN;
  response.set('Cache-Control', 'no-store');
  const known = finder.named(ref.value);
  const { key = known?.session.key } = ref.value;
  if (key === undefined) return UNKNOWN;
  const { id } = identityOf(ref.value, key);
  if (!known?.isPublished && !scxs.exists(id)) return UNKNOWN;
  const scx = known?.isPublished
    ? await scxs.first(known, '', RESTART_MS)
    : await scxs.existing(id, RESTART_MS);
  return scx.ok ? answer(scx.value.overlayAddress) : scx.problem;
}

/** The route of SCXs of other clusters. */
export function rendezvousRoutes(dependencies: RendezvousDependencies): Router {
  const router = Router({ caseSensitive: true });
  publicRoute(router, '/rendezvous/:creator/:session', {
    GET: (request, response) => answerRendezvous(dependencies, request, response),
  });
  return router;
}
