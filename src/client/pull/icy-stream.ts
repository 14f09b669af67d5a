/**
 * Opens one MP3 stream of an Icecast or SHOUTcast server, or of an SCX.
 *
 * Any other answer of the server becomes one sentence for the user. The server is not trusted:
 * redirects, headers, and the time to answer are bounded. Titles are asked for; if the server's
 * `icy-metaint` makes no sense, the stream is opened again without them.
 */

import { type IncomingMessage, request } from 'node:http';
import { SESSION_HEADER } from '../../api/header-fields.js';
import { excerpt } from '../../lib/excerpt.js';
import { plainText } from '../../lib/plain-text.js';
import { urlOf } from '../../lib/url-path.js';
import { EXIT, UserError } from '../../lib/user-error.js';
import { decodeLegacyText } from '../../mp3/tags/legacy-text.js';
import { connectIcy } from './icy-socket.js';
import { parseMetaint, splitIcy } from './icy-splitter.js';

/** The station as the stream's headers describe it; each field may be missing. */
export interface Station {
  readonly name: string | undefined;
  readonly genre: string | undefined;
  readonly url: string | undefined;
  /** Of an SCX: the value of SESSION_HEADER. */
  readonly session: string | undefined;
}

export interface IcyStream {
  readonly station: Station;
  /**
   * Audio, and strings: the title of the audio that follows ('': it has no title). Throws an Error
   * when the server sends nothing for `stallMs`; ends when the server ends the stream or resets the
   * connection.
   */
  readonly chunks: AsyncGenerator<Uint8Array | string>;
}

/** The stream could not be opened; the message says why. */
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
  /** The URL as it may be shown: without a password. */
  readonly label: string;
  /** Takes one sentence about a problem that was dealt with. */
  readonly tell: (text: string) => void;
  /** A stream that sends nothing for this time is dead, ms; default: STALL_MS. */
  readonly stallMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** Guess: a chooser of languages, a load balancer, and the stream, with some to spare. */
const REDIRECTS_MAX = 5;
/** From connecting to the end of the response's head, ms. Guess. */
const HEAD_MS_MAX = 10_000;
/** ms. Icecast's own timeout for sources. */
const STALL_MS = 10_000;
const HEADER_BYTES_MAX = 16_384;
const TEXT_LENGTH_MAX = 200;

const MP3_TYPES = /^(audio\/(x-)?(mpeg|mp3|mpeg3)|application\/octet-stream)\b/i;
const PLAYLIST_TYPES = /mpegurl|scpls|xspf/i;

/** Opens the stream of a server. Rejects with NoStream. */
export async function openIcyStream(options: IcyOptions): Promise<IcyStream> {
  const { label, tell } = options;
  const response = await ask(options, true);
  const metaint = response.headers['icy-metaint'];
  if (hasNoTitles(metaint)) return toStream(response, audioOnly(response), options);
  if (parseMetaint(`${metaint}`) !== undefined) {
    return toStream(response, splitIcy(response), options);
  }
  response.destroy();
  tell(`${label} has titles that cannot be read (icy-metaint: ${excerpt(`${metaint}`)})`);
  const plain = await ask(options, false);
  if (hasNoTitles(plain.headers['icy-metaint'])) {
    return toStream(plain, audioOnly(plain), options);
  }
  plain.destroy();
  throw new NoStream(EXIT.refused, `${label} mixes unreadable titles into its audio`);
}

/** Whether the audio comes without titles: no interval, or one of 0, as some servers say it. */
const hasNoTitles = (metaint: string | string[] | undefined): boolean =>
  metaint === undefined || /^0+$/.test(`${metaint}`.trim());

/** Follows redirects to a response that is an MP3 stream. */
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
  const url = urlOf(location, from);
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

/** A response without titles. */
const audioOnly = (response: IncomingMessage): AsyncIterator<Uint8Array> =>
  response[Symbol.asyncIterator]();

const toStream = (
  response: IncomingMessage,
  parts: AsyncIterator<Uint8Array | string>,
  options: IcyOptions,
): IcyStream => ({
  station: stationOf(response),
  chunks: readParts(response, parts, options),
});

function stationOf({ headers }: IncomingMessage): Station {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    if (typeof value !== 'string') return undefined;
    // node:http reads a header's bytes as Latin-1.
    return plainText(decodeLegacyText(Buffer.from(value, 'latin1')), TEXT_LENGTH_MAX);
  };
  const [name, genre, url] = [text('icy-name'), text('icy-genre'), text('icy-url')];
  return { name, genre, url, session: text(SESSION_HEADER) };
}

/** The parts of a response, each of which must come within `stallMs`. */
async function* readParts(
  response: IncomingMessage,
  parts: AsyncIterator<Uint8Array | string>,
  { stallMs = STALL_MS, signal }: IcyOptions,
): AsyncGenerator<Uint8Array | string> {
  const stop = (): void => void response.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const stalled = new Error(`it has sent nothing for ${stallMs / 1000} s`);
      const timer = setTimeout(() => response.destroy(stalled), stallMs);
      const next = await parts.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    response.destroy();
  }
}
