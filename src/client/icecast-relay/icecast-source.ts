/**
 * One connection to an Icecast server as its source client, in the form that libshout uses: the
 * head of a request, the server's answer, then MP3 without end. It does not use node:http, which
 * supports neither the method SOURCE nor a request body of unknown length that is not chunked.
 */
import { connect, type Socket } from 'node:net';
import { createHeadBytes } from '../../lib/head/head-bytes.js';
import { joinHostPort } from '../../lib/host-port.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import type { IcecastTarget } from './icecast-target.js';

/** Icecast accepts both from 2.4 on; older and some other servers accept SOURCE only. */
const METHODS = ['PUT', 'SOURCE'] as const;

/** The status codes of servers that do not support PUT on a mount. */
const WRONG_METHOD = [400, 404, 405, 411, 501];

export interface IcecastSourceOptions {
  readonly target: IcecastTarget;
  /** `ice-name` and so on; values of one line. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** A connection on which we are the mount's source. */
export interface IcecastSource {
  /** Sends a frame. A server that reads too slowly is disconnected. */
  send(frame: Uint8Array): void;
  /** Ends the connection after everything that was sent. */
  end(): void;
  /** Resolves with the reason once the connection is closed. */
  readonly closed: Promise<string>;
}

/** Time for the server's answer, connecting included, ms. Guess. */
const ANSWER_MS_MAX = 10_000;
const HEAD_BYTES_MAX = 16_384;
/** Bytes that may wait for the server to read: half a minute at 128 kbit/s. Guess. */
const QUEUE_BYTES_MAX = 512 * 1024;

/** The complete head of an answer. */
const ANSWER = /^(?:HTTP\/1\.[01]|ICY) (\d{3})[\s\S]*?\r?\n\r?\n/;

const REASONS: Readonly<Record<number, string>> = {
  401: 'user name or password is wrong',
  403: 'it does not allow the mount: does another source use it?',
  409: 'another source uses the mount',
  415: 'it does not accept MP3',
  503: 'it has too many sources',
};

/** Becomes the mount's source. Rejects with a UserError. */
export async function openIcecastSource(options: IcecastSourceOptions): Promise<IcecastSource> {
  let status = 0;
  for (const method of METHODS) {
    const socket = connect({ host: options.target.host, port: options.target.port });
    const closed = watchEnd(socket, options.signal);
    socket.setNoDelay(true);
    socket.write(headOf(method, options), 'latin1');
    status = await readStatus(socket, closed).catch((error: Error) => {
      socket.destroy();
      throw unreachable(options.target, error);
    });
    if (status === 100 || status === 200) return toSource(socket, closed);
    socket.destroy();
    if (!WRONG_METHOD.includes(status)) break;
  }
  throw refusal(options.target, status);
}

function toSource(socket: Socket, closed: Promise<string>): IcecastSource {
  socket.resume(); // Ignores whatever else the server sends.
  return {
    send: (frame) => {
      if (!socket.writable) return;
      socket.write(frame);
      if (socket.writableLength > QUEUE_BYTES_MAX) socket.destroy(new Error('it reads too slowly'));
    },
    end: () => void socket.end(),
    closed,
  };
}

const unreachable = ({ label }: IcecastTarget, { message }: Error): UserError =>
  new UserError(EXIT.unreachable, `the Icecast server of ${label} cannot be reached (${message})`);

const refusal = ({ label }: IcecastTarget, status: number): UserError =>
  new UserError(
    EXIT.refused,
    `the Icecast server of ${label} refuses: ${REASONS[status] ?? `status ${status}`}`,
  );

function headOf(
  method: (typeof METHODS)[number],
  { target, headers }: IcecastSourceOptions,
): string {
  const { host, port, mount, authorization } = target;
  const all = {
    Host: joinHostPort(host, port),
    Authorization: authorization,
    'User-Agent': 'scattercast',
    'Content-Type': 'audio/mpeg',
    ...headers,
    ...(method === 'PUT' ? { Expect: '100-continue' } : {}),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${oneLine(value)}\r\n`);
  return `${method} ${mount} HTTP/1.${method === 'PUT' ? 1 : 0}\r\n${lines.join('')}\r\n`;
}

/** The bytes of the UTF-8 text as latin1 characters, without line ends. */
const oneLine = (value: string): string =>
  Buffer.from(value.replace(/[\r\n\0]+/g, ' ')).toString('latin1');

/** Resolves with the reason when the connection has ended. Aborting the signal ends it. */
async function watchEnd(socket: Socket, signal: AbortSignal): Promise<string> {
  let reason = 'it closed the connection';
  const giveUp = (): void => void socket.destroy();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  socket.on('error', (error: NodeJS.ErrnoException) => {
    reason = error.code ?? error.message;
  });
  // Icecast ends its side to get rid of a source.
  socket.on('end', () => socket.destroy());
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  signal.removeEventListener('abort', giveUp);
  return reason;
}

/** The status code of the server's answer. Rejects with an Error that says why there is none. */
async function readStatus(socket: Socket, closed: Promise<string>): Promise<number> {
  const head = createHeadBytes('empty line', [HEAD_BYTES_MAX + 1]);
  let timer: NodeJS.Timeout | undefined;
  const answer = new Promise<number>((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('it does not answer')), ANSWER_MS_MAX);
    socket.on('data', (chunk) => {
      if (!head.add(chunk)) return;
      const status = ANSWER.exec(head.all.toString('latin1'))?.[1];
      if (status !== undefined) resolve(Number(status));
      else if (head.all.length > HEAD_BYTES_MAX) reject(new Error('it is not an Icecast server'));
    });
    void closed.then((reason) => reject(new Error(reason)));
  });
  try {
    return await answer;
  } finally {
    clearTimeout(timer);
    socket.removeAllListeners('data');
  }
}
