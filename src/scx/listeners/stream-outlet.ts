/**
 * A listener's connection. Players are older than HTTP/1.1 and some take a chunk's length for
 * sound, so the stream is the raw body that ends when the connection does: no Content-Length, no
 * chunks. Head and burst go out together; after that each write is one call of the socket, and
 * with titles one gathering write.
 *
 * Whatever a player still sends is read and thrown away, as its departure is seen by reading; who
 * sends much more than any player is cut off.
 */
import type { Socket } from 'node:net';
import type { PackedListener } from './listener-state.js';
import type { Outlet } from './listeners.js';

/** A player sends a request, and perhaps a body that it forgot. Guess. */
const INPUT_BYTES_MAX = 32 * 1024;

/** What all the streams of a port have in common; `Request` is who asked for one. */
export interface StreamHost<Request> {
  /** The answer's head, asked for when there is something to send. */
  head(request: Request): string;
  /** Answers that there is nothing. */
  refuse(request: Request): void;
  /** See listeners.ts. */
  pack(request: Request): PackedListener | undefined;
}

/** A listener's request. */
interface StreamRequest {
  readonly socket: Socket;
  readonly wantsTitles: boolean;
}

/** One function for all sockets: each of thousands would else have its own. */
function limitInput(this: Socket): void {
  if (this.bytesRead > INPUT_BYTES_MAX) this.destroy();
}

/** Reads and forgets, up to a bound. */
export function ignoreInput(socket: Socket): void {
  socket.on('data', limitInput).resume();
}

interface StreamOutlet<Request extends StreamRequest> extends Outlet {
  readonly socket: Socket;
  readonly request: Request;
  readonly host: StreamHost<Request>;
}

type Any = StreamOutlet<StreamRequest>;

function queuedBytes(this: Any): number {
  return this.socket.writableLength;
}

function write(this: Any, parts: readonly Uint8Array[]): void {
  const { socket } = this;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return void socket.write(only);
  socket.cork();
  for (const part of parts) socket.write(part);
  socket.uncork();
}

function open(this: Any, parts: readonly Uint8Array[]): void {
  this.write([Buffer.from(this.host.head(this.request), 'latin1'), ...parts]);
}

function refuse(this: Any): void {
  this.host.refuse(this.request);
}

function pack(this: Any): PackedListener | undefined {
  return this.host.pack(this.request);
}

function end(this: Any): void {
  this.socket.end();
}

function abort(this: Any): void {
  this.socket.destroy();
}

/** The outlet of a request for the stream. */
export function createStreamOutlet<Request extends StreamRequest>(
  request: Request,
  host: StreamHost<Request>,
): Outlet {
  const { socket, wantsTitles } = request;
  const ways = { queuedBytes, open, write, refuse, end, abort, pack };
  const outlet: StreamOutlet<Request> = { socket, wantsTitles, request, host, ...ways };
  return outlet;
}
