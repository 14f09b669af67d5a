/**
 * Our own address, as a client is to be told it. The operator names one (`--host`, with our port),
 * but clients may reach us by another: through a web server in front of us that ends the encryption,
 * or by https at our own port. So every address that leaves the front end (playlists, statuses,
 * announcements, redirects) is built on what these functions return.
 *
 * The Host header is written by the client, and by some web servers with the name that they have for
 * us; it is believed only where it must be the public one. Host and scheme are parsed, and compared as
 * origins: `Radio.Example:443` behind https is `https://radio.example`.
 */

import { isIP } from 'node:net';
import type { Request } from 'express';
import { isLoopback } from '../../http/ip-address.js';
import { plainAddress, urlHost } from '../../lib/host-port.js';
import { urlOf } from '../../lib/url-path.js';

/** A path that a web server in front of us has before ours: `/radio`. */
const PREFIX = /^(\/[A-Za-z0-9._~-]{1,64}){1,8}$/;

/** A URL that is an origin only; undefined if the text is none. */
function parseOrigin(text: string): URL | undefined {
  const url = urlOf(text);
  return url?.href === `${url?.origin}/` ? url : undefined;
}

const isEncrypted = ({ socket }: Request): boolean => 'encrypted' in socket;

/** A header that only a trusted web server in front of us may set; undefined without one. */
function forwarded({ app, socket, headers }: Request, name: string): string | undefined {
  const trust = app.get('trust proxy fn') as (address: string, hop: number) => boolean;
  const value = headers[name];
  const isTrusted = typeof value === 'string' && trust(socket.remoteAddress ?? '', 0);
  return isTrusted ? value.split(',')[0]?.trim() : undefined;
}

/** `localhost`, `127.0.0.1`: the name that a web server on this machine may have for us. */
const isLocalName = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || isLoopback(hostname.replace(/^\[|\]$/g, ''));

/** The origin by which the request came, where it is certain that others can use it, too. */
function knownOrigin(request: Request): string | undefined {
  // Express has read X-Forwarded-Proto and -Host here, if the proxy is trusted.
  const seen = parseOrigin(`${request.protocol}://${request.host ?? ''}`);
  if (seen === undefined || isEncrypted(request)) return seen?.origin;
  const isNamed = forwarded(request, 'x-forwarded-host') !== undefined;
  if (!isNamed && (request.protocol !== 'https' || isLocalName(seen))) return undefined;
  return seen.origin;
}

/**
 * Our address for everyone, as the client of this request reached it: an origin, and behind it the
 * path prefix of a web server in front of us, without a slash at the end. `own` is our `http://host:port`
 * from the configuration.
 */
export function publicUrl(own: string, request: Request): string {
  const prefix = forwarded(request, 'x-forwarded-prefix')?.replace(/\/$/, '') ?? '';
  return `${knownOrigin(request) ?? own}${PREFIX.test(prefix) ? prefix : ''}`;
}

/**
 * The `host:port` by which the request came, if that is a name of ours: what a request is signed for
 * must be one of these.
 */
export function ownAuthorities(own: string, request: Request): readonly string[] {
  const { hostname, port } = new URL(own);
  const { localAddress = '', localPort } = request.socket;
  const names = [hostname, 'localhost', '127.0.0.1', '[::1]', urlHost(plainAddress(localAddress))];
  const known = names.flatMap((name) => [port, `${localPort}`].map((at) => `${name}:${at || 80}`));
  const forwardedHost = forwarded(request, 'x-forwarded-host');
  const came = urlOf(`${request.protocol}://${request.host ?? ''}`);
  if (came === undefined) return [];
  const isOurs = forwardedHost !== undefined || known.some((authority) => isAt(came, authority));
  return isOurs ? [came.host] : [];
}

/**
 * The URL with the host by which this client came, if that is an address of this machine and of the
 * other family than the URL's: a player that came to `[::1]` may not reach an IPv4 address. Any other
 * URL is returned as it is.
 */
export function inFamilyOf(url: string, { socket, host }: Request): string {
  const told = new URL(url);
  const came = parseOrigin(`http://${host ?? ''}`)?.hostname ?? '';
  const local = parseOrigin(`http://${urlHost(plainAddress(socket.localAddress ?? ''))}`);
  const [toldFamily, cameFamily] = [told.hostname, came].map((name) =>
    isIP(name.replace(/^\[|\]$/g, '')),
  );
  if (came !== local?.hostname || !toldFamily || toldFamily === cameFamily) return url;
  told.hostname = came;
  return told.href.replace(/\/$/, url.endsWith('/') ? '/' : '');
}

/** Whether a URL is at this `host:port`, whose port is the URL scheme's if it is left out. */
export function isAt(url: URL, authority: string): boolean {
  return parseOrigin(`${url.protocol}//${authority}`)?.host === url.host;
}
