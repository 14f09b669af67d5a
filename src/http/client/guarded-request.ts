/**
 * One HTTP request to a URL that a stranger has given: the announcement that a listener names, or a
 * webhook. Without checks, such a URL could make a cluster reach what only the cluster can reach: its
 * own network, or the metadata service of its cloud.
 *
 * So the addresses that a host name resolves to are checked in the lookup of the connection itself
 * (filtered-lookup.ts). Redirects are not followed here.
 */

import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { excerpt } from '../../lib/excerpt.js';
import { urlOf } from '../../lib/url-path.js';
import { classifyAddress } from './address-rules.js';
import { filteredLookup } from './filtered-lookup.js';

/** The cause of a failed fetch. */
export type FetchProblemKind =
  | 'badUrl'
  | 'privateAddress'
  | 'unreachable'
  | 'timeout'
  | 'tooLarge'
  | 'tooManyRedirects'
  | 'status'
  | 'encoding';

/** A failed fetch: the cause, and a sentence for the user who gave the URL. */
export class FetchProblem extends Error {
  readonly kind: FetchProblemKind;

  constructor(kind: FetchProblemKind, message: string) {
    super(message);
    this.name = 'FetchProblem';
    this.kind = kind;
  }
}

/** A request whose URL has been parsed. */
export interface GuardedRequest {
  readonly url: URL;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: OutgoingHttpHeaders;
  readonly body?: string;
  /** Allows loopback, private and shared addresses, for clusters in such a network. */
  readonly allowPrivate: boolean;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

const URL_LENGTH_MAX = 2048;
const HEADER_BYTES_MAX = 16384;

function isAllowed(address: string, allowPrivate: boolean): boolean {
  const found = classifyAddress(address);
  return found === 'public' || (found === 'private' && allowPrivate);
}

const refusedAddress = (host: string): FetchProblem =>
  new FetchProblem('privateAddress', `${excerpt(host)} is not at a public address`);

/** A lookup that answers with allowed addresses only; fails if there is none. */
const guardLookup = (allowPrivate: boolean): LookupFunction =>
  filteredLookup((found, host) => {
    const allowed = found.filter(({ address }) => isAllowed(address, allowPrivate));
    return allowed.length > 0 ? allowed : refusedAddress(host);
  });

/** Parses a URL, relative to `base`. Throws a FetchProblem. */
export function parseUrl(text: string, base?: URL): URL {
  const problem = (why: string): FetchProblem =>
    new FetchProblem('badUrl', `the URL ${excerpt(text)} ${why}`);
  if (text.length > URL_LENGTH_MAX) throw problem(`has more than ${URL_LENGTH_MAX} characters`);
  const url = urlOf(text, base);
  if (url === undefined) throw problem('is not a URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw problem('must begin with http:// or https://');
  }
  if (url.username !== '' || url.password !== '') {
    throw problem('must not carry a user or a password');
  }
  return url;
}

/** Throws a FetchProblem for a forbidden literal address, which would never reach the lookup. */
export function checkLiteral(url: URL, allowPrivate: boolean): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isAllowed(host, allowPrivate)) throw refusedAddress(host);
}

/** The response to one request, its body unread. Rejects with a FetchProblem or the system's error. */
export function guardedRequest(options: GuardedRequest): Promise<IncomingMessage> {
  const { url, method, headers, allowPrivate, signal, body } = options;
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((fulfil, reject) => {
    checkLiteral(url, allowPrivate);
    const request = start(url, {
      method,
      headers,
      // No shared agent: its idle connections were not opened through our lookup.
      agent: false,
      lookup: guardLookup(allowPrivate),
      signal,
      maxHeaderSize: HEADER_BYTES_MAX,
    });
    request.on('response', fulfil);
    request.on('upgrade', (_response, socket) => {
      socket.destroy();
      reject(new FetchProblem('status', `${excerpt(url.href)} answers in another protocol`));
    });
    request.on('error', reject); // stays: errors after the response end in the body's reader
    request.end(body);
  });
}

/** The problem that ended a request early. */
export function problemOf(error: unknown, url: URL, timedOut: boolean, timeoutMs: number) {
  if (error instanceof FetchProblem) return error;
  if (timedOut) {
    const seconds = timeoutMs / 1000;
    return new FetchProblem('timeout', `${excerpt(url.href)} took longer than ${seconds} s`);
  }
  const code = (error as NodeJS.ErrnoException).code ?? 'connection broken';
  return new FetchProblem('unreachable', `${excerpt(url.href)} cannot be fetched (${code})`);
}
