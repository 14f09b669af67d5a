/**
 * One port for everybody: what a connection begins with tells whose it is. TLS comes in again once it
 * is decrypted. Source clients go elsewhere, because node:http takes a body without a length for an
 * empty one. All others are node:http's. What was read to find out is put back; a title, which encoders
 * do not always escape, is put back escaped, because node:http takes it for no URL otherwise.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { LINE_BYTES_MAX } from '../../http/server/request-head.js';
import type { Tls } from '../../http/server/tls.js';

/** From the connection to the bytes that tell, ms, however slowly they drip. Guess. */
const FIRST_BYTES_MS = 10_000;
const TLS_HANDSHAKE = 22;

/** How source clients begin; more than one word may be needed to know. */
const SOURCES = ['SOURCE ', 'OPTIONS * ', 'PUT '];
/** What is published with PUT, by others. */
const OTHERS = 'PUT /announcements/';
/** Where titles are told; the whole line is wanted then. */
const TITLES = 'GET /admin';
const LINE_FEED = 0x0a;

type Verdict = 'tls' | 'source' | 'other' | 'unknown';

const isLine = (bytes: Uint8Array): boolean =>
  bytes.includes(LINE_FEED) || bytes.length > LINE_BYTES_MAX;

/** The bytes as node:http takes them. */
function withoutBareTitle(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, TITLES.length).equals(Buffer.from(TITLES))) return bytes;
  const end = bytes.indexOf(LINE_FEED);
  const line = bytes.toString('latin1', 0, end === -1 ? bytes.length : end);
  const escaped = line.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`);
  return Buffer.concat([Buffer.from(escaped, 'latin1'), bytes.subarray(line.length)]);
}

/** Whose connection begins so. */
export function tellFirstBytes(bytes: Uint8Array): Verdict {
  if (bytes[0] === TLS_HANDSHAKE) return 'tls';
  const text = Buffer.from(bytes.subarray(0, OTHERS.length)).toString('latin1');
  if (text.startsWith(OTHERS)) return 'other';
  if (OTHERS.startsWith(text) || TITLES.startsWith(text)) return 'unknown';
  if (text.startsWith(TITLES)) return isLine(bytes) ? 'other' : 'unknown';
  if (SOURCES.some((word) => text.startsWith(word))) return 'source';
  return SOURCES.some((word) => word.startsWith(text)) ? 'unknown' : 'other';
}

/**
 * Hands each connection of the server to whoever it is for; `feed` gets those of source clients.
 * Returns what cuts off those that have not told yet.
 */
export function sortConnections(
  server: Server,
  security: Tls | undefined,
  feed: (socket: Socket) => void,
): () => void {
  const unsorted = new Set<Socket>();
  const [accept] = server.listeners('connection');
  if (accept === undefined) throw new Error('a server that does not accept');
  const enter = (socket: Socket): void => accept.call(server, socket);

  const hand = (socket: Socket, verdict: Verdict, isSecure: boolean): void => {
    if (verdict === 'tls' && security !== undefined && !isSecure) return security.secure(socket);
    if (verdict === 'source') feed(socket);
    else enter(socket);
    socket.resume();
  };

  const sort = (socket: Socket, isSecure: boolean): void => {
    let received = Buffer.alloc(0);
    const cutOff = (): void => void socket.destroy();
    const onData = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      const verdict = tellFirstBytes(received);
      if (verdict === 'unknown') return;
      forget();
      socket.off('data', onData).off('close', forget).pause();
      socket.unshift(withoutBareTitle(received));
      hand(socket, verdict, isSecure);
    };
    const waiting = setTimeout(cutOff, FIRST_BYTES_MS);
    const forget = (): void => {
      clearTimeout(waiting);
      unsorted.delete(socket);
    };
    unsorted.add(socket);
    socket.on('error', cutOff).on('close', forget).on('data', onData);
  };

  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => sort(socket, false));
  security?.onSecured((socket) => sort(socket, true));
  return () => {
    for (const socket of unsorted) socket.destroy();
  };
}
