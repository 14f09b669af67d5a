/**
 * One connection of a listener. Players are older than HTTP/1.1 and some take a chunk's length for
 * sound, so a stream is the raw body that ends when the connection does: no Content-Length, no
 * chunks. Head and burst leave together; after that each write is one call of the socket, and with
 * titles one gathering write.
 *
 * A connection may last for days and there may be thousands. So it keeps nothing of the request but
 * what is logged at its end, and all connections share their functions, which have a `this` for that
 * reason. What a player still sends is read and discarded, because its departure is noticed by
 * reading; a player that sends much more than a request is disconnected.
 *
 * All connections of a port are listener-connections.ts.
 */
import type { Socket } from 'node:net';
import type { AccessLog } from '../../http/server/access-log.js';
import { freshFor } from '../../http/server/fresh-for.js';
import {
  type Answer,
  type Fields,
  responseHead,
  sendAnswer,
  unavailable,
} from '../../http/server/response.js';
import type { RenditionKbps } from '../../session/renditions.js';
import type { Tape } from '../recording/tape.js';
import type { Admission } from './admission.js';
import type { ListenerHook } from './listener-hook.js';
import type { ListenerIdentities, ListeningClient } from './listener-identities.js';
import type { ListenerState, PackedListener } from './listener-state.js';
import type { Listener, ListenerConnection } from './listener-writer.js';
import type { Listeners } from './listeners.js';
import type { LoggedRequest } from './logged-request.js';

/** A request for the stream that may be answered with it. */
export interface StreamRequest {
  readonly socket: Socket;
  readonly logged: LoggedRequest;
  readonly wantsTitles: boolean;
  /** Its connection is encrypted. */
  readonly isSecure: boolean;
  /** The instant of the request. */
  readonly since: number;
  /** What the operator's hook allowed; undefined without a hook. */
  readonly admission?: Admission | undefined;
  /** It asks for earlier sound. */
  readonly tape?: Tape | undefined;
}

export interface ListenerConnectionOptions {
  readonly listeners: Listeners;
  readonly identities: ListenerIdentities;
  readonly accessLog: AccessLog;
  /** The operator's hook; undefined: there is none. */
  readonly hook?: Pick<ListenerHook, 'onLeft'> | undefined;
  /** The header fields of the stream, or of a rendition of it. */
  fields(wantsTitles: boolean, rendition?: RenditionKbps): Fields;
  /** The rendition that a request's target asks for. Default: none. */
  renditionIn?(target: string): RenditionKbps | undefined;
  now(): number;
}

/** The context that the connections of a port share. */
export interface Shared {
  /** The head of the answer; the connection is a listener from then on. */
  head(connection: Connection): string;
  refuse(connection: Connection, answer: Answer): void;
  pack(connection: Connection): PackedListener | undefined;
}

/** One listener's connection. */
export interface Connection extends StreamRequest, ListenerConnection {
  readonly shared: Shared;
  /** See ScxListener. */
  readonly id: number;
  listener: Listener | undefined;
  /** Ends it when its time is over; undefined: it has no limit. */
  limit: NodeJS.Timeout | undefined;
  /** The instant from which its limit counts. */
  readonly limitedAt: number;
  /** It was answered with the stream. */
  isAnswered: boolean;
  /** Another process continues it. */
  isHandedOver: boolean;
  /** What the kernel last held for it beyond its allowance, bytes. */
  excessBytes: number;
  /** Bytes sent by other processes. */
  readonly bytesBefore: number;
}

/** A player sends a request, and perhaps a body nobody asked for. Guess. */
const INPUT_BYTES_MAX = 32 * 1024;
/** Retry-After, s: when full, when off the air. Guesses. */
export const RETRY_S = { full: 10, offAir: 5 } as const;
/** Streams that begin within this time share their head, whose date has a resolution of 1 s, ms. */
const HEAD_FRESH_MS = 500;
/** Disconnects a socket that goes on sending. */
export function limitInput(this: Socket): void {
  if (this.bytesRead > INPUT_BYTES_MAX) this.destroy();
}

export const methods = {
  queuedBytes(this: Connection): number {
    return this.socket.writableLength + this.excessBytes;
  },
  isFlushed(this: Connection): boolean {
    return this.socket.writableLength === 0;
  },
  write(this: Connection, parts: readonly Uint8Array[]): void {
    const { socket } = this;
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return void socket.write(only);
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
  },
  open(this: Connection, parts: readonly Uint8Array[]): void {
    this.write([Buffer.from(this.shared.head(this), 'latin1'), ...parts]);
  },
  refuse(this: Connection): void {
    this.shared.refuse(this, unavailable('The session is off the air.', RETRY_S.offAir));
  },
  end(this: Connection): void {
    this.socket.end();
  },
  abort(this: Connection): void {
    this.socket.destroy();
  },
  pack(this: Connection): PackedListener | undefined {
    return this.shared.pack(this);
  },
};

export const identityOf = ({
  logged: { address, agent = '' },
  since,
}: StreamRequest): ListeningClient => ({
  ...{ address, agent, since },
});

export const sentBytes = ({ socket, bytesBefore }: Connection): number =>
  bytesBefore + socket.bytesWritten;

/**
 * Creates a function that writes the head of a stream, with titles or without. Bounded: two heads for each
 * rate of a rendition.
 */
function createHeads({ fields, now }: ListenerConnectionOptions) {
  const draw = (wantsTitles: boolean, rendition?: RenditionKbps) =>
    freshFor(() => responseHead(200, fields(wantsTitles, rendition)), HEAD_FRESH_MS, now);
  const drawn = new Map<string, () => string>();
  return ({ wantsTitles, rendition }: Connection): string => {
    const form = `${wantsTitles} ${rendition}`;
    const head = drawn.get(form) ?? draw(wantsTitles, rendition);
    drawn.set(form, head);
    return head();
  };
}

export const note = (
  options: ListenerConnectionOptions,
  connection: Connection,
  status: number,
  bytes: number,
): void => {
  const durationMs = options.now() - connection.since;
  options.accessLog.add({ ...connection.logged, status, bytes, durationMs });
};

/** The admission of a connection, with the time that is left of it. */
function admissionLeft({ admission, limitedAt }: Connection, now: number): Admission | undefined {
  const { limitMs } = admission ?? {};
  if (admission === undefined || limitMs === undefined) return admission;
  return { ...admission, limitMs: Math.max(0, limitMs - (now - limitedAt)) };
}

/** The state of a connection, for a process that continues it. */
export function stateOf(connection: Connection, now: number): ListenerState {
  const { logged, wantsTitles, since, id } = connection;
  const admission = admissionLeft(connection, now);
  const bytes = sentBytes(connection);
  return { ...logged, wantsTitles, sinceMs: now - since, bytes, id, admission };
}

export function createShared(options: ListenerConnectionOptions): Shared {
  const { identities, now } = options;
  const headOf = createHeads(options);
  return {
    head: (connection) => {
      connection.isAnswered = true;
      identities.enter(identityOf(connection), now());
      return headOf(connection);
    },
    refuse: (connection, answer) =>
      note(options, connection, answer.status, sendAnswer(connection.socket, answer)),
    pack: (connection) => {
      const { socket, isSecure } = connection;
      // The keys of a TLS connection stay in this process.
      if (isSecure || socket.destroyed) return undefined;
      const release = (): void => {
        connection.isHandedOver = true;
        socket.destroy();
      };
      return { socket, state: stateOf(connection, now()), release };
    },
  };
}
