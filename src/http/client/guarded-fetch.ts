/**
 * Fetches a document, or a file of bytes, from a URL that a stranger has given. Each request is guarded
 * (guarded-request.ts), and the fetch as a whole is bounded:
 *
 * - Each redirect is a new URL and passes all checks again.
 * - One timeout covers all hops, and one bound the bytes of the body, whatever the headers say;
 *   compressed bodies, which could expand to any size, are refused.
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { excerpt } from '../../lib/excerpt.js';
import { FetchProblem, guardedRequest, parseUrl, problemOf } from './guarded-request.js';

/** The bounds of a fetch. */
export interface FetchOptions {
  /** Allows loopback, private and shared addresses, for clusters in such a network. */
  readonly allowPrivate: boolean;
  /** Bytes of the body. Default 65536: the largest announcement. */
  readonly bytesMax?: number;
  /** Time for all hops together, ms. Default 5000: guess, a listener still waits that long. */
  readonly timeoutMs?: number;
  /** Redirects that are followed. Default 3: guess. */
  readonly redirectsMax?: number;
  /** The Accept header. Default: any type. */
  readonly accept?: string;
}

/** What is at the end of all redirects. */
export interface Fetched<Body = string> {
  readonly url: string;
  /** 200 to 299. */
  readonly status: number;
  /** As text: decoded from UTF-8, without a byte order mark. */
  readonly body: Body;
  /** The Content-Type header; '' without one. */
  readonly contentType: string;
  readonly headers: IncomingHttpHeaders;
}

type Limits = Required<FetchOptions>;

const DEFAULTS = { bytesMax: 65536, timeoutMs: 5000, redirectsMax: 3, accept: '*/*' } as const;
const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

function checkHeaders({ statusCode = 0, headers }: IncomingMessage, url: URL): void {
  if (statusCode < 200 || statusCode > 299) {
    const why = `answered with HTTP status ${statusCode}`;
    throw new FetchProblem('status', `${excerpt(url.href)} ${why}`);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.trim().toLowerCase() !== 'identity') {
    throw new FetchProblem('encoding', `${excerpt(url.href)} is compressed; serve it plain`);
  }
}

/** The body's bytes, at most `bytesMax`; leaving the loop early closes the connection. */
async function readBody(response: IncomingMessage, url: URL, limits: Limits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const check = (size: number): void => {
    if (size <= limits.bytesMax) return;
    const why = `is larger than ${limits.bytesMax} bytes`;
    throw new FetchProblem('tooLarge', `${excerpt(url.href)} ${why}`);
  };
  check(Number(response.headers['content-length'] ?? 0));
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    check(bytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, url: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FetchProblem('encoding', `${excerpt(url)} is not UTF-8 text`);
  }
}

/** One hop: the file, or the URL of the next hop. */
async function hop(url: URL, limits: Limits, signal: AbortSignal): Promise<Fetched<Buffer> | URL> {
  const { accept, allowPrivate } = limits;
  const headers = { accept, 'accept-encoding': 'identity' };
  const response = await guardedRequest({ url, method: 'GET', headers, allowPrivate, signal });
  try {
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (REDIRECTS.includes(status) && location !== undefined) return parseUrl(location, url);
    checkHeaders(response, url);
    const body = await readBody(response, url, limits);
    const { headers: given } = response;
    const contentType = given['content-type'] ?? '';
    return { url: url.href, status, body, contentType, headers: given };
  } finally {
    response.destroy();
  }
}

async function follow(start: URL, limits: Limits, signal: AbortSignal): Promise<Fetched<Buffer>> {
  let url = start;
  for (let redirects = 0; redirects <= limits.redirectsMax; redirects++) {
    const at = url;
    const next = await hop(at, limits, signal).catch((error: unknown) => {
      throw problemOf(error, at, signal.aborted, limits.timeoutMs);
    });
    if (!(next instanceof URL)) return next;
    url = next;
  }
  const why = `redirects more than ${limits.redirectsMax} times`;
  throw new FetchProblem('tooManyRedirects', `${excerpt(start.href)} ${why}`);
}

/**
 * GETs a file from an untrusted URL.
 * Rejects with a FetchProblem, and with nothing else.
 */
export async function guardedFetchBytes(
  url: string,
  options: FetchOptions,
): Promise<Fetched<Buffer>> {
  const limits: Limits = { ...DEFAULTS, ...options };
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), limits.timeoutMs);
  try {
    return await follow(parseUrl(url), limits, clock.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** The same for a text document. */
export async function guardedFetch(url: string, options: FetchOptions): Promise<Fetched> {
  const fetched = await guardedFetchBytes(url, options);
  return { ...fetched, body: decode(fetched.body, fetched.url) };
}
