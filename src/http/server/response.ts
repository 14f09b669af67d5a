/**
 * Short answers on a bare socket: a sentence or a document, and the connection ends. A client that is
 * still sending would be reset by a close, and lose the answer; so its input is read and discarded for
 * a while.
 */
import type { Socket } from 'node:net';
import { READABLE } from './cors.js';

/** Header fields; undefined ones are left out. */
export type Fields = Readonly<Record<string, string | number | undefined>>;

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  206: 'Partial Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  503: 'Service Unavailable',
};

/** In every answer: pages of any origin may play and read it, and no cache keeps it. */
const COMMON: Fields = {
  ...READABLE,
  'Cache-Control': 'no-store',
  Connection: 'close',
};

/** Time for a client to take its answer and close, ms. Guess. */
const LINGER_MS = 5000;
/** Input that is discarded meanwhile: headers, or a stream that is refused. Guess. */
const DISCARDED_BYTES_MAX = 8 * 1024 * 1024;

/** The head of an answer. Values must hold no line ends. */
export function responseHead(status: number, fields: Fields): string {
  const lines = Object.entries({ Date: new Date().toUTCString(), ...COMMON, ...fields })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status] ?? 'Other'}\r\n${lines.join('')}\r\n`;
}

/** A status, a body, and header fields besides the common ones. */
export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly fields?: Fields;
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

/** Answers and ends; returns the bytes of the body. `isHead`: only the head is sent. */
export function sendAnswer(socket: Socket, answer: Answer, isHead = false): number {
  const body = Buffer.from(answer.body as string);
  const { status, fields } = answer;
  // A 204 has neither (RFC 9110 §8.6).
  const about = { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length };
  const head = responseHead(status, { ...(status === 204 ? {} : about), ...fields });
  const readMax = socket.bytesRead + DISCARDED_BYTES_MAX;
  socket.on('data', () => socket.bytesRead > readMax && socket.destroy()).resume();
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), ...(isHead ? [] : [body])]));
  return isHead ? 0 : body.length;
}
