/**
 * `/announcements/CREATOR/SESSION/fallback`: who announced a session says what is played while
 * nobody broadcasts. PUT an MP3 file, `?title=` for its name; DELETE it. The session's rendezvous SCX
 * learns of it with its lease, and plays it (scx/fallback.ts).
 */
import { type Request, type Response, Router } from 'express';
import { FALLBACK_BYTES_MAX, FALLBACK_TITLE_LENGTH_MAX } from '../../api/publishing.js';
import { plainText } from '../../lib/plain-text.js';
import { parseSessionPath } from '../../session/session-name.js';
import type { Published, PutResult } from '../announcements/announcement-store.js';
import type { Owner, StoredFallback } from '../announcements/owner.js';
import { diskProblem, putProblem, sendDenial } from '../announcements/publish-problems.js';
import type { FrontEndContext } from '../front-end-context.js';
import { route } from '../web/methods.js';
import { type Found, found, missing, type Problem, problem, sendProblem } from '../web/problem.js';
import type { Received } from './fallback-files.js';

type Owned = Published & { readonly owner: Owner };

const MIB = FALLBACK_BYTES_MAX / 2 ** 20;

const TOO_LARGE = problem(413, `A fallback has at most ${MIB} MiB.`);
const OVERTAKEN: PutResult = { kind: 'overtaken' };

/** Why it was not stored; undefined if it was. */
function receiveProblem(received: Received): Problem | undefined {
  switch (received.kind) {
    case 'stored':
      return undefined;
    case 'tooLarge':
      return TOO_LARGE;
    case 'tooShort':
      return problem(422, 'A fallback lasts a second or longer.');
    case 'tooMany':
      return { ...problem(503, 'Too many files are on their way here.'), retryAfter: 10 };
    case 'noRoom':
      return problem(507, "The cluster's room for fallbacks is full: remove one of them first.");
    case 'brokenOff':
      return problem(400, 'The file broke off.');
    case 'notMp3':
      return problem(
        415,
        `A fallback must be MP3; this is ${received.format ?? 'something else'}.`,
      );
    case 'failed':
      return diskProblem(received.error);
  }
}

/** The announcement, for whoever may change it. */
async function ownedBy(
  { store, ownership }: FrontEndContext,
  request: Request,
): Promise<Found<Owned>> {
  const name = parseSessionPath(`${request.params.creator}/${request.params.session}`);
  const published = name.ok ? store.get(name.value.text) : undefined;
  if (published === undefined) return missing(problem(404, 'It is not published here.'));
  const { owner } = published;
  const denial = await ownership.objectionTo(request, owner);
  if (denial !== undefined) return missing(denial);
  if (owner !== undefined) return found({ ...published, owner });
  return missing(problem(409, 'It has no admin token yet: announce it again.'));
}

/** Whatever else was changed meanwhile stays; not what is no longer published, or not by them. */
function put(
  { store }: FrontEndContext,
  { announcement, owner }: Owned,
  fallback: StoredFallback | undefined,
): Promise<PutResult> {
  const now = store.get(announcement.name.text);
  if (now?.owner?.tokenHash !== owner.tokenHash) return Promise.resolve(OVERTAKEN);
  const next = { ...now, owner: { ...now.owner, fallback } };
  return store.put(next, (before) => before === now);
}

async function setFallback(context: FrontEndContext, request: Request, response: Response) {
  const fail = (why: Problem): void => sendDenial(request, response, why);
  const owned = await ownedBy(context, request);
  if (owned.kind === 'problem') return fail(owned.problem);
  if (Number(request.headers['content-length']) > FALLBACK_BYTES_MAX) return fail(TOO_LARGE);
  const title = plainText(`${request.query.title ?? ''}`, FALLBACK_TITLE_LENGTH_MAX) ?? 'Fallback';
  let result: PutResult = OVERTAKEN;
  // Not destroyed: who is refused is to read why.
  const chunks = request.iterator({ destroyOnReturn: false });
  const received = await context.fallbacks.receive(chunks, async (stored) => {
    result = await put(context, owned.value, { file: stored.file, bytes: stored.bytes, title });
  });
  const why = receiveProblem(received) ?? putProblem(result);
  if (why !== undefined) return fail(why);
  context.log.info({ session: owned.value.announcement.name.text, title }, 'a fallback was stored');
  response.status(204).end();
}

async function removeFallback(context: FrontEndContext, request: Request, response: Response) {
  const owned = await ownedBy(context, request);
  if (owned.kind === 'problem') return sendDenial(request, response, owned.problem);
  const why = putProblem(await put(context, owned.value, undefined));
  if (why !== undefined) return sendProblem(request, response, why);
  await context.fallbacks.sweep();
  response.status(204).end();
}

/** The routes of stations that are never silent. */
export function fallbackRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/announcements/:creator/:session/fallback', {
    PUT: (request, response) => setFallback(context, request, response),
    DELETE: (request, response) => removeFallback(context, request, response),
  });
  return router;
}
