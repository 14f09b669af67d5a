/**
 * `/announcements/CREATOR/SESSION.xml`: publishing (§2.2). What is published here is kept: its
 * rendezvous SCX (§3.4) starts at once and is there for as long as the announcement is.
 *
 * Whoever announces a session first is told its source password and its admin token, and nobody is
 * ever told them again.
 */
import { type Request, type Response, Router } from 'express';
import { announcementPath, type PasswordWish, type PublishedAnswer } from '../../api/publishing.js';
import { drawPassword, hashSecret } from '../../runtime/secrets.js';
import { ANNOUNCEMENT_LIMITS } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { parseSessionPath, type SessionName, sessionPath } from '../../session/session-name.js';
import { type FrontEndContext, factsOf } from '../front-end-context.js';
import { bodyReader, decodeText, route } from '../web/methods.js';
import { type Found, found, missing, problem, sendProblem } from '../web/problem.js';
import type { Published } from './announcement-store.js';
import { isLocal } from './ownership.js';
import { diskProblem, putProblem, sendDenial } from './publish-problems.js';
import { chooseSourceKey } from './source-key-choice.js';

const readBody = bodyReader(ANNOUNCEMENT_LIMITS.documentBytesMax);

function nameIn({ params }: Request): Found<SessionName> {
  const file = `${params.file}`;
  const path = `${params.creator}/${file.replace(/\.xml$/, '')}`;
  const name = parseSessionPath(path);
  if (!name.ok) return missing(problem(400, 'That is no name of a session:', name.problems));
  if (file.endsWith('.xml')) return found(name.value);
  return missing(problem(404, 'Announcements are at /announcements/CREATOR/SESSION.xml.'));
}

function readAnnouncement(body: Buffer, name: SessionName): Found<Published> {
  const xml = decodeText(body);
  if (xml === undefined) return missing(problem(400, 'The announcement is not UTF-8 text.'));
  const parsed = parseAnnouncement(xml);
  if (!parsed.ok) return missing(problem(422, 'The announcement is not valid:', parsed.problems));
  if (parsed.value.name.text === name.text) return found({ announcement: parsed.value, xml });
  const advice = `publish it at /announcements/${sessionPath(parsed.value.name)}.xml`;
  return missing(problem(422, `The announcement is for ${parsed.value.name.text}: ${advice}.`));
}

/** `?password=new` or `?password=none`. */
function wishIn(request: Request): Found<PasswordWish | undefined> {
  const wish: unknown = request.query.password;
  if (wish === undefined || wish === 'new') return found(wish);
  if (wish !== 'none') return missing(problem(400, 'Write ?password=new, or ?password=none.'));
  if (isLocal(request)) return found(wish);
  const why = "Only on the cluster's own machine can a session be announced without a password.";
  return missing(problem(403, why));
}

/** What is to be stored, and what the publisher is to be told of it. */
function prepare(request: Request, body: Buffer, name: SessionName, before: Published | undefined) {
  const wish = wishIn(request);
  if (wish.kind === 'problem') return wish;
  const read = readAnnouncement(body, name);
  if (read.kind === 'problem') return read;
  const keyed = chooseSourceKey(read.value, before, wish.value);
  if (keyed.kind === 'problem') return keyed;
  const token = before?.owner === undefined ? drawPassword() : undefined;
  const fresh = token === undefined ? undefined : { tokenHash: hashSecret(token), webhooks: [] };
  const { document, password } = keyed.value;
  const entry: Published = { ...document, owner: before?.owner ?? fresh };
  const told = {
    ...(password === undefined ? {} : { password }),
    ...(token === undefined ? {} : { token }),
  };
  return found({ entry, told });
}

async function publish(context: FrontEndContext, request: Request, response: Response) {
  const name = nameIn(request);
  if (name.kind === 'problem') return sendProblem(request, response, name.problem);
  const body = await readBody(request, response);
  const before = context.store.get(name.value.text);
  const denial = before && (await context.ownership.objectionTo(request, before.owner));
  if (denial !== undefined) return sendDenial(request, response, denial);
  const prepared = prepare(request, body, name.value, before);
  if (prepared.kind === 'problem') return sendProblem(request, response, prepared.problem);
  const { entry, told } = prepared.value;
  const result = await context.store.put(entry, (now) => now === before);
  const why = putProblem(result);
  if (why !== undefined) {
    context.log.warn({ session: name.value.text, result }, 'an announcement was not stored');
    return sendProblem(request, response, why);
  }
  context.fleet.keep(name.value.text, factsOf(entry.announcement));
  const path = sessionPath(name.value);
  response.status(result.kind === 'created' ? 201 : 200).set('Cache-Control', 'no-store');
  const { sourceKey } = entry.announcement;
  const answer: PublishedAnswer = {
    url: `${context.url}${announcementPath(path)}`,
    session: name.value.text,
    listen: `${context.url}/listen/${path}.mp3`,
    ...(sourceKey === undefined ? {} : { sourceKey }),
    ...told,
  };
  response.json(answer);
}

async function unpublish(context: FrontEndContext, request: Request, response: Response) {
  const name = nameIn(request);
  if (name.kind === 'problem') return sendProblem(request, response, name.problem);
  const nothing = problem(404, 'It is not published here.');
  const published = context.store.get(name.value.text);
  if (published === undefined) return sendProblem(request, response, nothing);
  const denial = await context.ownership.objectionTo(request, published.owner);
  if (denial !== undefined) return sendDenial(request, response, denial);
  try {
    const removed = await context.store.remove(name.value);
    if (!removed) return sendProblem(request, response, nothing);
  } catch (error) {
    return sendProblem(request, response, diskProblem(error as NodeJS.ErrnoException));
  }
  context.fleet.unkeep(name.value.text);
  context.webhooks.forget(name.value.text);
  await context.fallbacks.sweep();
  response.status(204).end();
}

function show(context: FrontEndContext, request: Request, response: Response): void {
  const name = nameIn(request);
  if (name.kind === 'problem') return sendProblem(request, response, name.problem);
  const published = context.store.get(name.value.text);
  if (published === undefined) {
    return sendProblem(request, response, problem(404, 'It is not published here.'));
  }
  response.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-cache' });
  response.type('application/xml').send(published.xml);
}

/** The routes of publishers, and of whoever reads what they published. */
export function announcementRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/announcements/:creator/:file', {
    GET: (request, response) => show(context, request, response),
    PUT: (request, response) => publish(context, request, response),
    DELETE: (request, response) => unpublish(context, request, response),
  });
  return router;
}
