/**
 * One port for all clients: the first bytes of a connection tell what it is. A TLS connection comes
 * in again once it is decrypted. Encoders are taken out, because node:http treats a body without a
 * length as empty. All other connections go to node:http.
 *
 * The bytes that were read are put back. A title that the encoder did not escape is put back
 * escaped, because node:http refuses it otherwise.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { LINE_BYTES_MAX } from '../../http/server/request-head.js';
import type { Tls } from '../../http/server/tls.js';

/** How long the first bytes may take to arrive, ms. Guess. */
const FIRST_BYTES_MS = 10_000;
const TLS_HANDSHAKE = 22;

/** How encoders begin; PUT is also how others publish. */
const ENCODERS = ['SOURCE ', 'OPTIONS * ', 'PUT '];
/** What is published with PUT. */
const PUBLISHING = 'PUT /announcements/';
/** Where encoders send titles: the whole line is needed then. */
const TITLES = 'GET /admin';
const LINE_FEED = 0x0a;

type Verdict = 'tls' | 'encoder' | 'other' | 'unknown';

const isLine = (bytes: Uint8Array): boolean =>
  bytes.includes(LINE_FEED) || bytes.length > LINE_BYTES_MAX;

/** The bytes in a form that node:http accepts. */
function withEscapedTitle(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, TITLES.length).equals(Buffer.from(TITLES))) return bytes;
  const end = bytes.indexOf(LINE_FEED);
  const line = bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
  const escaped = line.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  return Buffer.concat([Buffer.from(escaped, 'latin1'), bytes.subarray(line.length)]);
}

/** The kind of connection that begins with these bytes; `unknown` until there are enough. */
export function kindOfConnection(bytes: Uint8Array): Verdict {
  if (bytes[0] === TLS_HANDSHAKE) return 'tls';
  const text = Buffer.from(bytes.subarray(0, PUBLISHING.length)).toString('latin1');
  if (text.startsWith(PUBLISHING)) return 'other';
  if (PUBLISHING.startsWith(text) || TITLES.startsWith(text)) return 'unknown';
  if (text.startsWith(TITLES)) return isLine(bytes) ? 'other' : 'unknown';
  if (ENCODERS.some((word) => text.startsWith(word))) return 'encoder';
  return ENCODERS.some((word) => word.startsWith(text)) ? 'unknown' : 'other';
}

/** Creates a function that reads the first bytes of connections and puts them back. */
function createReader(onKnown: (socket: Socket, verdict: Verdict, isSecure: boolean) => void) {
  const unsorted = new Set<Socket>(); // bounded by the server's connections, and FIRST_BYTES_MS
  return {
    read: (socket: Socket, isSecure: boolean): void => {
      let received = Buffer.alloc(0);
      const cutOff = (): void => void socket.destroy();
      const onData = (bytes: Buffer): void => {
        received = Buffer.concat([received, bytes]);
        const verdict = kindOfConnection(received);
        if (verdict === 'unknown') return;
        forget();
        socket.off('data', onData).off('close', forget).pause();
        socket.unshift(withEscapedTitle(received));
        onKnown(socket, verdict, isSecure);
      };
      const waiting = setTimeout(cutOff, FIRST_BYTES_MS);
      const forget = (): void => {
        clearTimeout(waiting);
        unsorted.delete(socket);
      };
      unsorted.add(socket);
      socket.on('error', cutOff).on('close', forget).on('data', onData);
    },
    cutAll: (): void => {
      for (const socket of unsorted) socket.destroy();
    },
  };
}

/**
 * Sorts the connections of a server: `onEncoder` gets those of encoders. Returns a function that
 * cuts off the connections whose kind is not known yet.
 */
export function sortConnections(
  server: Server,
  tls: Tls | undefined,
  onEncoder: (socket: Socket) => void,
): () => void {
  const [accept] = server.listeners('connection');
  if (accept === undefined) throw new Error('a server that does not accept');
  const reader = createReader((socket, verdict, isSecure) => {
    if (verdict === 'tls' && tls !== undefined && !isSecure) return tls.secure(socket);
    if (verdict === 'encoder') onEncoder(socket);
    else accept.call(server, socket);
    socket.resume();
  });
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => reader.read(socket, false));
  tls?.onSecured((socket) => reader.read(socket, true));
  return reader.cutAll;
}
