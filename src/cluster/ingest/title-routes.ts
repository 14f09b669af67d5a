/**
 * Titles from source clients: `/admin/metadata` names the mount, `/admin.cgi` of SHOUTcast nothing but
 * the password. The SCX checks that and answers. As `admin`, the session's admin token does, too: only the
 * front end can check that, and then asks in its own name.
 */
import { type Request, type Response, Router } from 'express';
import { basicAuth } from '../../http/server/basic-auth.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { mountOf } from '../../icecast/mount.js';
import { metadataAnswer, parseTitleUpdate } from '../../icecast/title-update.js';
import type { SessionName } from '../../session/session-name.js';
import { isToken } from '../announcements/owner.js';
import { runningScx } from '../fleet/scx-for-session.js';
import type { FrontEndContext } from '../front-end-context.js';
import { route } from '../web/methods.js';
import { sessionAt, sessionOfPassword } from './session-of-mount.js';

/** A query with the session's own mount. */
function rewritten(url: string, mount: string, name: SessionName): string {
  const query = /\?.*/s.exec(url)?.[0] ?? '';
  const own = `${mountOf(name)}${/\?.*/s.exec(mount)?.[0] ?? ''}`;
  return query.replace(/([?&]mount=)[^&]*/, (_, key: string) => `${key}${encodeURIComponent(own)}`);
}

function answerHere(response: Response, status: number, message: string): void {
  const { body, fields } = metadataAnswer(status, message);
  response.status(status).set('Content-Type', `${fields?.['Content-Type']}`).send(body);
}

/** The routes of encoders that tell titles. */
export function ingestRoutes(context: FrontEndContext): Router {
  const router = Router({ caseSensitive: true });
  const guessDelay = createGuessDelay();

  const passOn = (request: Request, response: Response, name: SessionName, mount: string): void => {
    const scx = runningScx(context, name.text);
    if (scx === undefined) return answerHere(response, 400, 'Source does not exist');
    const target = `/admin/metadata${rewritten(request.url, mount, name)}`;
    context.proxy.stream(request, response, new URL(target, scx.httpUrl).href);
  };

  const isAdmin = ({ headers }: Request, name: SessionName): boolean => {
    const credentials = basicAuth(headers.authorization);
    const owner = context.store.get(name.text)?.owner;
    return (
      credentials?.user === 'admin' && owner !== undefined && isToken(credentials.password, owner)
    );
  };

  const byMount = (request: Request, response: Response): void => {
    const { mount } = parseTitleUpdate(request.url);
    const name = mount === undefined ? undefined : sessionAt(context.mounts, mount);
    if (mount === undefined || name === undefined) {
      return answerHere(response, 400, 'Source does not exist');
    }
    if (isAdmin(request, name)) request.headers.authorization = `Bearer ${context.secret}`;
    passOn(request, response, name, mount);
  };

  const byPassword = (request: Request, response: Response): void => {
    const { pass } = parseTitleUpdate(request.url);
    const password = pass ?? basicAuth(request.headers.authorization)?.password ?? '';
    const name = sessionOfPassword(context, password);
    if (name !== undefined) return passOn(request, response, name, mountOf(name));
    const delayMs = guessDelay.fail(request.ip ?? '', performance.now());
    const waiting = setTimeout(() => answerHere(response, 403, 'Wrong password'), delayMs);
    response.once('close', () => clearTimeout(waiting));
  };

  route(router, '/admin/metadata', { GET: byMount });
  route(router, '/admin.cgi', { GET: byPassword });
  return router;
}
