/**
 * The head of an HTTP request, read from a bare socket. An SCX serves thousands of streams, and
 * node:http costs several times the memory per connection; encoders send a body without a length,
 * which node:http takes for an empty one. So the port reads heads itself: no more than GET, HEAD, PUT
 * and SOURCE need (RFC 9112 §2 to §5), and strictly, because a lenient reader can be tricked. Lenient
 * is only what §2.2 allows, and old clients need: lines may end with LF alone, and empty lines may
 * precede the request.
 *
 * Strangers choose every byte, so each step takes time that is linear in the length of the head
 * (`npm run bench -- parsing`).
 */
import { withoutBlanks } from '../../lib/head/blanks.js';

/** The head of a request. Header names are in lower case; of a repeated one the first counts. */
export interface RequestHead {
  readonly method: string;
  /** As it was sent: a path with its query, or an absolute URL. Each character is one byte. */
  readonly target: string;
  /** `HTTP/1.1`, `HTTP/1.0`, `ICE/1.0`. */
  readonly protocol: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Its length in bytes, with the empty line. */
  readonly bytes: number;
}

export type HeadResult =
  | { readonly kind: 'head'; readonly head: RequestHead }
  /** More bytes are needed. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'bad'; readonly status: 400 | 414 | 431; readonly reason: string };

/** Players and encoders send less than 1 KiB. */
export const HEAD_BYTES_MAX = 16 * 1024;
/** Long enough for a title of 10 kB in a query, as some encoders send it. */
export const LINE_BYTES_MAX = 12 * 1024;
const HEADERS_MAX = 64;

/** A target may hold any byte from 0x80 on: encoders do not escape all titles. */
const REQUEST_LINE =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-~\x80-\xff]+) (HTTP\/1\.[01]|ICE\/1\.0)$/;
/** The name of a header, with its colon. */
const HEADER_NAME = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):/;
/** Not allowed in a line: control characters other than the tab. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are searched for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

const bad = (status: 400 | 414 | 431, reason: string): HeadResult => ({
  kind: 'bad',
  status,
  reason,
});

const TOO_LONG = bad(414, `The request line is longer than ${LINE_BYTES_MAX} bytes.`);
const TOO_LARGE = bad(431, `The headers are larger than ${HEAD_BYTES_MAX} bytes.`);
const TOO_MANY = bad(431, `There are more than ${HEADERS_MAX} headers.`);
const MALFORMED = bad(400, 'Malformed request line.');

/** Empty lines that may precede a request. Guess. */
const LEADING_LINES = /^(?:\r?\n){0,4}/;

/** The index behind the empty lines at the beginning. */
const startOfHead = (text: string): number => LEADING_LINES.exec(text)?.[0].length ?? 0;

/** A head that is whole: its lines, and the index behind its empty line. */
interface WholeHead {
  readonly lines: readonly string[];
  readonly end: number;
}

/** The head at the beginning; undefined before its end. Lines end with CR LF, or with LF alone. */
function wholeHead(received: string): WholeHead | undefined {
  const start = startOfHead(received);
  const text = received.slice(start);
  const found = /\r?\n\r?\n/.exec(text);
  if (found === null) return undefined;
  const lines = text.slice(0, found.index).split(/\r?\n/);
  return { lines, end: start + found.index + found[0].length };
}

function incomplete(received: string): HeadResult {
  const text = received.slice(startOfHead(received));
  const lineEnd = text.indexOf('\n');
  if ((lineEnd === -1 ? text.length : lineEnd) > LINE_BYTES_MAX) return TOO_LONG;
  if (received.length >= HEAD_BYTES_MAX) return TOO_LARGE;
  return /^(\r?$|[A-Za-z])/.test(text) ? { kind: 'partial' } : MALFORMED;
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [mark = '', name] = HEADER_NAME.exec(line) ?? [];
    if (name === undefined || CONTROL.test(line)) return undefined;
    const key = name.toLowerCase();
    if (!headers.has(key)) headers.set(key, withoutBlanks(line.slice(mark.length)));
  }
  return headers;
}

/** The beginning of what was received, one character for each byte. */
const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString('latin1', 0, HEAD_BYTES_MAX + 1);

/**
 * A head that was read, in the form that strict readers accept: lines end with CR LF, nothing precedes
 * the request line, its target is ASCII, and its protocol is HTTP.
 */
export function strictHead(received: Uint8Array): Buffer {
  const [first = '', ...rest] = wholeHead(textOf(received))?.lines ?? [];
  const line = first
    .replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
    .replace(/ ICE\/1\.0$/, ' HTTP/1.0');
  return Buffer.from(`${[line, ...rest].join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Reads the head at the beginning of the bytes received so far. */
export function readRequestHead(received: Uint8Array): HeadResult {
  const text = textOf(received);
  const whole = wholeHead(text);
  if (whole === undefined) return incomplete(text);
  if (whole.end > HEAD_BYTES_MAX) return TOO_LARGE;
  const [first = '', ...rest] = whole.lines;
  if (first.length > LINE_BYTES_MAX) return TOO_LONG;
  if (rest.length > HEADERS_MAX) return TOO_MANY;
  const [, method, target, protocol] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined || protocol === undefined) return MALFORMED;
  const headers = readHeaders(rest);
  if (headers === undefined) return bad(400, 'Malformed header line.');
  return { kind: 'head', head: { method, target, protocol, headers, bytes: whole.end } };
}
