/**
 * Short answers on a bare socket: a sentence or a document, and the connection ends. A client that is
 * still sending would be reset by a close, and lose the answer; so its input is read and discarded for
 * a while.
 */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { READABLE } from './cors.js';

/** Header fields; undefined ones are left out. */
export type Fields = Readonly<Record<string, string | number | undefined>>;

/** In every answer: pages of any origin may play and read it, and no cache keeps it. */
const COMMON: Fields = {
  ...READABLE,
  'Cache-Control': 'no-store',
  Connection: 'close',
};

/**
 * Time for a client to take its answer and close, ms, from the answer on: a client that goes on
 * sending gets no more than one that is silent. Guess.
 */
const LINGER_MS = 5000;
/** Input that is discarded meanwhile: headers, or a stream that is refused. Guess. */
const DISCARDED_BYTES_MAX = 8 * 1024 * 1024;

/** The longest reason phrase, in characters: what fits the window of an encoder. Guess. */
const REASON_LENGTH_MAX = 150;

/** A reason phrase may hold printable ASCII only (RFC 9112 §4). */
const reasonPhrase = (text: string): string =>
  text.replace(/[^ -~]+/g, ' ').slice(0, REASON_LENGTH_MAX);

/** The head of an answer. Values must hold no line ends; the reason is cleaned. */
export function responseHead(
  status: number,
  fields: Fields,
  reason = STATUS_CODES[status] ?? 'Unknown',
): string {
  const lines = Object.entries({ Date: new Date().toUTCString(), ...COMMON, ...fields })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${reasonPhrase(reason)}\r\n${lines.join('')}\r\n`;
}

/** A status, a body, and header fields besides the common ones. */
export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly fields?: Fields;
  /** The reason phrase, for clients that show nothing else; default: that of the status. */
  readonly reason?: string;
}

/** An answer of one sentence. */
export const textAnswer = (status: number, text: string, fields: Fields = {}): Answer => ({
  status,
  body: `${text}\n`,
  fields,
});

/** 503 with a sentence, and the time after which the client should ask again, s. */
export const unavailable = (text: string, seconds: number): Answer =>
  textAnswer(503, text, { 'Retry-After': seconds });

/** A whole answer. `isHead`: only its head. */
function answerBytes({ status, fields, reason, body }: Answer, isHead = false): Buffer {
  const bytes = Buffer.from(body as string);
  // A 204 has neither (RFC 9110 §8.6).
  const about = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': bytes.length };
  const head = responseHead(status, { ...(status === 204 ? {} : about), ...fields }, reason);
  return Buffer.concat([Buffer.from(head, 'latin1'), ...(isHead ? [] : [bytes])]);
}

/**
 * Answers and closes at once, so that nothing lingers: for a connection whose place is needed. The
 * answer is lost if the client has sent bytes that nobody has read.
 */
export function sendLastAnswer(socket: Socket, answer: Answer): void {
  socket.end(answerBytes(answer));
  socket.destroySoon();
}

/** Answers and ends; returns the bytes of the body. `isHead`: only the head is sent. */
export function sendAnswer(socket: Socket, answer: Answer, isHead = false): number {
  const readMax = socket.bytesRead + DISCARDED_BYTES_MAX;
  socket.on('data', () => socket.bytesRead > readMax && socket.destroy()).resume();
  const cutting = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(cutting));
  socket.end(answerBytes(answer, isHead));
  return isHead ? 0 : Buffer.byteLength(answer.body);
}
