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
import { CARRIED_FIELD } from '../../api/header-fields.js';
import type { NodeId, SourceId } from '../../gossamer/core/node.js';
import { createProofCheck, PROOF_FIELD } from '../../http/cluster-proof.js';
import { basicAuth } from '../../http/server/basic-auth.js';
import type { ClientIdentity } from '../../http/server/client-identity.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { type Answer, textAnswer } from '../../http/server/response.js';
import { ALLOW, loginRefusal, refusalFor, tryAgain } from '../../icecast/encoder-refusal.js';
import { createSourceBody } from '../../icecast/source-body.js';
import { parseDescription } from '../../icecast/stream-description.js';
import { parseTitleUpdate } from '../../icecast/title-update.js';
import type { RenditionKbps } from '../../session/renditions.js';
import type { SessionIdentity } from '../../session/session-id.js';
import { STATION_SOURCE } from '../../session/source-key.js';
import type { TranscodingCounters } from '../../transcode/rendition-maker.js';
import type { SourceClient } from '../sources/source-client.js';
import type { AdmittedEncoder, SourceLogin } from '../sources/source-login.js';
import type { TitleMemory } from '../sources/title-memory.js';
import { admitSource } from './admit-source.js';
import { encoderMark } from './encoder-mark.js';
import { createEncoderSlots, type EncoderSlot, type Rival } from './encoder-slots.js';
import { overlaySource } from './encoder-source.js';
import { createEncoderTitles, type EncoderTitle } from './encoder-title.js';
import { startIngestStream } from './ingest-stream.js';
import { createMountClaims } from './mount-claims.js';
import { type Ending, refusedFormat } from './source-format.js';
import {
  type AdmittedRequest,
  asSentence,
  fedMount,
  isProbe,
  parseMount,
  refusedType,
  type SourceRequest,
} from './source-request.js';

export interface IngestOptions {
  readonly name: SessionIdentity;
  /** This SCX's node id. */
  readonly scx: NodeId;
  readonly login: SourceLogin;
  /** The cluster's secret: the front end proves with it that it has checked an administrator. */
  readonly leaseToken: string;
  /** The last titles of the session's encoders. */
  readonly titles: Pick<TitleMemory, 'titleOf'>;
  readonly log: Logger;
  now(): number;
  /** Measures silence: the time in which this process could listen (runtime/attended-clock.ts), ms. */
  attended(): number;
  /** Counts what is made for renditions. Default: nobody reads it. */
  readonly transcoding?: TranscodingCounters;
  /** Takes a source, or closes it. */
  attach(client: SourceClient): void;
  /** The source of this priority, other than our own, that was heard last in the session. */
  rivalOf(priority: number, own: SourceId | undefined): Rival | undefined;
  isLeaving(): boolean;
  /** Passes a title to another process of this SCX; false if no encoder there takes it. */
  passTitle(title: EncoderTitle): boolean;
}

/** The encoders of an SCX. */
export interface Ingest {
  handle(request: SourceRequest): void;
  /** Sets a title that another process of this SCX got; false if there is no such encoder here. */
  setTitle(title: EncoderTitle): boolean;
  /** The encoder that has a source here, or had it last. */
  clientOf(source: SourceId): ClientIdentity | undefined;
  /** The path at which it feeds the source; undefined if that is not known. */
  mountOf(source: SourceId): string | undefined;
  /** The renditions that are made here for the encoders' sources. */
  making(): ReadonlySet<RenditionKbps>;
  tick(now: number): void;
  /** Ends the streams to whose keys and priorities there is an objection. */
  check(objectionTo: SourceLogin['objectionTo']): void;
  /** Ends all streams; `status` is the HTTP status that encoders get. */
  closeAll(status: 503, reason: string): void;
}

const LEAVING = tryAgain('This relay is leaving: try again.', 1);
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
/** Word for word as Icecast: old encoders compare it. */
const OK = 'HTTP/1.0 200 OK\r\n\r\n';

/** The answer at the beginning of a stream; '' for none. */
function firstAnswer({ head: { method, headers }, isSilent }: SourceRequest): string {
  if (isSilent === true) return '';
  if (method !== 'PUT') return OK;
  return /100-continue/i.test(headers.get('expect') ?? '') ? CONTINUE : '';
}

/** The answer at the end of a PUT. */
function lastAnswer(status: number, reason: string): Answer {
  const sentence = asSentence(reason);
  return status === 200 ? textAnswer(status, sentence) : refusalFor(status, sentence);
}

/** The end of a stream, as it is told to the encoder, or to the process that carries it. */
function replyLast(request: SourceRequest, { status, reason }: Ending, isLeaving: boolean): void {
  const { method, headers } = request.head;
  const isCarried = headers.has(CARRIED_FIELD);
  const isForNext = isCarried && isLeaving; // the next SCX takes it
  if (!isForNext && (isCarried || method === 'PUT')) {
    return request.reply(lastAnswer(status, reason));
  }
  request.note(status);
  request.socket.destroySoon();
}

/** Ends the silent connection that has the slot. */
function takeOver(log: Logger, { client }: SourceRequest, slot: EncoderSlot): void {
  if (slot.stream?.isOpen !== true) return;
  const { id: source, client: from } = slot;
  log.warn({ source, from, client }, 'An encoder takes over from one that is silent.');
  slot.stream.end({
    status: 403,
    reason: 'another encoder has taken over, as this one was silent',
  });
}

/** Starts an encoder's stream: occupies the slot and reads. */
function startStream(options: IngestOptions, request: AdmittedRequest, slot: EncoderSlot): void {
  const { log, now, attended } = options;
  const { socket, head, client, mark } = request;
  takeOver(log, request, slot);
  slot.epoch++;
  slot.client = client;
  slot.mount = fedMount(head);
  slot.encoder = { mark, description: parseDescription(head.headers) };
  slot.title = options.titles.titleOf(mark);
  slot.frameAt = attended();
  const answer = firstAnswer(request);
  if (answer !== '') socket.write(answer);
  const remoteAddress = client.address;
  log.info({ source: overlaySource(slot), client }, 'An encoder is connected.');
  slot.stream = startIngestStream({
    ...{ socket, rest: request.rest, body: createSourceBody(head), source: slot, log },
    ...{ now, attended, transcoding: options.transcoding },
    ...{ session: options.name.id, scx: options.scx, remoteAddress, attach: options.attach },
    onEnd: (ending) => {
      const { status, reason } = ending;
      log[status === 200 ? 'info' : 'warn']({ source: slot.id, reason }, 'An encoder is gone.');
      replyLast(request, ending, options.isLeaving());
    },
  });
}

/** Creates an ingest without encoders. */
export function createIngest(options: IngestOptions): Ingest {
  const { name, log, attended } = options;
  const slots = createEncoderSlots(options.rivalOf);
  const titles = createEncoderTitles({ name, slots, passTitle: options.passTitle });

  const start = (request: AdmittedRequest, slot: EncoderSlot): void => {
    if (options.isLeaving()) return request.reply(LEAVING);
    startStream(options, request, slot);
  };
  const claims = createMountClaims({ name, slots, log, now: attended, start });

  const slotOf = (source: SourceId) => slots.all().find(({ id }) => id === source);

  const proofs = createProofCheck(options.leaseToken);
  const isFrontEnd = ({ headers, method, target }: RequestHead): boolean =>
    proofs.isProven(headers.get(PROOF_FIELD), { method, target });

  const handleStream = (
    request: SourceRequest,
    given: string | undefined,
    { key, source }: AdmittedEncoder,
  ): void => {
    const { head, client } = request;
    const mount = parseMount(head, name);
    if (mount.kind === 'refused') return request.reply(mount.answer);
    if (options.isLeaving()) return request.reply(LEAVING);
    const refusal = refusedType(head) ?? refusedFormat(head, request.rest);
    if (refusal !== undefined) return request.reply(refusal);
    const priority = Math.min(mount.priority, source.priorityMax);
    claims.add({ ...request, key, mark: encoderMark(given, client) }, priority);
  };

  const handleTitle = async (request: SourceRequest, given: string | undefined): Promise<void> => {
    const { head, client } = request;
    const update = parseTitleUpdate(head.target);
    if (isFrontEnd(head)) return request.reply(titles.update(update, client));
    const admitted = await admitSource(request, given ?? update.pass, options);
    if (admitted === undefined) return;
    // The station may set any title, a DJ only that of the DJ's own encoder.
    const isStation = admitted.source.name === STATION_SOURCE;
    const key = isStation ? undefined : admitted.key.publicKey;
    request.reply(titles.update(update, client, key));
  };

  const handle = async (request: SourceRequest): Promise<void> => {
    const { method, headers } = request.head;
    const given = basicAuth(headers.get('authorization'))?.password;
    if (method === 'GET') return handleTitle(request, given);
    const admitted = await admitSource(request, given, options);
    if (admitted !== undefined) handleStream(request, given, admitted);
  };

  return {
    handle: (request) => {
      const { method } = request.head;
      if (method === 'OPTIONS') return request.reply({ status: 204, body: '', fields: ALLOW });
      if (isProbe(request.head)) {
        return request.reply(loginRefusal('The source password is missing.'));
      }
      void handle(request);
    },
    setTitle: titles.set,
    making: () => new Set(slots.all().flatMap(({ maker }) => maker?.active ?? [])),
    clientOf: (source) => slotOf(source)?.client,
    mountOf: (source) => slotOf(source)?.mount,
    tick: (at) => {
      claims.tick(attended());
      for (const { stream } of slots.all()) stream?.tick(at);
    },
    check: (objectionTo) => {
      for (const { stream, key, priority } of slots.all()) {
        const reason = objectionTo(key.publicKey, priority);
        if (reason !== undefined) stream?.end({ status: 401, reason });
      }
    },
    closeAll: (status, reason) => {
      for (const { stream } of slots.all()) stream?.end({ status, reason });
      for (const { maker } of slots.all()) maker?.close();
    },
  };
}
