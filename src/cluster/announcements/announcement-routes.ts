/**
 * `/announcements/CREATOR/SESSION.xml`: publishing (§2.2). What is published here is kept: its
 * rendezvous SCX (§3.4) starts at once and runs for as long as the announcement is published.
 *
 * Who may publish a session that is new here: ownership.ts. The first publication draws its source password and its admin token. They are in
 * that answer, and are never told again.
 */
import { type Request, type Response, Router } from 'express';
import type { Logger } from 'pino';
import {
  announcementPath,
  type PasswordChoice,
  type PublishedAnswer,
} from '../../api/publishing.js';
import { listenUrl } from '../../icecast/listen-url.js';
import { good } from '../../lib/result.js';
import { drawPassword, hashSecret } from '../../runtime/secrets.js';
import { ANNOUNCEMENT_LIMITS, type Announcement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { parseSessionPath, type SessionName, sessionPath } from '../../session/session-name.js';
import { bodyReader, decodeText, publicRoute, type Refusal } from '../web/methods.js';
import { type OrProblem, problem, refused } from '../web/problem.js';
import { publicUrl } from '../web/public-url.js';
import type { Published } from './announcement-store.js';
import { NOT_PUBLISHED, type OwnedDependencies } from './owned.js';
import { diskProblem, putProblem } from './publish-problems.js';
import { chooseSourceKey } from './source-key-choice.js';

export interface AnnouncementDependencies extends OwnedDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  readonly log: Logger;
  onPublished(announcement: Announcement): void;
  onWithdrawn(name: SessionName): Promise<void>;
}

/** The part of the answer that only the publisher gets, and only once. */
type Drawn = Pick<PublishedAnswer, 'password' | 'token'>;

/** The record to store, and the secrets that were drawn for it. */
interface Prepared {
  readonly entry: Published;
  readonly drawn: Drawn;
}

const NOT_HERE = problem(404, 'Announcements are at /announcements/CREATOR/SESSION.xml.');

const readBody = bodyReader(ANNOUNCEMENT_LIMITS.documentBytesMax);

function nameIn({ params }: Request): OrProblem<SessionName> {
  const file = `${params.file}`;
  const path = `${params.creator}/${file.replace(/\.xml$/, '')}`;
  const name = parseSessionPath(path);
  if (!name.ok) return refused(problem(400, 'Malformed session name:', name.problems));
  return file.endsWith('.xml') ? name : refused(NOT_HERE);
}

function readAnnouncement(body: Buffer, name: SessionName): OrProblem<Published> {
  const xml = decodeText(body);
  if (xml === undefined) return refused(problem(400, 'The announcement is not UTF-8 text.'));
  const parsed = parseAnnouncement(xml);
  if (!parsed.ok) return refused(problem(422, 'The announcement is not valid:', parsed.problems));
  if (parsed.value.name.text === name.text) return good({ announcement: parsed.value, xml });
  const advice = `publish it at /announcements/${sessionPath(parsed.value.name)}.xml`;
  return refused(problem(422, `The announcement is for ${parsed.value.name.text}: ${advice}.`));
}

/** `?password=new`. */
function passwordChoiceIn(request: Request): OrProblem<PasswordChoice | undefined> {
  const wanted: unknown = request.query.password;
  if (wanted === undefined || wanted === 'new') return good(wanted);
  return refused(problem(400, 'Write ?password=new, or nothing: the password is then kept.'));
}

function prepare(
  request: Request,
  body: Buffer,
  name: SessionName,
  before: Published | undefined,
): OrProblem<Prepared> {
  const wanted = passwordChoiceIn(request);
  if (!wanted.ok) return wanted;
  const read = readAnnouncement(body, name);
  if (!read.ok) return read;
  const choice = chooseSourceKey(read.value, before, wanted.value);
  if (!choice.ok) return choice;
  const token = before?.owner === undefined ? drawPassword() : undefined;
  const fresh = token === undefined ? undefined : { tokenHash: hashSecret(token), webhooks: [] };
  const { document, password } = choice.value;
  const drawn = {
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
  };
  return good({ entry: { ...document, owner: before?.owner ?? fresh }, drawn });
}

function sendPublished(url: string, response: Response, { entry, drawn }: Prepared): void {
  const { name, sourceKey } = entry.announcement;
  const path = sessionPath(name);
  const answer: PublishedAnswer = {
    url: `${url}${announcementPath(path)}`,
    session: name.text,
    listen: listenUrl(url, path),
    ...(sourceKey === undefined ? {} : { sourceKey }),
    ...drawn,
  };
  response.set('Cache-Control', 'no-store').json(answer);
}

async function publish(
  { url, store, ownership, log, onPublished }: AnnouncementDependencies,
  request: Request,
  response: Response,
): Promise<Refusal> {
  const name = nameIn(request);
  if (!name.ok) return name.problem;
  const body = await readBody(request, response);
  const before = store.get(name.value.text);
  const denial = await (before === undefined
    ? ownership.objectionToNew(request, body)
    : ownership.objectionTo(request, before.owner, body));
  if (denial !== undefined) return denial;
  const prepared = prepare(request, body, name.value, before);
  if (!prepared.ok) return prepared.problem;
  const { entry } = prepared.value;
  const result = await store.put(entry, (now) => now === before);
  const why = putProblem(result);
  if (why !== undefined) {
    log.warn({ session: name.value.text, result }, 'an announcement was not stored');
    return why;
  }
  onPublished(entry.announcement);
  response.status(result.kind === 'created' ? 201 : 200);
  sendPublished(publicUrl(url, request), response, prepared.value);
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
  const denial = await ownership.objectionTo(request, published.owner);
  if (denial !== undefined) return denial;
  try {
    if (!(await store.remove(name.value))) return NOT_PUBLISHED;
  } catch (error) {
    return diskProblem(error as NodeJS.ErrnoException);
  }
  await onWithdrawn(name.value);
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
