/**
 * `/listen`: where every player begins. It is sent to the session's SCX with one redirect, made
 * so that the oddest player follows it: an absolute URL that ends in `.mp3`, never
 * cached, no body, the connection closed.
 */
import { type Request, type Response, Router } from 'express';
import type { ScxStatus } from '../scx/scx-status.js';
import { parseSessionPath } from '../session/session-name.js';
import type { FrontEndContext } from './front-end-context.js';
import { type Found, found, missing, problem, sendProblem } from './problem.js';
import { route } from './routing.js';
import { runningScx, scxFor } from './scx-answer.js';

const USAGE = 'Write /listen?announcement=URL, or /listen/CREATOR/SESSION.mp3.';

function redirect(request: Request, response: Response, scx: Found<ScxStatus>): void {
  response.set({
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  if (scx.kind === 'problem') return sendProblem(request, response, scx.problem);
  response.status(302).set({ Location: scx.value.httpUrl, 'Content-Length': '0' }).end();
}

async function byAnnouncement(context: FrontEndContext, request: Request) {
  const url: unknown = request.query.announcement;
  if (typeof url !== 'string' || url === '') return missing(problem(400, USAGE));
  const known = await context.finder.find(url, request.headers.host);
  return known.kind === 'found' ? scxFor(context, known.value) : known;
}

async function byName(context: FrontEndContext, creator: string, file: string) {
  if (!file.endsWith('.mp3')) return missing(problem(404, USAGE));
  const name = parseSessionPath(`${creator}/${file.slice(0, -'.mp3'.length)}`);
  if (!name.ok) return missing(problem(404, 'There is no such session:', name.problems));
  const known = context.finder.recall(name.value.text);
  if (known !== undefined) return scxFor(context, known);
  // A front end that was restarted has forgotten what it fetched, but its SCXs are still there.
  const scx = runningScx(context, name.value.text);
  if (scx !== undefined) return found(scx);
  const message = `${name.value.text} is not known at this cluster. `;
  return missing(problem(404, `${message}Ask for it by its announcement. ${USAGE}`));
}

/** The routes of players. */
export function listenRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  route(router, '/listen', {
    GET: async (request, response) =>
      redirect(request, response, await byAnnouncement(context, request)),
  });
  route(router, '/listen/:creator/:file', {
    GET: async (request, response) => {
      const { creator, file } = request.params;
      redirect(request, response, await byName(context, `${creator}`, `${file}`));
    },
  });
  return router;
}
