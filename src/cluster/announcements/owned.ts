/** A published session, for requests that change something about it. */
import type { Request } from 'express';
import { good } from '../../lib/result.js';
import { parseSessionPath } from '../../session/session-name.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import type { AnnouncementStore, Published } from './announcement-store.js';
import type { Ownership, Permission } from './ownership.js';

export interface OwnedDependencies {
  readonly store: AnnouncementStore;
  readonly ownership: Ownership;
}

export const NOT_PUBLISHED = problem(404, 'This session is not published at this cluster.');

/** A published announcement, as the store holds it, that the request may change. */
export interface Owned extends Permission {
  readonly published: Published;
}

/** The session at `/announcements/CREATOR/SESSION/...`, if the request may change it. */
export async function ownedBy(
  { store, ownership }: OwnedDependencies,
  request: Request,
): Promise<OrProblem<Owned>> {
  const name = parseSessionPath(`${request.params.creator}/${request.params.session}`);
  const published = name.ok ? store.get(name.value.text) : undefined;
  if (published === undefined) return refused(NOT_PUBLISHED);
  const permitted = await ownership.permit(request, published.announcement.key);
  return permitted.ok ? good({ published, ...permitted.value }) : permitted;
}
