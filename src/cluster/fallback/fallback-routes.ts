/**
 * `/announcements/CREATOR/SESSION/fallback`: the owner of an announcement says what is played while
 * nobody broadcasts. PUT an MP3 file, with `?title=` for its name; DELETE removes it. The session's
 * rendezvous SCX is told with its lease (fleet/lease-terms.ts) and plays it
 * (scx/sources/fallback-process.ts).
 *
 * An upload may take minutes. What was changed about the announcement meanwhile stays; an upload to
 * a session that has been withdrawn meanwhile, or has another key, is dropped. The request is signed,
 * and so is the hash of the file.
 */

import { createHash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import { keySeedSchema } from '../../api/fallback-launch.js';
import {
  FALLBACK_BYTES_MAX,
  FALLBACK_KEY_FIELD,
  FALLBACK_TITLE_LENGTH_MAX,
} from '../../api/publishing.js';
import { plainText } from '../../lib/plain-text.js';
import type { PutResult } from '../announcements/announcement-store.js';
import { type Owned, type OwnedDependencies, ownedBy } from '../announcements/owned.js';
import type { StoredFallback } from '../announcements/owner.js';
import { diskProblem, putProblem } from '../announcements/publish-problems.js';
import { type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';
import type { FallbackFiles, Received } from './fallback-files.js';

export interface FallbackDependencies extends OwnedDependencies {
  readonly fallbacks: FallbackFiles;
  readonly log: Logger;
}

const MIB = FALLBACK_BYTES_MAX / 2 ** 20;

const TOO_LARGE = problem(413, `A fallback file may have at most ${MIB} MiB.`);
const TOO_MANY = {
  ...problem(503, 'Too many fallback files are being uploaded here; try again later.'),
  retryAfter: 10,
};
const NO_SEED = problem(
  400,
  `${FALLBACK_KEY_FIELD} must be the seed of the source key "fallback": upload it with announce.`,
);
const ALTERED = problem(403, 'The file is not the one that was signed: upload it again.');
const NO_ROOM = "The cluster's space for fallback files is full: remove one of them first.";
const OVERTAKEN: PutResult = { kind: 'overtaken' };

/** Why the upload was not stored; undefined if it was. */
function receiveProblem(received: Received): Refusal {
  switch (received.kind) {
    case 'stored':
      return undefined;
    case 'tooLarge':
      return TOO_LARGE;
    case 'tooShort':
      return problem(422, 'A fallback file must play for at least a second.');
    case 'tooMany':
      return TOO_MANY;
    case 'noRoom':
      return problem(507, NO_ROOM);
    case 'brokenOff':
      return problem(400, 'The upload ended before the file was complete: upload it again.');
    case 'notMp3':
      return problem(
        415,
        `A fallback file must be MP3; this is ${received.format ?? 'something else'}.`,
      );
    case 'failed':
      return diskProblem(received.error);
  }
}

/** Stores another fallback, or none, in what the announcement is now. */
function put(
  { store }: FallbackDependencies,
  { published: { announcement } }: Owned,
  fallback: StoredFallback | undefined,
): Promise<PutResult> {
  const now = store.get(announcement.name.text);
  if (now?.announcement.key !== announcement.key) return Promise.resolve(OVERTAKEN);
  const next = { ...now, owner: { ...now.owner, fallback } };
  return store.put(next, (before) => before === now);
}

/** The hash of all chunks that have passed. */
function hashing(chunks: AsyncIterable<Uint8Array>) {
  const hash = createHash('sha256');
  const pass = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  return { chunks: pass(), digest: () => hash.digest('base64url') };
}

async function setFallback(
  dependencies: FallbackDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const owned = await ownedBy(dependencies, request);
  if (!owned.ok) return owned.problem;
  if (Number(request.headers['content-length']) > FALLBACK_BYTES_MAX) return TOO_LARGE;
  const title = plainText(`${request.query.title ?? ''}`, FALLBACK_TITLE_LENGTH_MAX) ?? 'Fallback';
  const seed = keySeedSchema.safeParse(request.get(FALLBACK_KEY_FIELD));
  if (!seed.success) return NO_SEED;
  let result: PutResult | 'altered' = OVERTAKEN;
  // The request is not destroyed, so that a client that is refused can read why.
  const { chunks, digest } = hashing(request.iterator({ destroyOnReturn: false }));
  const received = await dependencies.fallbacks.receive(chunks, async ({ file, bytes }) => {
    if (!owned.value.isBody(digest())) result = 'altered';
    else result = await put(dependencies, owned.value, { file, bytes, title, seed: seed.data });
  });
  const stored = result as PutResult | 'altered';
  const why = receiveProblem(received) ?? (stored === 'altered' ? ALTERED : putProblem(stored));
  if (why !== undefined) return why;
  const session = owned.value.published.announcement.name.text;
  dependencies.log.info({ session, title }, 'a fallback file was stored');
  response.status(204).end();
  return undefined;
}

async function removeFallback(
  dependencies: FallbackDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const owned = await ownedBy(dependencies, request);
  if (!owned.ok) return owned.problem;
  const why = putProblem(await put(dependencies, owned.value, undefined));
  if (why !== undefined) return why;
  await dependencies.fallbacks.sweep();
  response.status(204).end();
  return undefined;
}

/** The route of owners whose sessions are never silent. */
export function fallbackRoutes(dependencies: FallbackDependencies): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/announcements/:creator/:session/fallback', {
    PUT: (request, response) => setFallback(dependencies, request, response),
    DELETE: (request, response) => removeFallback(dependencies, request, response),
  });
  return router;
}
