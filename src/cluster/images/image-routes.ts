/**
 * `GET /images/HASH`: the pictures of sessions, which never change under their address. `PUT
 * /announcements/CREATOR/SESSION/image` needs no credentials: only the picture whose hash is in the announcement
 * is taken, and that announcement is signed.
 */
import { type Request, type Response, Router } from 'express';
import { imagePath, pictureOfPath } from '../../api/publishing.js';
import { IMAGE_BYTES_MAX } from '../../image/image-type.js';
import { isSha256 } from '../../session/public-key.js';
import { parseSessionPath } from '../../session/session-name.js';
import type { AnnouncementStore } from '../announcements/announcement-store.js';
import { NOT_PUBLISHED } from '../announcements/owned.js';
import { diskProblem } from '../announcements/publish-problems.js';
import { clientOf } from '../web/client.js';
import { bodyReader, publicRoute, type Refusal, route } from '../web/methods.js';
import { problem } from '../web/problem.js';
import { type ImageFiles, imageOf } from './image-files.js';
import { HERE, type ImageFinder } from './image-finder.js';

export interface ImageDependencies {
  readonly store: AnnouncementStore;
  readonly images: ImageFiles;
  readonly imageFinder: ImageFinder;
}

/** Bodies that are read at a time, each in memory. Guess. */
const UPLOADS_MAX = 8;
/** What is not read by then is not worth the memory, ms. Guess. */
const SENDING_MS_MAX = 60_000;

const UNANNOUNCED = problem(
  404,
  'The announcement that is published here names no picture: publish one that does first.',
);
const NO_HASH = problem(404, 'Pictures are at /images/HASH, 43 characters of base64url.');
const TOO_MANY = { ...problem(503, 'Too many pictures are being uploaded.'), retryAfter: 5 };

const readBody = bodyReader(IMAGE_BYTES_MAX);

async function show(
  { imageFinder }: ImageDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const hash = `${request.params.hash}`;
  if (!isSha256(hash)) return NO_HASH;
  const image = await imageFinder.find(hash, clientOf(response), request.query[HERE] === '1');
  if (!image.ok) return image.problem;
  const late = setTimeout(() => response.destroy(), SENDING_MS_MAX);
  response.once('close', () => clearTimeout(late));
  response.set('Cache-Control', 'public, max-age=31536000, immutable');
  response.set({ 'Content-Type': image.value.type, ETag: `"${hash}"` }).send(image.value.bytes);
  return undefined;
}

function createUpload({ store, images }: ImageDependencies) {
  let uploads = 0;
  const receive = async (request: Request, response: Response, hash: string): Promise<Refusal> => {
    const image = imageOf(hash, await readBody(request, response));
    if (!image.ok) return problem(422, 'The picture is refused:', image.problems);
    try {
      await images.put(hash, image.value);
    } catch (error) {
      return diskProblem(error as NodeJS.ErrnoException);
    }
    response.status(204).end();
    return undefined;
  };
  return async (request: Request, response: Response): Promise<Refusal> => {
    const name = parseSessionPath(`${request.params.creator}/${request.params.session}`);
    const published = name.ok ? store.get(name.value.text) : undefined;
    if (published === undefined) return NOT_PUBLISHED;
    const { image } = published.announcement;
    if (image === undefined) return UNANNOUNCED;
    if (uploads >= UPLOADS_MAX) return TOO_MANY;
    uploads++;
    return receive(request, response, image).finally(() => uploads--);
  };
}

/** The routes of pages, of other clusters, and of `announce --image`. */
export function imageRoutes(dependencies: ImageDependencies): Router {
  const router = Router({ caseSensitive: true });
  publicRoute(router, imagePath(':hash'), {
    GET: (request, response) => show(dependencies, request, response),
  });
  route(router, pictureOfPath(':creator/:session'), { PUT: createUpload(dependencies) });
  return router;
}
