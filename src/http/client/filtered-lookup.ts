/**
 * A lookup for connections that may lead to some addresses only. What a name resolves to is judged in
 * the lookup of the connection itself: a second DNS answer cannot differ from the judged one
 * (rebinding). A literal IP address is never looked up, so its user judges it beforehand.
 */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';

/**
 * Creates a lookup for a connection.
 * @param choose the addresses of a host that may be tried, at least one, or why there is none
 */
export const filteredLookup =
  (choose: (found: readonly LookupAddress[], host: string) => LookupAddress[] | Error) =>
  (...[host, options, answer]: Parameters<LookupFunction>): void =>
    resolve(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const chosen = error ?? choose(found, host);
      if (chosen instanceof Error) answer(chosen, '', 0);
      else if (options.all) answer(null, chosen);
      else answer(null, chosen[0]?.address ?? '', chosen[0]?.family);
    });
