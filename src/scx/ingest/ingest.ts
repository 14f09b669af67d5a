/**
 * Encoders at an SCX: a broadcaster's existing encoder is pointed at it as at an Icecast server. An
 * encoder asks with SOURCE (HTTP/1.0 or ICE/1.0) or PUT for a mount, shows the session's source
 * password, and streams MP3; titles come in other requests (encoder-title.ts). Its stream is cut into
 * frames and numbered, and is then a source like any other (ingest-stream.ts).
 *
 * SOURCE expects its 200 at once. PUT with `Expect` expects a 100, then nothing until its end; some
 * encoders wait for neither.
 */

import type { Logger } from 'pino';
import type { SourceId } from '../../gossamer/core/node.js';
import { basicAuth } from '../../http/server/basic-auth.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { textAnswer, unavailable } from '../../http/server/response.js';
import type { SourcePassword } from '../../http/server/source-password.js';
import { mountOf } from '../../icecast/mount.js';
import {
  NO_DESCRIPTION,
  parseDescription,
  type StreamDescription,
} from '../../icecast/stream-description.js';
import { parseTitleUpdate } from '../../icecast/title-update.js';
import { isSameSecret } from '../../runtime/secrets.js';
import type { SessionName } from '../../session/session-name.js';
import type { SourceClient } from '../sources/source-client.js';
import { createEncoderSlots, type EncoderSlot } from './encoder-slots.js';
import { overlaySource } from './encoder-source.js';
import { createEncoderTitles, type EncoderTitle } from './encoder-title.js';
import { startIngestStream } from './ingest-stream.js';
import { createSourceBody } from './source-body.js';
import { admitSource } from './source-login.js';
import {
  ALLOW,
  CHALLENGE,
  isProbe,
  parseMount,
  refusedType,
  type SourceRequest,
} from './source-request.js';

export interface IngestOptions {
  readonly name: SessionName;
  readonly password: SourcePassword;
  /** What the front end presents when it has checked the session's admin token. */
  readonly leaseToken: string;
  readonly log: Logger;
  now(): number;
  /** Takes a source, or closes it. */
  attach(client: SourceClient): void;
  /** Whether another source of this priority is heard in the session. */
  isRivalled(priority: number, own: SourceId | undefined): boolean;
  isLeaving(): boolean;
  /** Passes a title to another process of this SCX; false if no encoder there takes it. */
  passTitle(title: EncoderTitle): boolean;
}

/** The encoders of an SCX. */
export interface Ingest {
  handle(request: SourceRequest): void;
  /** Sets a title that another process of this SCX got; false if there is no such encoder here. */
  setTitle(title: EncoderTitle): boolean;
  tick(now: number): void;
  /** Ends all streams; `status` is the HTTP status that encoders get. */
  closeAll(status: 403 | 503, reason: string): void;
  /** The description of the stream by the encoder of the highest priority. */
  readonly description: StreamDescription;
}

/** Retry-After while the SCX leaves, s. */
const RETRY_S = 1;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
/** Word for word as Icecast: old encoders compare it. */
const OK = 'HTTP/1.0 200 OK\r\n\r\n';

/** The answer at the beginning of a stream; '' for none. */
function firstAnswer({ method, headers }: RequestHead): string {
  if (method !== 'PUT') return OK;
  return /100-continue/i.test(headers.get('expect') ?? '') ? CONTINUE : '';
}

/** Starts an encoder's stream: occupies the slot and reads. */
function startStream(options: IngestOptions, request: SourceRequest, slot: EncoderSlot): void {
  const { log, now } = options;
  const { socket, head, client } = request;
  slot.stream?.end({ status: 409, reason: 'its encoder came back on another connection' });
  slot.epoch++;
  slot.client = client;
  slot.description = parseDescription(head.headers);
  slot.frameAt = now();
  const answer = firstAnswer(head);
  if (answer !== '') socket.write(answer);
  const remoteAddress = client.address;
  log.info({ source: overlaySource(slot), remoteAddress }, 'An encoder is connected.');
  slot.stream = startIngestStream({
    ...{ socket, rest: request.rest, body: createSourceBody(head), source: slot, log, now },
    ...{ remoteAddress, attach: options.attach },
    onEnd: ({ status, reason }) => {
      log[status === 200 ? 'info' : 'warn']({ source: slot.id, reason }, 'An encoder is gone.');
      if (head.method === 'PUT') return request.reply(textAnswer(status, `${reason}.`));
      request.note(status);
      socket.destroySoon();
    },
  });
}

/** Creates an ingest without encoders. */
export function createIngest(options: IngestOptions): Ingest {
  const { name, log, now } = options;
  const slots = createEncoderSlots(options.isRivalled);
  const titles = createEncoderTitles({ name, slots, passTitle: options.passTitle });

  const isFrontEnd = ({ headers }: RequestHead): boolean =>
    isSameSecret(headers.get('authorization') ?? '', `Bearer ${options.leaseToken}`);

  const handleStream = (request: SourceRequest): void => {
    const { head, client } = request;
    const mount = parseMount(head, name);
    if (mount.kind === 'refused') return request.reply(mount.answer);
    if (options.isLeaving()) return request.reply(unavailable('This relay is leaving.', RETRY_S));
    const refusal = refusedType(head);
    if (refusal !== undefined) return request.reply(refusal);
    const { priority } = mount;
    const slot = slots.take(priority, client, now());
    if (slot !== undefined) return startStream(options, request, slot);
    const { address: remoteAddress } = client;
    log.warn({ remoteAddress, priority }, 'An encoder is refused: its priority is on the air.');
    const advice = `another priority is a mount like ${mountOf(name)}?priority=100`;
    request.reply(textAnswer(409, `Another source of this priority is on the air; ${advice}`));
  };

  const handleTitle = (request: SourceRequest, given: string | undefined): void => {
    const { head, client } = request;
    const update = parseTitleUpdate(head.target);
    const reply = (): void => request.reply(titles.update(update, client));
    if (isFrontEnd(head)) return reply();
    admitSource(request, given ?? update.pass, options, reply);
  };

  return {
    handle: (request) => {
      const { method, headers } = request.head;
      if (method === 'OPTIONS') return request.reply({ status: 204, body: '', fields: ALLOW });
      if (isProbe(request.head)) {
        return request.reply(textAnswer(401, 'The source password is missing.', CHALLENGE));
      }
      const given = basicAuth(headers.get('authorization'))?.password;
      if (method === 'GET') return handleTitle(request, given);
      admitSource(request, given, options, () => handleStream(request));
    },
    setTitle: titles.set,
    tick: (at) => {
      for (const { stream } of slots.all()) stream?.tick(at);
    },
    closeAll: (status, reason) => {
      for (const { stream } of slots.all()) stream?.end({ status, reason });
    },
    get description() {
      const open = slots.all().filter(({ stream }) => stream?.isOpen);
      return open.sort((a, b) => b.priority - a.priority)[0]?.description ?? NO_DESCRIPTION;
    },
  };
}
