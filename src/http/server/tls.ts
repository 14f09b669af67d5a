/**
 * TLS on a port that also speaks plain HTTP: the head gate hands over each connection that begins with
 * TLS, and gets it back decrypted. A certificate is renewed every few weeks while streams go on: new
 * connections get the new certificate; open ones keep theirs. Where it lies in files, these are checked
 * every few seconds. A pair of files that does not match is logged, and the old pair stays in use.
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

/** The certificate (with its chain) and the key themselves, as PEM. */
export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/** TLS for connections that a plain server has accepted. */
export interface Tls {
  /** Performs the handshake; closes the connection if it fails, as it does without a certificate. */
  secure(socket: Socket): void;
  /** Registers the handler of decrypted connections. */
  onSecured(handler: (socket: TLSSocket) => void): void;
  close(): void;
  readonly counters: { readonly failed: number; readonly reloaded: number };
}

/** TLS whose certificate is given, and can be given anew. */
export interface GivenTls extends Tls {
  /** New connections get this certificate. Throws if it and its key do not fit together. */
  use(pair: CertificatePair): void;
}

/** TLS whose certificate lies in files. */
export interface FileTls extends Tls {
  /** What is in use. */
  pair(): CertificatePair;
  /** Reads the files again if they changed; resolves when that is done. */
  reload(): Promise<void>;
}

/** From the first byte to the end of the handshake, ms. Guess. */
const HANDSHAKE_MS = 10_000;
/** Interval between two checks of the files, ms. */
const CHECK_MS = 5000;

/** Creates TLS that has no certificate yet. */
export function createTls(): GivenTls {
  const counters = { failed: 0, reloaded: 0 };
  let isFirst = true;
  const server = createServer({ handshakeTimeout: HANDSHAKE_MS });

  server.on('tlsClientError', (_error, socket) => {
    counters.failed++;
    socket.destroy();
  });

  return {
    secure: (socket) => void server.emit('connection', socket),
    onSecured: (handler) => void server.on('secureConnection', handler),
    use: (pair) => {
      createSecureContext(pair); // throws before anything has changed
      server.setSecureContext(pair);
      if (!isFirst) counters.reloaded++;
      isFirst = false;
    },
    close: () => undefined,
    counters,
  };
}

/** Changes when a file does. */
async function markOf({ cert, key }: CertificateFiles): Promise<string> {
  const abouts = await Promise.all([stat(cert), stat(key)]);
  return abouts.map(({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`).join(' ');
}

function fileProblem(files: CertificateFiles, error: unknown): UserError {
  const reason = error instanceof Error ? error.message : String(error);
  const which = `the certificate ${files.cert} and the key ${files.key}`;
  return new UserError(EXIT.file, `${which} cannot be used: ${reason}`);
}

/** Reads the files. Rejects with a UserError when they cannot be used. */
export async function openTls(files: CertificateFiles, log: Logger): Promise<FileTls> {
  const tls = createTls();
  let pair: CertificatePair = { cert: '', key: '' };
  let mark = '';
  let reportedProblem = '';

  const read = async (): Promise<void> => {
    const found = await markOf(files);
    if (found === mark) return;
    const [cert, key] = await Promise.all([
      readFile(files.cert, 'utf8'),
      readFile(files.key, 'utf8'),
    ]);
    tls.use({ cert, key });
    if (mark !== '') log.info({ cert: files.cert }, 'A new certificate is in use.');
    pair = { cert, key };
    mark = found;
    reportedProblem = '';
  };

  const reload = async (): Promise<void> => {
    try {
      await read();
    } catch (error) {
      const { message } = fileProblem(files, error);
      if (message !== reportedProblem) log.error({ message }, 'The old certificate stays in use.');
      reportedProblem = message;
    }
  };

  await read().catch((error: unknown) => {
    throw fileProblem(files, error);
  });
  const checking = setInterval(() => void reload(), CHECK_MS);
  checking.unref();
  return { ...tls, pair: () => pair, reload, close: () => clearInterval(checking) };
}
