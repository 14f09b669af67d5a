/**
 * One connection of the overlay port, TLS over TCP: frames in, frames out, and exactly one close event. The
 * connection does not interpret frames: a handler does, which is replaced once, when the handshake
 * is done.
 *
 * All frames of one event-loop iteration leave in one system call. There are two ways to end a
 * connection: `finish` sends a last frame and reads on until the peer has ended its side too;
 * `destroy` ends it at once. The handler gets the close event, unless it called `destroy` itself.
 */
import type { TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { createDecoder, type Decoder, type Malformed, type WireEvent } from '../../wire/decoder.js';
import { encodeRefusal } from '../../wire/encoder.js';
import type { ConnectionFault, OverlayCounters } from './counters.js';
import type { OverlayLimits } from './limits.js';
import type { Unread, UnreadConnection } from './unread.js';

/** Why a connection has ended. */
export type CloseCause =
  /** We closed it because its bytes were malformed. */
  | 'malformed'
  /** The peer ended it with a REFUSAL. */
  | 'refused'
  /** We finished, and the peer did too. */
  | 'finished'
  /** The peer sent no HELLO in time. */
  | 'timeout'
  /** Closed or reset without a REFUSAL, or never opened. */
  | 'lost';

/** An input of a handler: every event of the decoder that does not end the connection. */
export type Arrival = Exclude<WireEvent, Malformed | { kind: 'refusal' }>;

export interface ConnectionHandler {
  onArrival(event: Arrival): void;
  /** The kernel has taken everything that was written, after a time in which it did not. */
  onDrain(): void;
  onClose(cause: CloseCause, reason: string): void;
}

/** The kind of connection, by which bytes are counted. */
type Plane = 'control' | 'data' | 'client';

export interface Connection {
  readonly remoteAddress: string;
  /** Bytes that wait for the peer to read. */
  readonly backlogBytes: number;
  /** The instant of the last frame, in or out, performance.now(). */
  readonly usedAt: number;
  /** Keys that only the two ends of this connection have. */
  exportKeys(label: string, bytes: number): Uint8Array;
  /** Replaces the handler. */
  handTo(handler: ConnectionHandler, plane: Plane): void;
  send(frame: Uint8Array): void;
  /** Ends our side, perhaps with a last frame. */
  finish(lastFrame?: Uint8Array): void;
  /** Closes at once; the handler is not told. */
  destroy(): void;
  /** Closes at once, and tells the handler why. */
  fail(cause: CloseCause, reason: string): void;
  /** The peer sent something that it may not: counts it and closes. */
  reject(fault: ConnectionFault, reason: string): void;
}

/** Ignores everything: the handler of a connection that has been refused. */
export const NOBODY: ConnectionHandler = {
  onArrival: () => {},
  onDrain: () => {},
  onClose: () => {},
};

export interface ConnectionOptions {
  /** It may still be connecting. */
  readonly socket: TLSSocket;
  /** For the log, and for limits by address: where it is to be connected, before it is. */
  readonly remoteAddress: string;
  readonly counters: OverlayCounters;
  readonly limits: OverlayLimits;
  /** The bounds of what waits for peers to read. */
  readonly unread: Unread;
  readonly log: Logger;
}

/** A connection and what has happened to it. */
interface State extends ConnectionOptions, UnreadConnection {
  readonly decoder: Decoder;
  handler: ConnectionHandler;
  plane: Plane;
  usedAt: number;
  /** The handler has got the close event, or must not get it any more. */
  isOver: boolean;
  /** We have ended our side. */
  isFinishing: boolean;
  isCorked: boolean;
  /** The peer does not read, and is about to be closed. */
  isGivenUp: boolean;
  /** The socket's error, if there was one. */
  problem: string;
  finishTimer: NodeJS.Timeout | undefined;
}

/** Creates a connection from a socket. Its handler is NOBODY until `handTo` is called. */
export function createConnection(options: ConnectionOptions): Connection {
  const state: State = {
    ...options,
    decoder: createDecoder(),
    handler: NOBODY,
    plane: 'control',
    usedAt: performance.now(),
    isOver: false,
    isFinishing: false,
    isCorked: false,
    isGivenUp: false,
    unreadBytes: 0,
    giveUp: () => giveUp(state),
    problem: '',
    finishTimer: undefined,
  };
  listen(state);
  return {
    get remoteAddress() {
      return options.socket.remoteAddress ?? options.remoteAddress;
    },
    get backlogBytes() {
      return state.socket.writableLength;
    },
    get usedAt() {
      return state.usedAt;
    },
    exportKeys: (label, bytes) =>
      options.socket.exportKeyingMaterial(bytes, label, Buffer.alloc(0)),
    handTo: (handler, plane) => {
      state.handler = handler;
      state.plane = plane;
    },
    send: (frame) => send(state, frame),
    finish: (lastFrame) => finish(state, lastFrame),
    destroy: () => {
      state.isOver = true;
      state.socket.destroy();
    },
    fail: (cause, reason) => fail(state, cause, reason),
    reject: (fault, reason) => reject(state, fault, reason),
  };
}

function listen(state: State): void {
  const { socket } = state;
  socket.on('data', (chunk) => receive(state, chunk));
  socket.on('drain', () => {
    if (!state.isOver) state.handler.onDrain();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state.problem = error.code ?? error.message;
  });
  socket.on('end', () => onEnd(state, 'the peer ended it'));
  socket.on('close', () => onEnd(state, state.problem));
}

function receive(state: State, chunk: Uint8Array): void {
  state.usedAt = performance.now();
  state.counters[`${state.plane}BytesIn`] += chunk.length;
  for (const event of state.decoder.push(chunk)) {
    if (state.isOver) return;
    take(state, event);
  }
}

function take(state: State, event: WireEvent): void {
  if (event.kind === 'malformed') reject(state, event.fault, event.reason);
  else if (event.kind === 'refusal') onRefusal(state, event.reason);
  else state.handler.onArrival(event);
}

/** The peer has refused us. It still reads what we have already sent. */
function onRefusal(state: State, reason: string): void {
  finish(state);
  conclude(state, 'refused', reason);
}

function send(state: State, frame: Uint8Array): void {
  if (state.isOver || state.isFinishing || state.isGivenUp) return;
  state.usedAt = performance.now();
  state.counters[`${state.plane}BytesOut`] += frame.length;
  cork(state);
  state.socket.write(frame, () => state.unread.onTaken(state, frame.length));
  state.unread.onWritten(state, frame.length);
}

/** Closes soon, as the machine may be in the middle of a step, and is sent nothing more. */
function giveUp(state: State): void {
  state.isGivenUp = true;
  state.counters.overflows++;
  process.nextTick(() => fail(state, 'lost', 'the peer does not read'));
}

/** Holds back what is written until the end of this event-loop iteration. */
function cork(state: State): void {
  if (state.isCorked) return;
  state.isCorked = true;
  state.socket.cork();
  process.nextTick(() => {
    state.isCorked = false;
    state.socket.uncork();
  });
}

function finish(state: State, lastFrame?: Uint8Array): void {
  if (state.isOver || state.isFinishing) return;
  if (lastFrame !== undefined) send(state, lastFrame);
  state.isFinishing = true;
  state.socket.end();
  state.finishTimer = setTimeout(() => onEnd(state, ''), state.limits.finishMs);
}

function reject(state: State, fault: ConnectionFault, reason: string): void {
  if (state.isOver) return;
  const { remoteAddress, counters, log } = state;
  counters.malformedFrames[fault]++;
  log.warn({ remoteAddress, fault, reason }, 'closed a connection: malformed frame');
  // An answer helps only a peer that speaks another version of the protocol.
  if (fault !== 'version') return fail(state, 'malformed', reason);
  finish(state, encodeRefusal(reason));
  conclude(state, 'malformed', reason);
}

function onEnd(state: State, reason: string): void {
  clearTimeout(state.finishTimer);
  fail(state, state.isFinishing ? 'finished' : 'lost', reason);
}

function fail(state: State, cause: CloseCause, reason: string): void {
  state.socket.destroy();
  conclude(state, cause, reason);
}

function conclude(state: State, cause: CloseCause, reason: string): void {
  if (state.isOver) return;
  state.isOver = true;
  state.handler.onClose(cause, reason);
}
