/**
 * The head of an HTTP request, read from a bare socket. An SCX serves thousands of streams, and
 * node:http costs several times the memory per connection; encoders send a body without a length,
 * which node:http takes for an empty one. So the port reads heads itself: no more than GET, HEAD, PUT
 * and SOURCE need (RFC 9112 §2 to §5), and strictly, because a lenient reader can be tricked. Lenient
 * is only what §2.2 allows, and old clients need: lines may end with LF alone, and empty lines may
 * precede the request.
 */

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
const HEADER = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
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

/** The index behind the empty line; -1 without one. Lines end with CR LF, or with LF alone. */
function endOfHead(text: string): number {
  const start = startOfHead(text);
  const found = /\r?\n\r?\n/.exec(text.slice(start));
  return found === null ? -1 : start + found.index + found[0].length;
}

function incomplete(received: string): HeadResult {
  const text = received.slice(startOfHead(received));
  const lineEnd = text.indexOf('\n');
  if ((lineEnd === -1 ? text.length : lineEnd) > LINE_BYTES_MAX) return TOO_LONG;
  if (received.length >= HEAD_BYTES_MAX) return TOO_LARGE;
  return /^(\r?$|[A-Za-z])/.test(text) ? { kind: 'partial' } : MALFORMED;
}

/** The lines of a whole head. */
const linesOf = (text: string, end: number): string[] =>
  text.slice(startOfHead(text), end).trimEnd().split(/\r?\n/);

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? [];
    if (name === undefined || value === undefined || CONTROL.test(value)) return undefined;
    const key = name.toLowerCase();
    if (!headers.has(key)) headers.set(key, value);
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
  const text = textOf(received);
  const [first = '', ...rest] = linesOf(text, endOfHead(text));
  const line = first
    .replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`)
    .replace(/ ICE\/1\.0$/, ' HTTP/1.0');
  return Buffer.from(`${[line, ...rest].join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Reads the head at the beginning of the bytes received so far. */
export function readRequestHead(received: Uint8Array): HeadResult {
  const text = textOf(received);
  const end = endOfHead(text);
  if (end === -1) return incomplete(text);
  if (end > HEAD_BYTES_MAX) return TOO_LARGE;
  const [first = '', ...rest] = linesOf(text, end);
  if (first.length > LINE_BYTES_MAX) return TOO_LONG;
  if (rest.length > HEADERS_MAX) return TOO_MANY;
  const [, method, target, protocol] = REQUEST_LINE.exec(first) ?? [];
  if (method === undefined || target === undefined || protocol === undefined) return MALFORMED;
  const headers = readHeaders(rest);
  if (headers === undefined) return bad(400, 'Malformed header line.');
  return { kind: 'head', head: { method, target, protocol, headers, bytes: end } };
}
