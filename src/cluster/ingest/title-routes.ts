/**
 * Titles from encoders: `GET /admin/metadata` names the mount, `/admin.cgi` of SHOUTcast sends the
 * password only. The request goes on to the session's SCX, which checks the source password and
 * answers. The user `admin` may send the session's admin password or the operator's token instead: only the
 * front end can check those, so it then sends the request with its own credentials.
 */
import { type Request, type Response, Router } from 'express';
import { clockOf, PROOF_FIELD, proveRequest } from '../../http/cluster-proof.js';
import { limitedAs } from '../../http/ip-address.js';
import { basicAuth } from '../../http/server/basic-auth.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { mountOf } from '../../icecast/mount.js';
import { metadataAnswer, parseTitleUpdate } from '../../icecast/title-update.js';
import { refPath, type SessionRef } from '../../session/session-id.js';
import type { AdminLogin } from '../announcements/admin-login.js';
import type { SessionScxs } from '../fleet/scx-for-session.js';
import type { StreamProxy } from '../listen/stream-proxy.js';
import { clientOf } from '../web/client.js';
import { route } from '../web/methods.js';
import type { EncoderSessions } from './session-of-mount.js';

export interface TitleDependencies {
  readonly sessions: EncoderSessions;
  readonly scxs: SessionScxs;
  readonly proxy: StreamProxy;
  readonly login: AdminLogin;
  /** The cluster's secret. */
  readonly secret: string;
}

/** The query of a request, with the session's own mount in it. */
function rewritten(url: string, mount: string, ref: SessionRef): string {
  const query = /\?.*/s.exec(url)?.[0] ?? '';
  const own = `${mountOf(ref)}${/\?.*/s.exec(mount)?.[0] ?? ''}`;
  return query.replace(/([?&]mount=)[^&]*/, (_, key: string) => `${key}${encodeURIComponent(own)}`);
}

function answerHere(response: Response, status: number, message: string): undefined {
  const { body, fields } = metadataAnswer(status, message);
  response.status(status).set('Content-Type', `${fields?.['Content-Type']}`).send(body);
}

const answerNoSource = (response: Response): undefined =>
  answerHere(response, 400, 'Source does not exist');

/** Whether the request carries the admin password of the session, or the operator's token. */
const isAdmin = (login: AdminLogin, { headers }: Request, ref: SessionRef): boolean =>
  login.check(basicAuth(headers.authorization))?.owns(refPath(ref)) === true;

/** The routes of encoders that send titles. */
export function titleRoutes(dependencies: TitleDependencies): Router {
  const { sessions, scxs, proxy, login, secret } = dependencies;
  const router = Router({ caseSensitive: true });
  const guessDelay = createGuessDelay();

  const passOn = async (
    request: Request,
    response: Response,
    ref: SessionRef,
    mount: string,
    proven = false,
  ): Promise<undefined> => {
    const id = sessions.idOf(ref);
    if (id === undefined || !scxs.exists(id)) return answerNoSource(response);
    const scx = await scxs.existing(id);
    if (!scx.ok) return answerNoSource(response);
    const target = `/admin/metadata${rewritten(request.url, mount, ref)}`;
    const url = new URL(target, scx.value.httpUrl);
    const { method } = request;
    const proof = { method, target: `${url.pathname}${url.search}` };
    delete request.headers[PROOF_FIELD];
    if (proven) {
      delete request.headers.authorization; // it is for us
      request.headers[PROOF_FIELD] = proveRequest(secret, proof, clockOf(scx.value)).value;
    }
    proxy.stream(request, response, url.href);
  };

  const byMount = async (request: Request, response: Response): Promise<undefined> => {
    const { mount } = parseTitleUpdate(request.url);
    const ref = mount === undefined ? undefined : sessions.atMount(mount);
    if (mount === undefined || ref === undefined) return answerNoSource(response);
    return passOn(request, response, ref, mount, isAdmin(login, request, ref));
  };

  const byPassword = async (request: Request, response: Response): Promise<undefined> => {
    const { pass } = parseTitleUpdate(request.url);
    const password = pass ?? basicAuth(request.headers.authorization)?.password ?? '';
    const client = limitedAs(clientOf(response));
    const ref = await sessions.ofPassword(password, client);
    if (ref !== undefined) return passOn(request, response, ref, mountOf(ref));
    const delayMs = guessDelay.fail(clientOf(response), performance.now());
    const waiting = setTimeout(() => answerHere(response, 401, 'Wrong password'), delayMs);
    response.once('close', () => clearTimeout(waiting));
  };

  route(router, '/admin/metadata', { GET: byMount });
  route(router, '/admin.cgi', { GET: byPassword });
  return router;
}
