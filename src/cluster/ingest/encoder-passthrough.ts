/**
 * Encoders at the front end. They take any redirect for a failed login, so their connections are
 * brought to the session's SCX: the SCX asks for the password, and answers as Icecast would. The
 * front end reads the request head, to know which session the encoder means, and writes it anew
 * (connect-scx.ts).
 *
 * The connection is handed to the SCX if it takes it (hand-to-scx.ts): it then outlives the front
 * end. Otherwise it is passed through byte by byte: when it is encrypted, or the SCX is not a child
 * of this front end.
 *
 * Bounded: encoder-limit.ts says how many may be connected; request heads have the limits of every
 * port (http/server/head-gate.ts).
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { clientAddress, trustIn } from '../../http/server/client-address.js';
import { createHeadGate, type IncomingRequest } from '../../http/server/head-gate.js';
import { FOREIGN_PAGE, isFromPage } from '../../http/server/page-origin.js';
import type { RequestHead } from '../../http/server/request-head.js';
import { type Answer, sendAnswer } from '../../http/server/response.js';
import { ALLOW, refusalFor } from '../../icecast/encoder-refusal.js';
import { mountPath } from '../../icecast/mount.js';
import { good } from '../../lib/result.js';
import { refPath, type SessionRef } from '../../session/session-id.js';
import type { Platform } from '../platform/platform.js';
import type { ScxHostOf } from '../ports/scx-host.js';
import type { EncoderWay } from '../status/cluster-metrics.js';
import { type OrProblem, type Problem, problem, refused } from '../web/problem.js';
import { carryEncoder } from './carry-encoder.js';
import { bytesFor, connectTo } from './connect-scx.js';
import { createEncoderLimit } from './encoder-limit.js';
import { type ConnectedEncoder, handToScx } from './hand-to-scx.js';
import type { EncoderSessions } from './session-of-mount.js';
import { createSocketSet, type SocketSet } from './socket-set.js';

export interface PassthroughOptions {
  readonly sessions: EncoderSessions;
  /** Where the front end itself reaches its SCXs: an address of this machine. */
  readonly scxHostOf: ScxHostOf;
  /** Whose X-Forwarded-For counts: addresses, or ranges of them as CIDR. */
  readonly trustedProxies: readonly string[];
  /** At a time, >= 1. */
  readonly encodersMax: number;
  readonly log: Logger;
  readonly giveEncoder: Platform['giveEncoder'];
  readonly carryEncoder: Platform['carryEncoder'];
  /** Whether this SCX of the session is given up, though its connections are not closed. */
  isGivenUp(ref: SessionRef, scx: string): boolean;
  /** An encoder has reached its SCX, in this way. */
  onEncoder(way: EncoderWay): void;
}

/** The encoders of a front end. */
export interface EncoderPassthrough {
  /** A connection that begins like an encoder's. */
  enter(socket: Socket): void;
  /** Connects an encoder with the session's SCX; or says why that failed. */
  connect(encoder: ConnectedEncoder): Promise<Problem | undefined>;
  /** Cuts off all that are passed through. */
  close(): void;
}

const HEADS_MAX = 256; // guess: connections without a complete head, at a time
const HEAD_MS = 10_000; // guess
const GATE_TICK_MS = 1000;

/** Attempts to reach an SCX, and the time between them, ms: encoders wait longer. Guesses. */
const DIALS_MAX = 4;
const DIAL_INTERVAL_MS = 500;

/** Between two looks whether an SCX is given up, ms. */
const LOOK_MS = 1000;

const LOST = problem(502, "The session's SCX does not answer: try again.");
const FROM_PAGE = problem(403, FOREIGN_PAGE);
const NO_MOUNT = problem(404, 'No session has this mount: broadcast at /CREATOR/SESSION.');
const OPTIONS_ANSWER: Answer = { status: 204, body: '', fields: ALLOW };

const queryOf = ({ target }: RequestHead): string => /\?[^#]*/.exec(target)?.[0] ?? '';

function refuse(socket: Socket, { status, message, retryAfter }: Problem): void {
  sendAnswer(socket, refusalFor(status, message, retryAfter));
}

/** Creates the function that connects encoders to their SCXs, up to the limit. */
function createConnect(
  options: PassthroughOptions,
  sockets: SocketSet,
): EncoderPassthrough['connect'] {
  const { sessions, scxHostOf, encodersMax, log } = options;
  /** Counts encoders that wait for their SCX, and those that were handed to it, as well. */
  const limit = createEncoderLimit(encodersMax, () => performance.now());

  /** A machine that is cut off closes no connection. */
  const watched = (upstream: Socket, ref: SessionRef, scx: string): Socket => {
    const looking = setInterval(() => {
      if (options.isGivenUp(ref, scx)) upstream.destroy();
    }, LOOK_MS).unref();
    sockets.add(upstream);
    return upstream.once('close', () => clearInterval(looking));
  };

  /** An SCX that has just died is still known for a moment, and then there is another one. */
  const dial = async (
    ref: SessionRef,
    address: string,
    attempt = 1,
  ): Promise<OrProblem<Socket>> => {
    const scx = await sessions.scxOf(ref, address);
    if (!scx.ok) return scx;
    const { httpUrl } = scx.value;
    const upstream = await connectTo(scxHostOf(httpUrl), Number(new URL(httpUrl).port));
    if (upstream !== undefined) return good(watched(upstream, ref, scx.value.id));
    if (attempt === DIALS_MAX) return refused(LOST);
    await pause(DIAL_INTERVAL_MS);
    return dial(ref, address, attempt + 1);
  };

  const passThrough = async (
    { socket, request, ref, isAnswered }: ConnectedEncoder,
    onGone: () => void,
    cutting: AbortSignal,
  ): Promise<Problem | undefined> => {
    const dialled = await dial(ref, request.address);
    if (!dialled.ok) return dialled.problem;
    if (socket.closed) onGone();
    else socket.once('close', onGone);
    const cut = (): void => void socket.destroy();
    cutting.addEventListener('abort', cut, { once: true });
    if (cutting.aborted) cut();
    const again = async (): Promise<Socket | undefined> => {
      const found = await dial(ref, request.address);
      return found.ok ? found.value : undefined;
    };
    carryEncoder({ socket, raw: bytesFor(request, ref), isAnswered, dial: again }, dialled.value);
    options.onEncoder('passedThrough');
    log.info({ session: refPath(ref), address: request.address }, 'an encoder is passed through');
    return undefined;
  };

  /**
   * What the SCX does not take is passed through, with the bytes that were read meanwhile. What it
   * takes needs not be cut to make room: it costs this process nothing, and the SCX bounds it.
   */
  const reach = async (encoder: ConnectedEncoder, onGone: () => void, cutting: AbortSignal) => {
    const { request, ref } = encoder;
    const scx = await sessions.scxOf(ref, request.address);
    if (!scx.ok) return scx.problem;
    const { id, httpUrl } = scx.value;
    const place = { id, host: scxHostOf(httpUrl), port: Number(new URL(httpUrl).port) };
    const handed = await handToScx(encoder, place, options, onGone);
    if (handed.way === undefined) {
      const rest = Buffer.concat([request.rest, handed.buffered]);
      return passThrough({ ...encoder, request: { ...request, rest } }, onGone, cutting);
    }
    options.onEncoder(handed.way);
    const told = { session: refPath(ref), address: request.address };
    log.info(told, 'an encoder is handed to its SCX');
    return undefined;
  };

  return async (encoder) => {
    const { address } = encoder.request;
    const cutting = new AbortController();
    const place = limit.take(address, () => cutting.abort());
    if (!place.ok) return place.problem;
    const failure = await reach(encoder, place.value, cutting.signal);
    if (failure !== undefined) place.value();
    return failure;
  };
}

/** Creates a pass-through without encoders. */
export function createEncoderPassthrough(options: PassthroughOptions): EncoderPassthrough {
  const { sessions, trustedProxies } = options;
  const trust = trustIn(trustedProxies);
  const sockets = createSocketSet();
  const connect = createConnect(options, sockets);

  const onRequest = async ({ socket, head, rest }: IncomingRequest): Promise<void> => {
    const { method, protocol, headers, target } = head;
    if (method === 'OPTIONS') return void sendAnswer(socket, OPTIONS_ANSWER);
    const forwarded = headers.get('x-forwarded-for');
    const address = clientAddress(socket.remoteAddress ?? '', forwarded, trust);
    const mount = mountPath(target);
    const request = { address, headers, method, protocol, mount, query: queryOf(head), rest };
    if (isFromPage(head)) return refuse(socket, FROM_PAGE);
    const ref = sessions.atMount(target);
    if (ref === undefined) return refuse(socket, NO_MOUNT);
    const failure = await connect({ socket, request, ref, isAnswered: true });
    if (failure !== undefined) refuse(socket, failure);
  };

  const gate = createHeadGate(
    {
      headMs: HEAD_MS,
      pendingMax: HEADS_MAX,
      secure: undefined,
      onRequest: (request) => void onRequest(request),
    },
    () => performance.now(),
  );
  const ticking = setInterval(() => gate.tick(performance.now()), GATE_TICK_MS).unref();

  return {
    enter: (socket) => {
      sockets.add(socket);
      gate.enter(socket);
    },
    connect,
    close: () => {
      clearInterval(ticking);
      sockets.destroyAll();
    },
  };
}
