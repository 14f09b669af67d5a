/**
 * The door of a port: every connection first shows a request head, and then goes on to whoever
 * answers such requests. Everybody may knock, so each knock has a bound in bytes, time and number;
 * when too many stand at the headGate, the one that has stood longest makes room: a flood of half
 * requests then harms those who send half requests.
 *
 * A first byte of 22 is no letter but the beginning of TLS: where there is a certificate, the
 * connection comes in again once it is decrypted. So one port speaks http and https.
 */
import type { Socket } from 'node:net';
import {
  type HeadResult,
  LINE_BYTES_MAX,
  type RequestHead,
  readRequestHead,
} from './request-head.js';
import { sendAnswer, textAnswer } from './response.js';

/** Somebody who has shown a head. */
export interface IncomingRequest {
  readonly socket: Socket;
  readonly head: RequestHead;
  /** What came behind the head already. */
  readonly rest: Uint8Array;
  readonly isSecure: boolean;
}

export interface HeadGateOptions {
  /** From the connection to the end of the head, ms. */
  readonly headMs: number;
  /** Connections that have not shown a whole head. */
  readonly pendingMax: number;
  /** The socket is paused, and all its bytes are in the visitor. */
  onRequest(visitor: IncomingRequest): void;
  /** Takes over a connection that begins with TLS; undefined where there is no certificate. */
  readonly secure: ((socket: Socket) => void) | undefined;
}

/** What `GET /metrics` tells. */
export interface HeadGateCounters {
  /** Connections. */
  entered: number;
  /** Heads that were none, too large or too many. */
  malformed: number;
  /** Did not show a head in time. */
  slow: number;
  /** Made room for others. */
  evicted: number;
}

/** A door. */
export interface HeadGate {
  /** A connection comes in; `isSecure` when TLS is dealt with. */
  enter(socket: Socket, isSecure?: boolean): void;
  /** Turns away who is too slow; call it about once a second. */
  tick(now: number): void;
  /** Those who have not shown a whole head. */
  readonly knocking: number;
  readonly counters: Readonly<HeadGateCounters>;
}

const TLS_HANDSHAKE = 22;
const LINE_FEED = 10;
const NOTHING = Buffer.alloc(0);

interface Knock {
  readonly socket: Socket;
  readonly since: number;
  readonly isSecure: boolean;
  received: Buffer;
}

/** Its close follows. */
const ignore = (): void => undefined;

/** A door without visitors; `now` is a monotonic clock in ms. */
export function createHeadGate(options: HeadGateOptions, now: () => number): HeadGate {
  /** In the order in which they came. */
  const knocks = new Map<Socket, Knock>();
  const counters: HeadGateCounters = { entered: 0, malformed: 0, slow: 0, evicted: 0 };

  // Two functions for all sockets: a listener stays for days, and is to keep nothing of its knock.
  function onData(this: Socket, bytes: Buffer): void {
    const knock = knocks.get(this);
    if (knock !== undefined) onBytes(knock, bytes);
  }

  function onGone(this: Socket): void {
    knocks.delete(this);
  }

  const release = ({ socket }: Knock): void => {
    socket.off('data', onData).off('close', onGone).pause();
    knocks.delete(socket);
  };

  const turnAway = (knock: Knock, status: number, reason: string): void => {
    release(knock);
    sendAnswer(knock.socket, textAnswer(status, reason));
  };

  const onHead = (knock: Knock, result: HeadResult): void => {
    if (result.kind === 'partial') return;
    if (result.kind === 'bad') {
      counters.malformed++;
      return turnAway(knock, result.status, result.reason);
    }
    release(knock);
    const { socket, isSecure, received } = knock;
    const rest = received.subarray(result.head.bytes);
    options.onRequest({ socket, head: result.head, rest, isSecure });
  };

  const onBytes = (knock: Knock, bytes: Buffer): void => {
    const secure = knock.isSecure ? undefined : options.secure;
    if (knock.received.length === 0 && bytes[0] === TLS_HANDSHAKE && secure !== undefined) {
      release(knock);
      knock.socket.unshift(bytes);
      return secure(knock.socket);
    }
    const isFirst = knock.received.length === 0;
    knock.received = isFirst ? bytes : Buffer.concat([knock.received, bytes]);
    // Who sends byte by byte is not to have all of it read again for each.
    if (isFirst || bytes.includes(LINE_FEED) || knock.received.length > LINE_BYTES_MAX) {
      onHead(knock, readRequestHead(knock.received));
    }
  };

  const makeRoom = (): void => {
    const [oldest] = knocks.values();
    if (knocks.size <= options.pendingMax || oldest === undefined) return;
    counters.evicted++;
    release(oldest);
    oldest.socket.destroy();
  };

  return {
    enter: (socket, isSecure = false) => {
      counters.entered++;
      socket.on('error', ignore).on('data', onData).on('close', onGone);
      knocks.set(socket, { socket, since: now(), isSecure, received: NOTHING });
      makeRoom();
    },
    tick: (at) => {
      for (const knock of knocks.values()) {
        if (at - knock.since < options.headMs) return;
        counters.slow++;
        turnAway(knock, 408, 'The request did not come in time.');
      }
    },
    get knocking() {
      return knocks.size;
    },
    counters,
  };
}
