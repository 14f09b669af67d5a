/**
 * The location of a rendezvous point (§3.4): the address of its SCX.
 *
 * Beyond: or the URL of a front end, which answers with the SCX's current address. A rendezvous
 * point that was restarted elsewhere is then found again without a new announcement.
 */

import { excerpt } from '../lib/excerpt.js';
import { bad, good, type Result } from '../lib/result.js';
import { urlOf } from '../lib/url-path.js';
import { parseHostName } from './host-name.js';

/** A rendezvous location; `text` is its normal form, which parses to the same location. */
export type Location =
  | {
      readonly kind: 'address';
      readonly text: string;
      /** A host name or an IP address, IPv6 without brackets. */
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: 'frontEnd'; readonly text: string };

/** The longest location, in UTF-16 units: a full host name and a port fit. */
const LOCATION_LENGTH_MAX = 260;

const ADDRESS = /^(?<host>\[[0-9A-Fa-f:.]+\]|[^[\]:]*):(?<port>[1-9][0-9]{0,4})$/;

/** The host as a URL would write it; undefined if no URL could. */
function canonicalHost(host: string): string | undefined {
  return urlOf(`http://${host}/`)?.hostname;
}

function parseHost(text: string): Result<string> {
  if (text.startsWith('[')) {
    const host = canonicalHost(text);
    return host === undefined ? bad(`${excerpt(text)} is not an IPv6 address`) : good(host);
  }
  const name = parseHostName('the host of a rendezvous location', text);
  if (!name.ok || canonicalHost(name.value) === name.value) return name;
  return bad(`${excerpt(text)} is neither a host name nor an IPv4 address like 192.0.2.1`);
}

function parseAddress(text: string): Result<Location> {
  const match = ADDRESS.exec(text)?.groups;
  const port = Number(match?.port);
  if (match?.host === undefined || !(port <= 65535)) {
    return bad(
      `the rendezvous location ${excerpt(text)} is neither an address nor a URL: write host:port ` +
        '(an IPv6 address in brackets) or the http:// or https:// URL of a front end',
    );
  }
  const host = parseHost(match.host);
  if (!host.ok) return host;
  const bare = host.value.replace(/^\[|\]$/g, '');
  return good({ kind: 'address', text: `${host.value}:${port}`, host: bare, port });
}

const tooLong = (what: string, text: string, lengthMax: number): Result<never> =>
  bad(`${what} is ${text.length} characters long; at most ${lengthMax} are allowed`);

/**
 * An http or https URL in its normal form, without user, password and fragment.
 * `what` names it in the problem.
 */
export function parseWebAddress(what: string, text: string, lengthMax: number): Result<string> {
  // Before it is parsed: host names that are not ASCII take more than linear time.
  if (text.length > lengthMax) return tooLong(what, text, lengthMax);
  const url = /^https?:\/\//i.test(text) ? urlOf(text) : undefined;
  if (url === undefined) {
    return bad(`${what} ${excerpt(text)} is not an http:// or https:// URL`);
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return bad(`${what} ${excerpt(text)} must not contain a user name, a password or a #fragment`);
  }
  return url.href.length <= lengthMax ? good(url.href) : tooLong(what, url.href, lengthMax);
}

/** Reads `host:port`, `[IPv6]:port`, or the http or https URL of a front end. */
export function parseLocation(text: string): Result<Location> {
  if (text.length > LOCATION_LENGTH_MAX) {
    return tooLong('a rendezvous location', text, LOCATION_LENGTH_MAX);
  }
  if (!text.includes('://')) return parseAddress(text);
  const url = parseWebAddress('the rendezvous location', text, LOCATION_LENGTH_MAX);
  return url.ok ? good({ kind: 'frontEnd', text: url.value }) : url;
}
