/**
 * Requests that a page in somebody's browser has sent. A browser reaches what its owner reaches: this
 * machine, and networks that strangers do not reach. A page of another site can make it send forms and
 * images there; and by changing what its own name resolves to (DNS rebinding), such a page reaches us
 * under that name, as a page of ours would. So whatever changes something asks here first.
 *
 * Browsers name the page's origin in every request other than GET and HEAD, and newer ones say in all
 * requests how the page is related to us; a page can set neither field. Programs that are no browsers
 * send neither, and are not concerned.
 */
import { isIP } from 'node:net';
import { urlOf } from '../../lib/url-path.js';
import type { RequestHead } from './request-head.js';

/** The header fields that matter. */
export interface PageFields {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`. */
  readonly site: string | undefined;
}

/** A name cannot be made to resolve to us by a stranger: it is an address, or fixed. */
const isFixed = (hostname: string): boolean =>
  hostname === 'localhost' || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;

/**
 * Whether a page that is not ours has sent the request.
 * @param own the name by which others reach us; pages under any other name are not ours
 */
export function isForeignPage({ host, origin, site }: PageFields, own: string): boolean {
  if (site !== undefined && site !== 'none' && site !== 'same-origin') return true;
  if (origin === undefined) return false;
  const page = urlOf(origin);
  if (page === undefined) return true;
  const isOurs = isFixed(page.hostname) || page.hostname === own.toLowerCase();
  return !isOurs || page.host !== urlOf(`${page.protocol}//${host ?? ''}`)?.host;
}

/** Whether a page that is not ours sends what an encoder sends; we have no such pages. */
export const isFromPage = ({ method, headers }: RequestHead): boolean =>
  method !== 'OPTIONS' &&
  isForeignPage(
    {
      host: headers.get('host'),
      origin: headers.get('origin'),
      site: headers.get('sec-fetch-site'),
    },
    '',
  );

/** What such a request is answered with, 403. */
export const FOREIGN_PAGE = 'Pages of other sites may not change anything here.';
