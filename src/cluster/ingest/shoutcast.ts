/**
 * SHOUTcast's first protocol, for encoders that know no other. They connect to the port after the one
 * they are told, send a line with the password, wait for `OK2`, send a few `icy-` headers and an empty
 * line, and then MP3. There is no mount: the password tells the session. The rest is what the SCX
 * hears from any source client.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { basicHeader } from '../../http/server/basic-auth.js';
import { createGuessDelay } from '../../http/server/guess-delay.js';
import { decodeLegacyText } from '../../mp3/tags/legacy-text.js';
import type { FrontEndContext } from '../front-end-context.js';
import type { FrontIngest } from './encoder-passthrough.js';
import { splice } from './join-sockets.js';
import { sessionOfPassword } from './session-of-mount.js';

/** The port for these encoders. */
export interface ShoutcastPort {
  close(): void;
}

const PASSWORD_BYTES_MAX = 1024;
const HEADERS_BYTES_MAX = 8 * 1024;
/** For each of the two, ms. */
const PATIENCE_MS = 10_000;
const CONNECTIONS_MAX = 256;

const OK = 'OK2\r\nicy-caps:11\r\n\r\n';
const INVALID = 'invalid password\r\n';

/** What a connection has said, up to and with a mark, and what came behind it. */
interface Said {
  readonly text: string;
  readonly rest: Buffer;
}

/** Reads up to the mark; undefined if it does not come, in time or at all. The socket is paused then. */
function readTo(
  socket: Socket,
  before: Buffer,
  mark: RegExp,
  bytesMax: number,
): Promise<Said | undefined> {
  return new Promise((resolve) => {
    let received = before;
    const settle = (said: Said | undefined): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose).pause();
      resolve(said);
    };
    const onClose = (): void => settle(undefined);
    const look = (): void => {
      const text = received.toString('latin1', 0, bytesMax + 4);
      const found = mark.exec(text);
      const end = found === null ? -1 : found.index + found[0].length;
      if (found !== null)
        settle({ text: text.slice(0, found.index), rest: received.subarray(end) });
      else if (received.length > bytesMax) settle(undefined);
    };
    const onData = (bytes: Buffer): void => {
      received = Buffer.concat([received, bytes]);
      look();
    };
    const timer = setTimeout(onClose, PATIENCE_MS);
    socket.on('data', onData).on('close', onClose);
    look();
    if (socket.listeners('data').includes(onData)) socket.resume();
  });
}

/** The headers as Icecast's clients write them. */
function iceHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split(/\r?\n/).slice(0, 32)) {
    const [, name, value] = /^([a-z-]{1,32}):[ \t]*([\t -~\x80-\xff]*)$/i.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    headers.set(name.toLowerCase().replace(/^icy-/, 'ice-'), value);
  }
  return headers;
}

/** Opens the port; undefined, and told, when that is not possible: all else works without it. */
export async function openShoutcastPort(
  context: FrontEndContext,
  ingest: FrontIngest,
  host: string,
  port: number,
): Promise<ShoutcastPort | undefined> {
  const { log } = context;
  const guessDelay = createGuessDelay();
  const sockets = new Set<Socket>();
  /** Those of them that have not said a password of ours, the oldest first. */
  const strangers = new Set<Socket>();

  /** A flood of those who say nothing harms those who say nothing, as at any door. */
  const makeRoom = (): void => {
    const [oldest] = strangers;
    if (sockets.size <= CONNECTIONS_MAX || oldest === undefined) return;
    strangers.delete(oldest);
    oldest.destroy();
  };

  const refuse = (socket: Socket, address: string): void => {
    log.warn({ address }, 'a SHOUTcast encoder is refused: its password belongs to no session');
    const end = (): void => void socket.end(INVALID, () => socket.destroySoon());
    const waiting = setTimeout(end, guessDelay.fail(address, performance.now()));
    socket.once('close', () => clearTimeout(waiting));
  };

  const serve = async (socket: Socket): Promise<void> => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const first = await readTo(socket, Buffer.alloc(0), /\r?\n/, PASSWORD_BYTES_MAX);
    if (first === undefined) return void socket.destroy();
    const password = decodeLegacyText(Buffer.from(first.text, 'latin1'));
    const name = sessionOfPassword(context, password);
    if (name === undefined) return refuse(socket, address);
    guessDelay.forgive(address);
    strangers.delete(socket);
    socket.write(OK);
    const second = await readTo(socket, first.rest, /^\r?\n|\r?\n\r?\n/, HEADERS_BYTES_MAX);
    if (second === undefined) return void socket.destroy();
    const headers = iceHeaders(second.text);
    headers.set('authorization', basicHeader({ user: 'source', password }));
    const { rest } = second;
    const request = { method: 'SOURCE', protocol: 'HTTP/1.0', query: '' };
    const scx = await ingest.connect({ ...request, socket, address, headers, rest }, name);
    if (scx.kind === 'problem') return void socket.destroy();
    splice(socket, scx.value, { isAnswered: false });
  };

  const server = createServer({ keepAlive: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined); // its close follows
    sockets.add(socket);
    strangers.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      strangers.delete(socket);
    });
    makeRoom();
    void serve(socket);
  });
  if (!(await isListening(server, host, port))) {
    log.warn({ port }, 'SHOUTcast encoders cannot connect: the port is taken');
    return undefined;
  }
  return {
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function isListening(server: Server, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (port > 65_535) return resolve(false);
    server.once('error', () => resolve(false));
    server.listen({ host, port }, () => {
      server.removeAllListeners('error').on('error', () => undefined);
      resolve(true);
    });
  });
}
