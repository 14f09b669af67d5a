/**
 * Fetches a document from a URL that a stranger gave us: the announcement of whoever clicks
 * "listen". Without care that is a way to make a cluster read what only the cluster can reach
 * (its neighbours, the metadata service of its cloud), or to keep it busy. So:
 *
 * - The addresses that a host name resolves to are checked in the very lookup that the
 *   connection uses; no second answer of the DNS can differ from the checked one (rebinding).
 * - Each redirect is a new URL and goes through all checks again.
 * - One clock runs over all hops, one bound over the bytes of the body, whatever the headers
 *   say; compressed bodies, which could unfold to anything, are refused.
 */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { excerpt } from '../session/excerpt.js';

/** How far a fetch may go. */
export interface FetchOptions {
  /** Also loopback, private and shared ranges; for clusters that live in one. */
  readonly allowPrivate: boolean;
  /** Of the body. Default 65536: the largest announcement. */
  readonly bytesMax?: number;
  /** For everything together. Default 5000: guess, a listener still waits that long. */
  readonly timeoutMs?: number;
  /** Default 3: guess. */
  readonly redirectsMax?: number;
  /** The Accept header. Default: anything. */
  readonly accept?: string;
}

/** What was found, at the end of all redirects. */
export interface Fetched {
  readonly url: string;
  /** 200 to 299. */
  readonly status: number;
  /** Decoded from UTF-8, without a byte order mark. */
  readonly body: string;
  /** The Content-Type header; '' without one. */
  readonly contentType: string;
}

/** Why a fetch failed. */
export type FetchProblemKind =
  | 'badUrl'
  | 'privateAddress'
  | 'unreachable'
  | 'timeout'
  | 'tooLarge'
  | 'tooManyRedirects'
  | 'status'
  | 'encoding';

/** A fetch that failed: the kind, and one sentence for whoever gave the URL. */
export class FetchProblem extends Error {
  readonly kind: FetchProblemKind;

  constructor(kind: FetchProblemKind, message: string) {
    super(message);
    this.name = 'FetchProblem';
    this.kind = kind;
  }
}

type Limits = Required<FetchOptions>;

const DEFAULTS = { bytesMax: 65536, timeoutMs: 5000, redirectsMax: 3, accept: '*/*' } as const;
const URL_LENGTH_MAX = 2048;
const HEADER_BYTES_MAX = 16384;
const REDIRECTS: readonly (number | undefined)[] = [301, 302, 303, 307, 308];

// One list for each family: a BlockList compares IPv4 addresses with IPv6 ranges too, as mapped.
const ranges = (family: 'ipv4' | 'ipv6', texts: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const text of texts) {
    const [network = '', prefix] = text.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
};

/** Loopback, private (RFC 1918) and shared (RFC 6598), without two metadata services in them. */
const PRIVATE4 = ranges('ipv4', ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '172.16.0.0/12']);
PRIVATE4.addSubnet('192.168.0.0', 16, 'ipv4');

/** Never: this network, link-local, special purpose (RFC 6890), multicast, reserved. */
const FORBIDDEN4 = ranges('ipv4', [
  '0.0.0.0/8',
  '100.100.100.200/32', // a cloud's metadata service, inside the shared range
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
]);

/** Global unicast; everything outside is special, which includes mapped IPv4 and NAT64. */
const GLOBAL6 = ranges('ipv6', ['2000::/3']);

/** Inside global unicast: protocol assignments with Teredo, documentation, 6to4. */
const FORBIDDEN6 = ranges('ipv6', [
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  'fd00:ec2::254/128', // a cloud's metadata service, inside the private range
]);

/** Loopback and unique local (RFC 4193). */
const PRIVATE6 = ranges('ipv6', ['::1/128', 'fc00::/7']);

/** Whether anyone, only we ourselves, or nobody may have us connect to an IP address. */
export function classifyAddress(address: string): 'public' | 'private' | 'forbidden' {
  if (isIP(address) === 4) {
    if (FORBIDDEN4.check(address, 'ipv4')) return 'forbidden';
    return PRIVATE4.check(address, 'ipv4') ? 'private' : 'public';
  }
  if (isIP(address) !== 6 || FORBIDDEN6.check(address, 'ipv6')) return 'forbidden';
  if (PRIVATE6.check(address, 'ipv6')) return 'private';
  return GLOBAL6.check(address, 'ipv6') ? 'public' : 'forbidden';
}

function isAllowed(address: string, limits: Limits): boolean {
  const found = classifyAddress(address);
  return found === 'public' || (found === 'private' && limits.allowPrivate);
}

const refusedAddress = (host: string): FetchProblem =>
  new FetchProblem('privateAddress', `${excerpt(host)} is not at a public address`);

/** A lookup that answers with allowed addresses only; fails if there is none. */
function guardLookup(limits: Limits): LookupFunction {
  return (host, options, answer) => {
    const onResolved = (error: Error | null, found: LookupAddress[]): void => {
      const allowed = error === null ? found.filter((at) => isAllowed(at.address, limits)) : [];
      const first = allowed[0];
      if (first === undefined) answer(error ?? refusedAddress(host), '', 0);
      else if (options.all) answer(null, allowed);
      else answer(null, first.address, first.family);
    };
    resolve(host, { ...options, all: true }, onResolved);
  };
}

function parseUrl(text: string, base?: URL): URL {
  const problem = (why: string): FetchProblem =>
    new FetchProblem('badUrl', `the URL ${excerpt(text)} ${why}`);
  if (text.length > URL_LENGTH_MAX) throw problem(`has more than ${URL_LENGTH_MAX} characters`);
  if (!URL.canParse(text, base?.href)) throw problem('is not a URL');
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw problem('must begin with http:// or https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw problem('must not carry a user or a password');
  }
  return url;
}

/** A literal address never reaches the lookup, so it is checked here. */
function checkLiteral(url: URL, limits: Limits): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host, limits)) throw refusedAddress(host);
}

/** Names whatever ended a request early. */
function problemOf(error: unknown, url: URL, limits: Limits, signal: AbortSignal): FetchProblem {
  if (error instanceof FetchProblem) return error;
  if (signal.aborted) {
    const seconds = limits.timeoutMs / 1000;
    return new FetchProblem('timeout', `${excerpt(url.href)} took longer than ${seconds} s`);
  }
  const code = (error as NodeJS.ErrnoException).code ?? 'connection broken';
  return new FetchProblem('unreachable', `${excerpt(url.href)} cannot be fetched (${code})`);
}

function startRequest(url: URL, limits: Limits, signal: AbortSignal): ClientRequest {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return request(url, {
    // No shared agent: its idle connections were not opened through our lookup.
    agent: false,
    lookup: guardLookup(limits),
    signal,
    maxHeaderSize: HEADER_BYTES_MAX,
    headers: { accept: limits.accept, 'accept-encoding': 'identity' },
  });
}

/** The response to one request, its body unread. */
function openResponse(url: URL, limits: Limits, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((fulfil, reject) => {
    const request = startRequest(url, limits, signal);
    request.on('response', fulfil);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new FetchProblem('status', `${excerpt(url.href)} answers in another protocol`));
    });
    request.on('error', reject); // stays: errors after the response end in the body's reader
    request.end();
  });
}

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

function decode(bytes: Buffer, url: URL): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new FetchProblem('encoding', `${excerpt(url.href)} is not UTF-8 text`);
  }
}

/** One hop: the document, or the URL to go on with. */
async function hop(url: URL, limits: Limits, signal: AbortSignal): Promise<Fetched | URL> {
  checkLiteral(url, limits);
  const response = await openResponse(url, limits, signal);
  try {
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (REDIRECTS.includes(status) && location !== undefined) return parseUrl(location, url);
    checkHeaders(response, url);
    const body = decode(await readBody(response, url, limits), url);
    return { url: url.href, status, body, contentType: response.headers['content-type'] ?? '' };
  } finally {
    response.destroy();
  }
}

async function follow(start: URL, limits: Limits, signal: AbortSignal): Promise<Fetched> {
  let url = start;
  for (let redirects = 0; redirects <= limits.redirectsMax; redirects++) {
    const at = url;
    const next = await hop(at, limits, signal).catch((error: unknown) => {
      throw problemOf(error, at, limits, signal);
    });
    if (!(next instanceof URL)) return next;
    url = next;
  }
  const why = `redirects more than ${limits.redirectsMax} times`;
  throw new FetchProblem('tooManyRedirects', `${excerpt(start.href)} ${why}`);
}

/**
 * GETs a text document from a URL that is not to be trusted.
 * Rejects with a FetchProblem, and with nothing else.
 */
export async function guardedFetch(url: string, options: FetchOptions): Promise<Fetched> {
  const limits: Limits = { ...DEFAULTS, ...options };
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), limits.timeoutMs);
  try {
    return await follow(parseUrl(url), limits, clock.signal);
  } finally {
    clearTimeout(timer);
  }
}
