/**
 * Opens one MP3 stream of an Icecast or SHOUTcast server, or of an SCX. Everything that such a
 * server may answer instead becomes one sentence. The server is a stranger: redirects, headers,
 * and the time that it may take are bounded.
 */
import { type IncomingMessage, request } from 'node:http';
import { excerpt } from '../../lib/excerpt.js';
import { plainText } from '../../lib/plain-text.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { decodeLegacyText } from '../../mp3/tags/legacy-text.js';
import { connectIcy } from './icy-socket.js';
import { createIcySplitter, parseMetaint } from './icy-splitter.js';

/** What a stream's headers tell of the station; each may be missing. */
export interface Station {
  readonly name: string | undefined;
  readonly genre: string | undefined;
  readonly url: string | undefined;
}

export interface IcyStream {
  readonly station: Station;
  /**
   * Audio, and texts that are the title from there on ('': it has none). Throws an Error when the
   * server sends nothing for `stallMs`; ends when the server ends it, or resets the connection.
   */
  readonly chunks: AsyncGenerator<Uint8Array | string>;
}

/** Why there is no stream. */
export class NoStream extends UserError {
  /** The server asks to come back later. */
  readonly isBusy: boolean;

  constructor(exitCode: UserError['exitCode'], message: string, isBusy = false) {
    super(exitCode, message);
    this.isBusy = isBusy;
  }
}

export interface IcyOptions {
  readonly url: URL;
  /** As others may read it: no password in it. */
  readonly label: string;
  readonly tell: (text: string) => void;
  /** A stream that sends nothing for so long is dead; see STALL_MS. */
  readonly stallMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** Guess: a server for each language, a balancer, and the stream. */
const REDIRECTS_MAX = 5;
/** From the connection to the end of the head. Guess. */
const HEAD_MS_MAX = 10_000;
/** The source timeout of Icecast. */
const STALL_MS = 10_000;
const HEADER_BYTES_MAX = 16_384;
const TEXT_LENGTH_MAX = 200;

const MP3_TYPES = /^(audio\/(x-)?(mpeg|mp3|mpeg3)|application\/octet-stream)\b/i;
const PLAYLIST_TYPES = /mpegurl|scpls|xspf/i;

/** Rejects with NoStream. */
export async function openIcyStream(options: IcyOptions): Promise<IcyStream> {
  const { label, tell } = options;
  const response = await ask(options, true);
  const metaint = response.headers['icy-metaint'];
  if (metaint === undefined) return toStream(response, undefined, options);
  const metaintBytes = parseMetaint(`${metaint}`);
  if (metaintBytes !== undefined) return toStream(response, metaintBytes, options);
  response.destroy();
  tell(`${label} has titles that cannot be read (icy-metaint: ${excerpt(`${metaint}`)})`);
  const plain = await ask(options, false);
  if (plain.headers['icy-metaint'] === undefined) return toStream(plain, undefined, options);
  plain.destroy();
  throw new NoStream(EXIT.refused, `${label} mixes unreadable titles into its audio`);
}

/** The answer that is an MP3 stream, behind all redirects. */
async function ask(options: IcyOptions, wantsTitles: boolean): Promise<IncomingMessage> {
  const { label } = options;
  let { url } = options;
  for (let count = 0; count <= REDIRECTS_MAX; count++) {
    const response = await askOnce(url, options, wantsTitles);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return withMp3(response, label);
    response.destroy();
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined) {
      throw refusal(label, statusCode);
    }
    url = redirected(headers.location, url, label);
  }
  throw new NoStream(EXIT.refused, `${label} redirects more than ${REDIRECTS_MAX} times`);
}

function redirected(location: string, from: URL, label: string): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from.href) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new NoStream(EXIT.refused, `${label} redirects to ${excerpt(location)}`);
}

function refusal(label: string, status: number): NoStream {
  if (status === 401 || status === 403) {
    return new NoStream(EXIT.refused, `${label} wants a password, or lets nobody in (${status})`);
  }
  if (status === 404) return new NoStream(EXIT.refused, `${label}: nothing is on the air there`);
  const isBusy = status === 503 || status === 429;
  return new NoStream(EXIT.refused, `${label} answers with status ${status}`, isBusy);
}

function withMp3(response: IncomingMessage, label: string): IncomingMessage {
  const type = response.headers['content-type'];
  if (type === undefined || MP3_TYPES.test(type)) return response;
  response.destroy();
  const advice = PLAYLIST_TYPES.test(type)
    ? "a playlist: give the stream's own URL, which stands in it"
    : `${excerpt(type)}: only MP3 can be broadcast`;
  throw new NoStream(EXIT.refused, `${label} is ${advice}`);
}

function askOnce(
  url: URL,
  { label, signal }: IcyOptions,
  wantsTitles: boolean,
): Promise<IncomingMessage> {
  const timeout = AbortSignal.timeout(HEAD_MS_MAX);
  const givingUp = AbortSignal.any([timeout, signal]);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      createConnection: () => connectIcy(url),
      maxHeaderSize: HEADER_BYTES_MAX,
      // Without an agent node:http takes the port of HTTP for that of HTTPS, too.
      protocol: 'http:',
      headers: {
        host: url.host,
        'user-agent': 'scattercast',
        ...(wantsTitles ? { 'icy-metadata': '1' } : {}),
      },
    });
    const giveUp = (): void => void outgoing.destroy(new Error('it does not answer in time'));
    const settle = (): void => givingUp.removeEventListener('abort', giveUp);
    givingUp.addEventListener('abort', giveUp, { once: true });
    if (givingUp.aborted) giveUp();
    outgoing.on('response', (response) => {
      settle();
      resolve(response);
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(new NoStream(EXIT.unreachable, `${label} cannot be reached (${reasonOf(error)})`));
    });
    outgoing.end();
  });
}

const reasonOf = ({ code, message }: NodeJS.ErrnoException): string =>
  code === undefined || code.startsWith('HPE_')
    ? 'no stream server answers there'
    : code || message;

function toStream(
  response: IncomingMessage,
  metaintBytes: number | undefined,
  options: IcyOptions,
): IcyStream {
  const split =
    metaintBytes === undefined ? (chunk: Uint8Array) => [chunk] : createIcySplitter(metaintBytes);
  return { station: stationOf(response), chunks: readChunks(response, split, options) };
}

function stationOf({ headers }: IncomingMessage): Station {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    if (typeof value !== 'string') return undefined;
    // node:http reads a header's bytes as Latin-1.
    return plainText(decodeLegacyText(Buffer.from(value, 'latin1')), TEXT_LENGTH_MAX);
  };
  return { name: text('icy-name'), genre: text('icy-genre'), url: text('icy-url') };
}

async function* readChunks(
  response: IncomingMessage,
  split: (chunk: Uint8Array) => readonly (Uint8Array | string)[],
  { stallMs = STALL_MS, signal }: IcyOptions,
): AsyncGenerator<Uint8Array | string> {
  const stop = (): void => void response.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const iterator = response[Symbol.asyncIterator]();
  try {
    for (;;) {
      const stalled = new Error(`it has sent nothing for ${stallMs / 1000} s`);
      const timer = setTimeout(() => response.destroy(stalled), stallMs);
      const next = await iterator.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield* split(next.value);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    response.destroy();
  }
}
