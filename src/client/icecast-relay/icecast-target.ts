/**
 * A mount of an Icecast server to which we send. The user gives it as a URL that contains the
 * password; messages show its label, which does not.
 */
import { urlOf } from '../../lib/url-path.js';

export interface IcecastTarget {
  readonly host: string;
  readonly port: number;
  /** With its leading slash, percent-encoded. */
  readonly mount: string;
  /** The value of the header `Authorization`. */
  readonly authorization: string;
  /** `host:port/mount`, for people. */
  readonly label: string;
}

/** Icecast's defaults. */
const PORT = 8000;
const USER = 'source';
const LENGTH_MAX = 2048;

/** Reads `icecast://user:password@host:port/mount`; undefined if the text is malformed. */
export function parseIcecastUrl(text: string): IcecastTarget | undefined {
  // The URL class does not parse hosts in unknown schemes.
  const http = text.replace(/^icecast:\/\//i, 'http://');
  const url = text.length > LENGTH_MAX || http === text ? undefined : urlOf(http);
  if (url === undefined) return undefined;
  const { hostname, port, pathname, search, hash, username, password } = url;
  if (pathname === '/' || password === '' || search !== '' || hash !== '') return undefined;
  const credentials = [username === '' ? USER : username, password].map(decoded);
  // new URL() omits port 80, but the user has written it.
  const written = /^http:\/\/[^/]*:80\//i.test(http) ? 80 : PORT;
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || written };
  return {
    ...target,
    mount: pathname,
    authorization: `Basic ${Buffer.from(credentials.join(':')).toString('base64')}`,
    label: `${hostname}:${target.port}${pathname}`,
  };
}

/** Percent-decoded; unchanged if that is not possible. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
