/**
 * `/announcements/CREATOR/SESSION.xml`: publishing (§2.2). What is published here is kept: its
 * rendezvous SCX (§3.4) starts at once and is there for as long as the announcement is.
 */
import { type Request, type Response, Router } from 'express';
import { ANNOUNCEMENT_LIMITS } from '../session/announcement.js';
import { parseAnnouncement } from '../session/parse-announcement.js';
import { parseSessionPath, type SessionName, sessionPath } from '../session/session-name.js';
import { ANNOUNCEMENTS_MAX, type Published, type PutResult } from './announcements.js';
import { type FrontEndContext, factsOf } from './front-end-context.js';
import { type Found, found, missing, type Problem, problem, sendProblem } from './problem.js';
import { bodyReader, decodeText, route } from './routing.js';

const readBody = bodyReader(ANNOUNCEMENT_LIMITS.documentBytesMax);
const DISK_FULL: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

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

function diskProblem({ code }: NodeJS.ErrnoException): Problem {
  if (DISK_FULL.includes(code)) return problem(507, "The cluster's disk is full.");
  return problem(500, `The cluster cannot write to its data directory (${code}).`);
}

function putProblem(result: Extract<PutResult, { kind: 'tooMany' | 'failed' }>): Problem {
  if (result.kind === 'failed') return diskProblem(result.error);
  const limit = `This cluster holds ${ANNOUNCEMENTS_MAX} announcements, which is its limit`;
  return problem(507, `${limit}: unpublish one of them first.`);
}

async function publish(context: FrontEndContext, request: Request, response: Response) {
  const name = nameIn(request);
  if (name.kind === 'problem') return sendProblem(request, response, name.problem);
  const entry = readAnnouncement(await readBody(request, response), name.value);
  if (entry.kind === 'problem') return sendProblem(request, response, entry.problem);
  const result = await context.store.put(entry.value);
  if (result.kind === 'tooMany' || result.kind === 'failed') {
    context.log.warn({ session: name.value.text, result }, 'an announcement was not stored');
    return sendProblem(request, response, putProblem(result));
  }
  context.fleet.keep(name.value.text, factsOf(entry.value.announcement));
  const path = sessionPath(name.value);
  response.status(result.kind === 'created' ? 201 : 200).json({
    url: `${context.url}/announcements/${path}.xml`,
    session: name.value.text,
    listen: `${context.url}/listen/${path}.mp3`,
  });
}

async function unpublish(context: FrontEndContext, request: Request, response: Response) {
  const name = nameIn(request);
  if (name.kind === 'problem') return sendProblem(request, response, name.problem);
  try {
    const removed = await context.store.remove(name.value);
    if (!removed) return sendProblem(request, response, problem(404, 'It is not published here.'));
  } catch (error) {
    return sendProblem(request, response, diskProblem(error as NodeJS.ErrnoException));
  }
  context.fleet.unkeep(name.value.text);
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
