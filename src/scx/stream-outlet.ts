/**
 * A listener's connection. Players are older than HTTP/1.1 and some take a chunk's length for
 * sound, so the stream is the raw body that ends when the connection does: no Content-Length, no
 * chunks. node:http writes the head and the burst; everything after it goes to the socket itself,
 * which saves work in each of thousands of writes.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Outlet } from './listeners.js';

/** Writes a head that announces a body without a length. */
export function writeStreamHead(response: ServerResponse, headers: OutgoingHttpHeaders): void {
  response.shouldKeepAlive = false;
  response.useChunkedEncodingByDefault = false;
  response.writeHead(200, headers);
}

/**
 * The outlet of a request for the stream. `headers` are asked for when there is something to send;
 * `refuse` answers that there is nothing.
 */
export function createStreamOutlet(
  response: ServerResponse,
  socket: Socket,
  headers: () => OutgoingHttpHeaders,
  refuse: () => void,
): Outlet {
  return {
    get queuedBytes() {
      return socket.writableLength;
    },
    open: (bytes) => {
      socket.setTimeout(0);
      socket.cork();
      writeStreamHead(response, headers());
      // Not flushHeaders, which writes the head's bytes above 127 as if they were characters.
      response.write(bytes);
      socket.uncork();
    },
    write: (bytes) => void socket.write(bytes),
    refuse,
    end: () => void response.end(),
    abort: () => void socket.destroy(),
  };
}
