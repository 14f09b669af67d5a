/**
 * `/announcements/CREATOR/SESSION.xml`: publishing (§2.2). What is published here is kept: its
 * rendezvous SCX (§3.4) starts at once and runs for as long as the announcement is published.
 *
 * Announcements arrive signed (runtime/signed-announcement.ts) and are passed on as they are. Who may
 * publish: ownership.ts; which of two announcements holds: announcement-store.ts.
 */
import { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import { announcementPath, type PublishedAnswer } from '../../api/publishing.js';
import { listenUrl } from '../../icecast/listen-url.js';
import { good } from '../../lib/result.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import { ANNOUNCEMENT_LIMITS, type SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { identityOf, type SessionIdentity } from '../../session/session-id.js';
import { parseSessionPath, type SessionName, sessionPath } from '../../session/session-name.js';
import { bodyReader, decodeText, publicRoute, type Refusal } from '../web/methods.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import { publicUrl } from '../web/public-url.js';
import type { Published } from './announcement-store.js';
import { NOT_PUBLISHED, type OwnedDependencies } from './owned.js';
import { NOTHING_SET_UP } from './owner.js';
import { diskProblem, putProblem } from './publish-problems.js';

export interface AnnouncementDependencies extends OwnedDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  readonly log: Logger;
  /** The time of the cluster, since 1970. */
  timeMs(): number;
  onPublished(announcement: SignedAnnouncement): void;
  onWithdrawn(session: SessionIdentity): Promise<void>;
}

const NOT_HERE = problem(404, 'Announcements are at /announcements/CREATOR/SESSION.xml.');
const OVERTAKEN = problem(409, 'A newer announcement than the one to be withdrawn is published.');

const readBody = bodyReader(ANNOUNCEMENT_LIMITS.documentBytesMax);

function nameIn({ params }: Request): OrProblem<SessionName> {
  const file = `${params.file}`;
  const path = `${params.creator}/${file.replace(/\.xml$/, '')}`;
  const name = parseSessionPath(path);
  if (!name.ok) return refused(problem(400, 'Malformed session name:', name.problems));
  return file.endsWith('.xml') ? name : refused(NOT_HERE);
}

function readAnnouncement(
  body: Buffer,
  name: SessionName,
  timeMs: number,
): OrProblem<Pick<Published, 'announcement' | 'xml'>> {
  const xml = decodeText(body);
  if (xml === undefined) return refused(problem(400, 'The announcement is not UTF-8 text.'));
  const parsed = parseAnnouncement(xml);
  const read = parsed.ok ? verifyAnnouncement(parsed.value, timeMs) : parsed;
  if (!read.ok) return refused(problem(422, 'The announcement is not valid:', read.problems));
  if (read.value.name.text === name.text) return good({ announcement: read.value, xml });
  const advice = `publish it at /announcements/${sessionPath(read.value.name)}.xml`;
  return refused(problem(422, `The announcement is for ${read.value.name.text}: ${advice}.`));
}

function sendPublished(url: string, response: Response, { name, key }: SignedAnnouncement): void {
  const path = sessionPath(name);
  const answer: PublishedAnswer = {
    url: `${url}${announcementPath(path)}`,
    session: name.text,
    key,
    listen: listenUrl(url, path),
  };
  response.set('Cache-Control', 'no-store').json(answer);
}

async function publish(
  { url, store, ownership, log, onPublished, timeMs }: AnnouncementDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const name = nameIn(request);
  if (!name.ok) return name.problem;
  const body = await readBody(request, response);
  const before = store.get(name.value.text);
  const denial = await (before === undefined
    ? ownership.objectionToNew(request, body)
    : ownership.objectionTo(request, before.announcement.key, body));
  if (denial !== undefined) return denial;
  const read = readAnnouncement(body, name.value, timeMs());
  if (!read.ok) return read.problem;
  const entry: Published = { ...read.value, owner: before?.owner ?? NOTHING_SET_UP };
  const result = await store.put(entry, (now) => now === before);
  const why = putProblem(result);
  if (why !== undefined) {
    log.warn({ session: name.value.text, result }, 'an announcement was not stored');
    return why;
  }
  onPublished(entry.announcement);
  response.status(result.kind === 'created' ? 201 : 200);
  sendPublished(publicUrl(url, request), response, entry.announcement);
  return undefined;
}

async function unpublish(
  { store, ownership, onWithdrawn }: AnnouncementDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const name = nameIn(request);
  if (!name.ok) return name.problem;
  const published = store.get(name.value.text);
  if (published === undefined) return NOT_PUBLISHED;
  const { key, issuedMs } = published.announcement;
  const permitted = await ownership.permit(request, key);
  if (!permitted.ok) return permitted.problem;
  // A request that was sent, or was repeated by somebody else, before it was announced again.
  if (permitted.value.atMs < issuedMs) return OVERTAKEN;
  try {
    if (!(await store.remove(name.value))) return NOT_PUBLISHED;
  } catch (error) {
    return diskProblem(error as NodeJS.ErrnoException);
  }
  await onWithdrawn(identityOf(name.value, key));
  response.status(204).end();
  return undefined;
}

function show({ store }: AnnouncementDependencies, request: Request, response: Response): Refusal {
  const name = nameIn(request);
  if (!name.ok) return name.problem;
  const published = store.get(name.value.text);
  if (published === undefined) return NOT_PUBLISHED;
  response.set('Cache-Control', 'no-cache').type('application/xml').send(published.xml);
  return undefined;
}

/** The route of publishers, and of clients that read what is published. */
export function announcementRoutes(dependencies: AnnouncementDependencies): Router {
  const router = Router({ caseSensitive: true });
  publicRoute(router, '/announcements/:creator/:file', {
    GET: (request, response) => show(dependencies, request, response),
    PUT: (request, response) => publish(dependencies, request, response),
    DELETE: (request, response) => unpublish(dependencies, request, response),
  });
  return router;
}
