/** A published session, for requests that change something about it. */
import type { Request } from 'express';
import { good } from '../../lib/result.js';
import { parseSessionPath } from '../../session/session-name.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import type { AnnouncementStore, Published } from './announcement-store.js';
import type { Owner } from './owner.js';
import type { Ownership } from './ownership.js';

/** A published announcement, as the store holds it, and its owner. */
export interface Owned {
  readonly published: Published;
  readonly owner: Owner;
}

export interface OwnedDependencies {
  readonly store: AnnouncementStore;
  readonly ownership: Ownership;
}

export const NOT_PUBLISHED = problem(404, 'This session is not published at this cluster.');

const NO_TOKEN_YET = problem(
  409,
  'The announcement has no admin token yet: publish it again, which draws one.',
);

/** The session at `/announcements/CREATOR/SESSION/...`, if the request may change it. */
export async function ownedBy(
  { store, ownership }: OwnedDependencies,
  request: Request,
): Promise<OrProblem<Owned>> {
  const name = parseSessionPath(`${request.params.creator}/${request.params.session}`);
  const published = name.ok ? store.get(name.value.text) : undefined;
  if (published === undefined) return refused(NOT_PUBLISHED);
  const { owner } = published;
  const denial = await ownership.objectionTo(request, owner);
  if (denial !== undefined) return refused(denial);
  return owner === undefined ? refused(NO_TOKEN_YET) : good({ published, owner });
}
