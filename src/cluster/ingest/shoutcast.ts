/**
 * SHOUTcast's first protocol, for encoders that know no other. They connect to the port after the
 * one that they are given, send a line with the password, wait for `OK2`, send a few `icy-` fields
 * and an empty line, and then MP3. There is no mount: the password tells the session. To the SCX
 * the front end speaks Icecast's protocol, as to every encoder's (connect-scx.ts).
 *
 * Bounded: CONNECTIONS_MAX connections. When there are more, the oldest one that has not sent a
 * valid password is cut off, so that silent connections keep no encoder out.
 */
import { createServer, type Socket } from 'node:net';
import type { Logger } from 'pino';
import { limitedAs } from '../../http/ip-address.js';
import { basicHeader } from '../../http/server/basic-auth.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { withoutBlanks } from '../../lib/head/blanks.js';
import { plainAddress } from '../../lib/host-port.js';
import { decodeLegacyText } from '../../mp3/tags/legacy-text.js';
import { listen } from '../web/front-end-port.js';
import type { EncoderPassthrough } from './encoder-passthrough.js';
import { readToMark } from './read-to-mark.js';
import type { EncoderSessions } from './session-of-mount.js';
import { createSocketSet } from './socket-set.js';

/** The port for these encoders. */
export interface ShoutcastPort {
  close(): void;
}

export interface ShoutcastOptions {
  readonly sessions: EncoderSessions;
  readonly passthrough: EncoderPassthrough;
  readonly log: Logger;
  readonly host: string;
  readonly port: number;
}

const PASSWORD_LIMITS = { bytesMax: 1024, msMax: 10_000 } as const; // guess
const FIELDS_LIMITS = { bytesMax: 8 * 1024, msMax: 10_000 } as const; // guess
const FIELDS_MAX = 32;
const CONNECTIONS_MAX = 256;

const OK = 'OK2\r\nicy-caps:11\r\n\r\n';
const INVALID = 'invalid password\r\n';

/**
 * The password with which libshout asks what the server can do; any answer is fine. It is no guess,
 * so it delays nobody.
 */
const PROBE = '!POKE';

/** The header fields as Icecast's encoders write them. */
function iceHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split(/\r?\n/).slice(0, FIELDS_MAX)) {
    const [, name, value] = /^([a-z-]{1,32}):([\t -~\x80-\xff]*)$/i.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    headers.set(name.toLowerCase().replace(/^icy-/, 'ice-'), withoutBlanks(value));
  }
  return headers;
}

/** Creates the set of the port's connections, which knows those without a valid password. */
function createConnections() {
  const sockets = createSocketSet();
  const strangers = new Set<Socket>(); // the oldest first
  return {
    add: (socket: Socket): void => {
      sockets.add(socket);
      strangers.add(socket);
      socket.once('close', () => strangers.delete(socket));
      const [oldest] = strangers;
      if (sockets.size <= CONNECTIONS_MAX || oldest === undefined) return;
      strangers.delete(oldest);
      oldest.destroy();
    },
    admit: (socket: Socket): void => void strangers.delete(socket),
    destroyAll: sockets.destroyAll,
  };
}

/**
 * Creates a function that speaks the protocol on a connection. `admit` is called when the password
 * is valid.
 */
function createSpeaker(options: ShoutcastOptions, admit: (socket: Socket) => void) {
  const { sessions, passthrough, log } = options;
  const guessDelay = createGuessDelay();

  const end = (socket: Socket): void => void socket.end(INVALID, () => socket.destroySoon());

  const refuse = (socket: Socket, address: string): void => {
    log.warn({ address }, 'a SHOUTcast encoder is refused: its password belongs to no session');
    const waiting = setTimeout(() => end(socket), guessDelay.fail(address, performance.now()));
    socket.once('close', () => clearTimeout(waiting));
  };

  return async (socket: Socket): Promise<void> => {
    const address = plainAddress(socket.remoteAddress ?? '');
    const first = await readToMark(socket, Buffer.alloc(0), 'line', PASSWORD_LIMITS);
    if (first === undefined) return void socket.destroy();
    const password = decodeLegacyText(Buffer.from(first.text, 'latin1'));
    if (password === PROBE) return end(socket);
    const ref = await sessions.ofPassword(password, limitedAs(address));
    if (socket.destroyed) return;
    if (ref === undefined) return refuse(socket, address);
    guessDelay.forgive(address);
    admit(socket);
    socket.write(OK);
    const second = await readToMark(socket, first.rest, 'empty line', FIELDS_LIMITS);
    if (second === undefined) return void socket.destroy();
    const headers = iceHeaders(second.text);
    headers.set('authorization', basicHeader({ user: 'source', password }));
    const line = { method: 'SOURCE', protocol: 'HTTP/1.0', mount: undefined, query: '' };
    const request = { ...line, address, headers, rest: second.rest };
    const failure = await passthrough.connect({ socket, request, ref, isAnswered: false });
    if (failure !== undefined) socket.destroy();
  };
}

/** Opens the port. Undefined, and logged, if that is not possible: all else works without it. */
export async function openShoutcastPort(
  options: ShoutcastOptions,
): Promise<ShoutcastPort | undefined> {
  const { log, host, port } = options;
  const connections = createConnections();
  const speak = createSpeaker(options, connections.admit);
  const server = createServer({ keepAlive: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined); // its close follows
    connections.add(socket);
    void speak(socket);
  });
  try {
    await listen(server, { host, port }, () => server.on('error', () => undefined));
  } catch {
    log.warn({ port }, 'SHOUTcast encoders cannot connect: the port is taken');
    return undefined;
  }
  return {
    close: () => {
      server.close();
      connections.destroyAll();
    },
  };
}
