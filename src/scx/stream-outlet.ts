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
import type { Outlet } from './listeners.js';

/** A player sends a request, and perhaps a body that it forgot. Guess. */
const INPUT_BYTES_MAX = 32 * 1024;

/** What the connection told at its end. */
export interface StreamOptions {
  readonly wantsTitles: boolean;
  /** The answer's head, asked for when there is something to send. */
  head(): string;
  /** Answers that there is nothing. */
  refuse(): void;
}

/** One function for all sockets: each of thousands would else have its own. */
function limitInput(this: Socket): void {
  if (this.bytesRead > INPUT_BYTES_MAX) this.destroy();
}

/** Reads and forgets, up to a bound. */
export function ignoreInput(socket: Socket): void {
  socket.on('data', limitInput).resume();
}

/** The outlet of a request for the stream. */
export function createStreamOutlet(socket: Socket, options: StreamOptions): Outlet {
  const write = (parts: readonly Uint8Array[]): void => {
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return void socket.write(only);
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
  };
  return {
    wantsTitles: options.wantsTitles,
    get queuedBytes() {
      return socket.writableLength;
    },
    open: (parts) => write([Buffer.from(options.head(), 'latin1'), ...parts]),
    write,
    refuse: options.refuse,
    end: () => void socket.end(),
    abort: () => void socket.destroy(),
  };
}
