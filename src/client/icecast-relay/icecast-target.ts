/**
 * A mount of an Icecast server that we send to. Its address has the password in it, and is the only
 * place where that stands: what is printed is the label.
 */

export interface IcecastTarget {
  readonly host: string;
  readonly port: number;
  /** With its slash, percent-encoded. */
  readonly mount: string;
  /** The value of the header `Authorization`. */
  readonly authorization: string;
  /** `host:port/mount`, for people. */
  readonly label: string;
}

/** Icecast's own. */
const PORT = 8000;
const USER = 'source';
const LENGTH_MAX = 2048;

/** Reads `icecast://user:password@host:port/mount`; undefined if it is no such thing. */
export function parseIcecastUrl(text: string): IcecastTarget | undefined {
  // The URL class takes no host apart in a scheme that it does not know.
  const http = text.replace(/^icecast:\/\//i, 'http://');
  if (text.length > LENGTH_MAX || http === text || !URL.canParse(http)) return undefined;
  const { hostname, port, pathname, search, hash, username, password } = new URL(http);
  if (pathname === '/' || password === '' || search !== '' || hash !== '') return undefined;
  const credentials = [username === '' ? USER : username, password].map(decoded);
  // new URL() leaves a port of 80 out; whoever writes it means it.
  const written = /^http:\/\/[^/]*:80\//i.test(http) ? 80 : PORT;
  const target = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || written };
  return {
    ...target,
    mount: pathname,
    authorization: `Basic ${Buffer.from(credentials.join(':')).toString('base64')}`,
    label: `${hostname}:${target.port}${pathname}`,
  };
}

/** What cannot be decoded is meant as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
