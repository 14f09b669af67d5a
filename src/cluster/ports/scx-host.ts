/**
 * Where a front end reaches its SCXs. On one machine that is an address of the machine, as the
 * advertised one may be that of a router; on many it is the one that everybody is given.
 */
/** The host of an SCX whose stream has this URL. */
export type ScxHostOf = (httpUrl: string) => string;

export const advertisedHost: ScxHostOf = (httpUrl) =>
  new URL(httpUrl).hostname.replace(/^\[(.*)\]$/, '$1');
