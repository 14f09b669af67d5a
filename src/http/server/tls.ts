/**
 * TLS on a port that also speaks plain HTTP: the head gate hands over each connection that begins with
 * TLS, and gets it back decrypted. A certificate is renewed every few weeks while streams go on: the
 * files are checked every few seconds, and new connections get the new certificate; open ones keep
 * theirs. A pair of files that does not match is logged, and the old pair stays in use.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type TLSSocket } from 'node:tls';
import type { Logger } from 'pino';
import { EXIT, UserError } from '../../lib/user-error.js';

/** PEM files with the certificate (and its chain) and with the key. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** TLS for connections that a plain server has accepted. */
export interface Tls {
  /** Performs the handshake; closes the connection if it fails. */
  secure(socket: Socket): void;
  /** Registers the handler of decrypted connections. */
  onSecured(handler: (socket: TLSSocket) => void): void;
  /** Reads the files again if they changed; resolves when that is done. */
  reload(): Promise<void>;
  close(): void;
  readonly counters: { readonly failed: number; readonly reloaded: number };
}

/** From the first byte to the end of the handshake, ms. Guess. */
const HANDSHAKE_MS = 10_000;
/** Interval between two checks of the files, ms. */
const CHECK_MS = 5000;

interface Pair {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Changes when a file does. */
  readonly mark: string;
}

async function markOf({ cert, key }: CertificateFiles): Promise<string> {
  const abouts = await Promise.all([stat(cert), stat(key)]);
  return abouts.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join(' ');
}

/** Reads the pair. Rejects when a file cannot be read or the two do not fit together. */
async function readPair(files: CertificateFiles): Promise<Pair> {
  const mark = await markOf(files);
  const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
  createSecureContext({ cert, key });
  return { cert, key, mark };
}

function fileProblem(files: CertificateFiles, error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  const which = `the certificate ${files.cert} and the key ${files.key}`;
  return new UserError(EXIT.file, `${which} cannot be used: ${reason}`);
}

/** Reads the files. Rejects with a UserError when they cannot be used. */
export async function openTls(files: CertificateFiles, log: Logger): Promise<Tls> {
  let pair = await readPair(files).catch((error: unknown) => {
    throw fileProblem(files, error);
  });
  const counters = { failed: 0, reloaded: 0 };
  const server = createServer({ ...pair, handshakeTimeout: HANDSHAKE_MS });
  let reportedProblem = '';

  server.on('tlsClientError', (_error, socket) => {
    counters.failed++;
    socket.destroy();
  });

  const reload = async (): Promise<void> => {
    try {
      if ((await markOf(files)) === pair.mark) return;
      pair = await readPair(files);
      server.setSecureContext(pair);
      counters.reloaded++;
      reportedProblem = '';
      log.info({ cert: files.cert }, 'A new certificate is in use.');
    } catch (error) {
      const { message } = fileProblem(files, error);
      if (message !== reportedProblem) log.error({ message }, 'The old certificate stays in use.');
      reportedProblem = message;
    }
  };

  const checking = setInterval(() => void reload(), CHECK_MS);
  checking.unref();
  return {
    secure: (socket) => void server.emit('connection', socket),
    onSecured: (handler) => void server.on('secureConnection', handler),
    reload,
    close: () => clearInterval(checking),
    counters,
  };
}
