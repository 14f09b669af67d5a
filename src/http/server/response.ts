/** Short answers on a bare socket: a sentence or a document, and the connection ends. */
import type { Socket } from 'node:net';

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

/** For every answer: any page may play and read it, and nobody is to keep it. */
const COMMON: Fields = {
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-store',
  Connection: 'close',
};

/** Who does not take its answer and close is cut off, ms. Guess. */
const LINGER_MS = 5000;
/** And who goes on sending: a megabyte of headers, or of a stream that is refused. Guess. */
const UNHEARD_BYTES_MAX = 8 * 1024 * 1024;

/** An answer's head. Values hold no line ends: whoever makes them sees to that. */
export function responseHead(status: number, fields: Fields): string {
  const lines = Object.entries({ Date: new Date().toUTCString(), ...COMMON, ...fields })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status] ?? 'Other'}\r\n${lines.join('')}\r\n`;
}

/** What is answered. */
export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly fields?: Fields;
}

/** A sentence. */
export const textAnswer = (status: number, text: string, fields: Fields = {}): Answer => ({
  status,
  body: `${text}\n`,
  fields,
});

/** "Come back", in so many seconds. */
export const unavailable = (text: string, seconds: number): Answer =>
  textAnswer(503, text, { 'Retry-After': seconds });

/** Answers and ends; returns the body's bytes. To a HEAD goes the head only. */
export function sendAnswer(socket: Socket, answer: Answer, isHead = false): number {
  const body = Buffer.from(answer.body as string);
  const head = responseHead(answer.status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': body.length,
    ...answer.fields,
  });
  // Who still sends while we close would be reset, and lose the answer.
  const readMax = socket.bytesRead + UNHEARD_BYTES_MAX;
  socket.on('data', () => socket.bytesRead > readMax && socket.destroy()).resume();
  socket.setTimeout(LINGER_MS, () => socket.destroy());
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), ...(isHead ? [] : [body])]));
  return isHead ? 0 : body.length;
}
