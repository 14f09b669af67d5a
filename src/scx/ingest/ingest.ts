/**
 * The encoder that a station has already, pointed at an SCX: what Icecast takes, this takes. A source
 * client asks with SOURCE (HTTP/1.0 or ICE/1.0) or PUT for a mount, shows the session's source
 * password, and streams MP3; titles come by other requests (ingest-metadata.ts). What comes is cut
 * into frames and numbered, and is then a source like any other (ingest-stream.ts).
 *
 * Source clients are particular. Libshout first asks without a password, to read in the `Allow` of the
 * 401 whether PUT is possible: that is no failed login. SOURCE wants its 200 at once. PUT with `Expect`
 * wants a 100, then nothing until its end; some wait for neither.
 */

import type { Logger } from 'pino';
import type { SourceId } from '../../gossamer/core/node.js';
import { basicAuth } from '../../http/server/basic-auth.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import type { IncomingRequest } from '../../http/server/head-gate.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { type Answer, textAnswer, unavailable } from '../../http/server/response.js';
import type { SourcePassword } from '../../http/server/source-password.js';
import { DEFAULT_PRIORITY, isMountOf, mountOf, priorityOf } from '../../icecast/mount.js';
import {
  NO_DESCRIPTION,
  parseDescription,
  type StreamDescription,
} from '../../icecast/stream-description.js';
import { isTitleUpdate, metadataAnswer, parseTitleUpdate } from '../../icecast/title-update.js';
import type { ClientConnection } from '../../overlay/sockets/client-connection.js';
import { isSameSecret } from '../../runtime/secrets.js';
import type { SessionName } from '../../session/session-name.js';
import { createEncoderSlots, type EncoderSlot } from './encoder-slots.js';
import type { EncoderTitle } from './encoder-title.js';
import { sourceOf, startIngestStream } from './ingest-stream.js';
import { createSourceBody } from './source-body.js';

export interface IngestOptions {
  readonly name: SessionName;
  readonly password: SourcePassword;
  /** What the front end shows when it has seen the session's admin token. */
  readonly leaseToken: string;
  readonly log: Logger;
  now(): number;
  /** Takes a source, or closes it. */
  attach(connection: ClientConnection): void;
  /** Whether another source of this priority is heard in the session. */
  isRivalled(priority: number, own: SourceId | undefined): boolean;
  isLeaving(): boolean;
  /** A title for an encoder that another process of ours has; false if there is none. */
  passTitle(told: EncoderTitle): boolean;
}

/** A request of a source client. */
interface SourceRequest extends IncomingRequest {
  readonly who: ClientIdentity;
  /** Answers and closes. */
  reply(answer: Answer): void;
  /** For the access log, when a stream that was answered at once has ended. */
  note(status: number): void;
}

/** What source clients get. */
export interface Ingest {
  handle(request: SourceRequest): void;
  /** Another process of ours was told a title for an encoder here; false if there is none. */
  setTitle(told: EncoderTitle): boolean;
  tick(now: number): void;
  /** `status`: what encoders are told, as HTTP has it. */
  closeAll(status: 403 | 503, reason: string): void;
  /** What the best source here says of the station. */
  readonly description: StreamDescription;
}

/** Whether only a source client asks so. */
export const isForIngest = ({ method, target }: RequestHead): boolean =>
  ['SOURCE', 'PUT', 'OPTIONS'].includes(method) || (method === 'GET' && isTitleUpdate(target));

const ALLOW = { Allow: 'GET, PUT, OPTIONS, SOURCE' };
const CHALLENGE = { ...ALLOW, 'WWW-Authenticate': 'Basic realm="scattercast"' };
const MP3 = /^audio\/(x-)?(mpeg3?|mp3|mpg)\s*(;|$)/i;
const RETRY_S = 1;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
/** Word for word what Icecast says: old encoders compare it. */
const OK = 'HTTP/1.0 200 OK\r\n\r\n';

/** A request without a password and a body: only the answer's headers are of interest. */
const isProbe = ({ method, headers }: RequestHead): boolean =>
  method === 'SOURCE' && headers.get('content-length') === '0' && !headers.has('authorization');

/** What the client says that it sends is no MP3; undefined if it may be. */
function badType({ headers }: RequestHead): Answer | undefined {
  const type = headers.get('content-type');
  if (type === undefined || MP3.test(type)) return undefined;
  return textAnswer(
    415,
    `This is ${type.slice(0, 64)}; only MP3 (audio/mpeg) can be broadcast here.`,
  );
}

/** Nobody feeds this SCX yet. */
export function createIngest(options: IngestOptions): Ingest {
  const { name, password, log, now } = options;
  const slots = createEncoderSlots(options.isRivalled);

  const isFrontEnd = ({ headers }: RequestHead): boolean =>
    isSameSecret(headers.get('authorization') ?? '', `Bearer ${options.leaseToken}`);

  /** Goes on with whoever knows the password; all others are told so, late if they guess. */
  const admit = (request: SourceRequest, given: string | undefined, enter: () => void): void => {
    const { socket, who } = request;
    const verdict = password.verifySource(given, who.address);
    if (verdict.kind === 'ok') return enter();
    const { reason, delayMs } = verdict;
    log.warn({ remoteAddress: who.address, reason }, 'A source client is refused.');
    const text = `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
    const answer =
      verdict.kind === 'missing' ? textAnswer(401, text, CHALLENGE) : textAnswer(403, text);
    const waiting = setTimeout(() => request.reply(answer), delayMs);
    socket.once('close', () => clearTimeout(waiting));
  };

  const objectionTo = ({ head }: SourceRequest): Answer | undefined => {
    const mount = mountOf(name);
    if (!isMountOf(head.target, name)) return textAnswer(404, `Feed this session at ${mount}`);
    if (priorityOf(head.target) === 'bad') return textAnswer(400, 'A priority is from 0 to 255.');
    if (options.isLeaving()) return unavailable('This relay is leaving.', RETRY_S);
    return badType(head);
  };

  const stream = (request: SourceRequest, slot: EncoderSlot): void => {
    const { socket, head, who } = request;
    const isPut = head.method === 'PUT';
    slot.stream?.end({ status: 409, reason: 'its encoder came back on another connection' });
    slot.epoch++;
    Object.assign(slot, { who, description: parseDescription(head.headers), frameAt: now() });
    if (!isPut) socket.write(OK);
    else if (/100-continue/i.test(head.headers.get('expect') ?? '')) socket.write(CONTINUE);
    log.info({ source: sourceOf(slot), remoteAddress: who.address }, 'An encoder is here.');
    slot.stream = startIngestStream({
      ...{ socket, rest: request.rest, body: createSourceBody(head), feeds: slot, log, now },
      remoteAddress: who.address,
      attach: options.attach,
      onEnd: ({ status, reason }) => {
        log[status === 200 ? 'info' : 'warn']({ source: slot.id, reason }, 'An encoder is gone.');
        if (isPut) return request.reply(textAnswer(status, `${reason}.`));
        request.note(status);
        socket.destroySoon();
      },
    });
  };

  const source = (request: SourceRequest): void => {
    const refusal = objectionTo(request);
    if (refusal !== undefined) return request.reply(refusal);
    const priority = priorityOf(request.head.target) ?? DEFAULT_PRIORITY;
    const slot = slots.take(Number(priority), request.who, now());
    if (slot !== undefined) return stream(request, slot);
    const { address } = request.who;
    log.warn({ remoteAddress: address, priority }, 'A source client is refused: it is on the air.');
    const advice = `another priority is a mount like ${mountOf(name)}?priority=100`;
    request.reply(textAnswer(409, `Another source of this priority is on the air; ${advice}`));
  };

  const setTitle = ({ priority, who, title }: EncoderTitle): boolean => {
    const slot = slots.find(priority ?? undefined, who);
    slot?.stream?.setTitle(title ?? undefined);
    return slot !== undefined;
  };

  const updateTitle = (request: SourceRequest): void => {
    const { mount, isUpdate, title } = parseTitleUpdate(request.head.target);
    const priority = mount === undefined ? undefined : priorityOf(mount);
    const isOurs = mount === undefined || isMountOf(mount, name);
    if (!isUpdate || priority === 'bad') return request.reply(metadataAnswer(400, 'Bad request'));
    const told = { priority: priority ?? null, who: request.who, title: title ?? null };
    const isTaken = isOurs && (setTitle(told) || options.passTitle(told));
    if (!isTaken) return request.reply(metadataAnswer(400, 'Source does not exist'));
    request.reply(metadataAnswer(200, 'Metadata update successful'));
  };

  return {
    handle: (request) => {
      const { head } = request;
      const given = basicAuth(head.headers.get('authorization'))?.password;
      if (head.method === 'OPTIONS') return request.reply({ status: 204, body: '', fields: ALLOW });
      if (isProbe(head)) return request.reply(textAnswer(401, 'Say the password.', CHALLENGE));
      if (head.method !== 'GET') return admit(request, given, () => source(request));
      if (isFrontEnd(head)) return updateTitle(request);
      const { pass } = parseTitleUpdate(head.target);
      admit(request, given ?? pass, () => updateTitle(request));
    },
    setTitle,
    tick: (at) => {
      for (const { stream: each } of slots.all()) each?.tick(at);
    },
    closeAll: (status, reason) => {
      for (const { stream: each } of slots.all()) each?.end({ status, reason });
    },
    get description() {
      const fed = slots.all().filter(({ stream: each }) => each?.isOpen);
      return fed.sort((a, b) => b.priority - a.priority)[0]?.description ?? NO_DESCRIPTION;
    },
  };
}
