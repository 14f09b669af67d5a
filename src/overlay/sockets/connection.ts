/**
 * One TCP connection of the overlay port: frames in, frames out, and one clear end. What the frames
 * mean is its handler's business, which changes once, when the handshake is done.
 *
 * Everything written in one turn of the event loop leaves in one system call. There are two ways to
 * end: `finish` says the last word, and goes on listening until the peer has ended too; `destroy`
 * is at once. Either way the handler hears of the end once, unless it was the one who destroyed.
 */
import type { Socket } from 'node:net';
import type { Logger } from 'pino';
import { createDecoder, type Malformed, type WireEvent } from '../../wire/decoder.js';
import { encodeRefusal } from '../../wire/encoder.js';
import type { ConnectionFault, OverlayCounters } from './counters.js';
import { OVERLAY_LIMITS } from './limits.js';

/** Why a connection has ended. */
export type CloseCause =
  /** Its bytes were wrong, and we closed it. */
  | 'malformed'
  /** The peer said why, with a REFUSAL. */
  | 'refused'
  /** We finished, and the peer did too. */
  | 'finished'
  /** No HELLO in time. */
  | 'timeout'
  /** Closed, reset, or never opened: no word was said. */
  | 'lost';

/** What arrives and is no end. */
export type Arrival = Exclude<WireEvent, Malformed | { kind: 'refusal' }>;

export interface ConnectionHandler {
  onArrival(event: Arrival): void;
  /** All that was written has gone to the kernel, after more was waiting than it takes. */
  onDrain(): void;
  onClose(cause: CloseCause, reason: string): void;
}

/** Whose bytes they are, for the counters. */
type Plane = 'control' | 'data' | 'client';

export interface Connection {
  readonly remoteAddress: string;
  /** Bytes that wait for the peer. */
  readonly backlogBytes: number;
  /** The instant of the last frame, in or out, performance.now(). */
  readonly usedAt: number;
  /** Hands the connection to its next owner. */
  handTo(handler: ConnectionHandler, plane: Plane): void;
  send(frame: Uint8Array): void;
  /** Ends our side, with a last frame. */
  finish(lastFrame?: Uint8Array): void;
  /** Closes at once; the handler hears no more. */
  destroy(): void;
  /** Closes at once and tells the handler why. */
  fail(cause: CloseCause, reason: string): void;
  /** The peer sent what it may not: counts and closes. */
  reject(fault: ConnectionFault, reason: string): void;
}

/** Hears nothing: the owner of a connection that has been refused. */
export const NOBODY: ConnectionHandler = {
  onArrival: () => {},
  onDrain: () => {},
  onClose: () => {},
};

/** Wraps a socket, which may still be connecting. `remoteAddress` is for the log. */
export function createConnection(
  socket: Socket,
  remoteAddress: string,
  counters: OverlayCounters,
  log: Logger,
): Connection {
  const decoder = createDecoder();
  let handler = NOBODY;
  let plane: Plane = 'control';
  let usedAt = performance.now();
  let isOver = false;
  let isFinishing = false;
  let isCorked = false;
  let problem = '';
  let graceTimer: NodeJS.Timeout | undefined;

  const conclude = (cause: CloseCause, reason: string): void => {
    if (isOver) return;
    isOver = true;
    handler.onClose(cause, reason);
  };

  const fail = (cause: CloseCause, reason: string): void => {
    socket.destroy();
    conclude(cause, reason);
  };

  const onEnd = (reason: string): void => {
    clearTimeout(graceTimer);
    fail(isFinishing ? 'finished' : 'lost', reason);
  };

  /** Writes of one turn leave together. */
  const cork = (): void => {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    process.nextTick(() => {
      isCorked = false;
      socket.uncork();
    });
  };

  const send = (frame: Uint8Array): void => {
    if (isOver || isFinishing) return;
    usedAt = performance.now();
    counters[`${plane}BytesOut`] += frame.length;
    cork();
    socket.write(frame);
  };

  const finish = (lastFrame?: Uint8Array): void => {
    if (isOver || isFinishing) return;
    if (lastFrame !== undefined) send(lastFrame);
    isFinishing = true;
    socket.end();
    graceTimer = setTimeout(() => onEnd(''), OVERLAY_LIMITS.finishMs);
  };

  const reject = (fault: ConnectionFault, reason: string): void => {
    if (isOver) return;
    counters.malformedFrames[fault]++;
    log.warn({ remoteAddress, fault, reason }, 'closed a connection: malformed frame');
    // Only who speaks another version of the protocol can make use of an answer.
    if (fault !== 'version') return fail('malformed', reason);
    finish(encodeRefusal(reason));
    conclude('malformed', reason);
  };

  /** The peer goes on listening for what we have already said. */
  const onRefusal = (reason: string): void => {
    finish();
    conclude('refused', reason);
  };

  const take = (event: WireEvent): void => {
    if (event.kind === 'malformed') reject(event.fault, event.reason);
    else if (event.kind === 'refusal') onRefusal(event.reason);
    else handler.onArrival(event);
  };

  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    usedAt = performance.now();
    counters[`${plane}BytesIn`] += chunk.length;
    for (const event of decoder.push(chunk)) {
      if (isOver) return;
      take(event);
    }
  });
  socket.on('drain', () => {
    if (!isOver) handler.onDrain();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    problem = error.code ?? error.message;
  });
  socket.on('end', () => onEnd('the peer ended it'));
  socket.on('close', () => onEnd(problem));

  return {
    remoteAddress,
    get backlogBytes() {
      return socket.writableLength;
    },
    get usedAt() {
      return usedAt;
    },
    handTo: (next, nextPlane) => {
      handler = next;
      plane = nextPlane;
    },
    send,
    finish,
    destroy: () => {
      isOver = true;
      socket.destroy();
    },
    fail,
    reject,
  };
}
