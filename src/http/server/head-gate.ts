/**
 * The head gate of a port: every connection first sends a request head, and then goes on to the part
 * that answers such requests. Anyone can connect, so each pending connection is bounded in bytes and
 * time, and their number is bounded: when there are too many, the one that has been pending for
 * longest is told so and closed. A flood of incomplete requests then harms those that send incomplete requests.
 *
 * A first byte of 22 is no letter but the beginning of TLS: where there is a certificate, the
 * connection enters again once it is decrypted. So one port speaks http and https.
 *
 * Bounded: `pendingMax` connections, each with HEAD_BYTES_MAX.
 */
import type { Socket } from 'node:net';
import { createHeadBytes, type HeadBytes } from '../../lib/head/head-bytes.js';
import {
  HEAD_BYTES_MAX,
  type HeadResult,
  LINE_BYTES_MAX,
  type RequestHead,
  readRequestHead,
} from './request-head.js';
import { sendAnswer, sendLastAnswer, textAnswer, unavailable } from './response.js';

/** A connection that has sent a request head. */
export interface IncomingRequest {
  readonly socket: Socket;
  readonly head: RequestHead;
  /** All bytes that came, the head included. */
  readonly raw: Uint8Array;
  /** Bytes that came behind the head. */
  readonly rest: Uint8Array;
  /** The connection is encrypted. */
  readonly isSecure: boolean;
  /** The client has been answered in another protocol: nothing is written to it. */
  readonly isSilent?: boolean;
}

export interface HeadGateOptions {
  /** Time from the connection to the end of the head, ms. */
  readonly headMs: number;
  /** Connections that have not sent a whole head. */
  readonly pendingMax: number;
  /** The socket is paused, and all its bytes are in the request. */
  onRequest(request: IncomingRequest): void;
  /** Takes over a connection that begins with TLS; undefined without a certificate. */
  readonly secure: ((socket: Socket) => void) | undefined;
}

/** The counters for `GET /metrics`. */
export interface HeadGateCounters {
  /** Connections. */
  entered: number;
  /** Malformed or oversized heads. */
  malformed: number;
  /** Connections that did not send a head in time. */
  slow: number;
  /** Connections that were closed because there were too many. */
  evicted: number;
}

/** The connections that have not sent a whole head. */
export interface HeadGate {
  /** Takes a connection; `isSecure` when it is decrypted already. */
  enter(socket: Socket, isSecure?: boolean): void;
  /** Refuses connections that are too slow; call it about once per second. */
  tick(now: number): void;
  /** Closes all connections that have not sent a whole head. */
  closeAll(): void;
  readonly pending: number;
  readonly counters: Readonly<HeadGateCounters>;
}

const TLS_HANDSHAKE = 22;
/** Retry-After of one that was crowded out, s. Guess. */
const RETRY_S = 5;
/** Lengths at which a head without an end is refused. */
const LIMITS = [LINE_BYTES_MAX + 1, HEAD_BYTES_MAX];

interface Pending {
  readonly socket: Socket;
  readonly since: number;
  readonly isSecure: boolean;
  readonly received: HeadBytes;
}

/** The close event follows. */
const ignore = (): void => undefined;

/** Whether a pending connection begins with TLS. */
const isTls = ({ received, isSecure }: Pending, bytes: Buffer): boolean =>
  !isSecure && received.all.length === 0 && bytes[0] === TLS_HANDSHAKE;

/** Creates a gate without connections; `now` is a monotonic clock in ms. */
export function createHeadGate(options: HeadGateOptions, now: () => number): HeadGate {
  const { secure } = options;
  /** In the order of arrival. */
  const pendings = new Map<Socket, Pending>();
  const counters: HeadGateCounters = { entered: 0, malformed: 0, slow: 0, evicted: 0 };

  // Two functions for all sockets: a listener stays for days and keeps nothing of its beginning.
  function onData(this: Socket, bytes: Buffer): void {
    const pending = pendings.get(this);
    if (pending !== undefined) onBytes(pending, bytes);
  }

  function onGone(this: Socket): void {
    pendings.delete(this);
  }

  const release = ({ socket }: Pending): void => {
    socket.off('data', onData).off('close', onGone).pause();
    pendings.delete(socket);
  };

  const refuse = (pending: Pending, status: number, reason: string): void => {
    release(pending);
    sendAnswer(pending.socket, textAnswer(status, reason));
  };

  const onHead = (pending: Pending, result: HeadResult): void => {
    if (result.kind === 'partial') return;
    if (result.kind === 'bad') {
      counters.malformed++;
      return refuse(pending, result.status, result.reason);
    }
    release(pending);
    const { socket, isSecure, received } = pending;
    const raw = received.all;
    const rest = raw.subarray(result.head.bytes);
    options.onRequest({ socket, head: result.head, raw, rest, isSecure });
  };

  const onBytes = (pending: Pending, bytes: Buffer): void => {
    if (secure !== undefined && isTls(pending, bytes)) {
      release(pending);
      pending.socket.unshift(bytes);
      return secure(pending.socket);
    }
    const { received } = pending;
    if (received.add(bytes)) onHead(pending, readRequestHead(received.all));
  };

  const evictOldest = (): void => {
    const [oldest] = pendings.values();
    if (pendings.size <= options.pendingMax || oldest === undefined) return;
    counters.evicted++;
    release(oldest);
    const answer = unavailable('Too many connections are open here: try again.', RETRY_S);
    sendLastAnswer(oldest.socket, answer);
  };

  return {
    enter: (socket, isSecure = false) => {
      counters.entered++;
      socket.on('error', ignore).on('data', onData).on('close', onGone);
      const received = createHeadBytes('empty line', LIMITS);
      pendings.set(socket, { socket, since: now(), isSecure, received });
      evictOldest();
    },
    tick: (at) => {
      for (const pending of pendings.values()) {
        if (at - pending.since < options.headMs) return;
        counters.slow++;
        refuse(pending, 408, 'The request did not come in time.');
      }
    },
    closeAll: () => {
      for (const { socket } of pendings.values()) socket.destroy();
    },
    get pending() {
      return pendings.size;
    },
    counters,
  };
}
