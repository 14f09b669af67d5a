/**
 * The exchange of entries with each front end of the cluster (entry-exchange.ts), as leases tell which
 * there are: a front end that was added later knows the directory as well, and may speak for the cluster.
 *
 * Bounded: FRONT_ENDS_MAX.
 */
import { FRONT_ENDS_MAX } from '../../api/swarm/scx-service.js';
import type { Entry } from '../../gossamer/core/entry.js';
import {
  type EntryExchange,
  type EntryExchangeOptions,
  startEntryExchange,
} from './entry-exchange.js';

export interface EntryExchanges {
  onEntry(entry: Entry): void;
  /** Exchanges with exactly these. */
  follow(urls: readonly string[]): void;
  close(): void;
}

/** Creates the exchanges; none has begun. */
export function createEntryExchanges(options: Omit<EntryExchangeOptions, 'url'>): EntryExchanges {
  const exchanges = new Map<string, EntryExchange>();
  let isClosed = false;

  const end = (url: string): void => {
    exchanges.get(url)?.close();
    exchanges.delete(url);
  };

  return {
    onEntry: (entry) => {
      for (const one of exchanges.values()) one.onEntry(entry);
    },
    follow: (urls) => {
      if (isClosed || urls.length === 0) return;
      const wanted = urls.slice(0, FRONT_ENDS_MAX);
      for (const url of exchanges.keys()) if (!wanted.includes(url)) end(url);
      for (const url of wanted) {
        if (!exchanges.has(url)) exchanges.set(url, startEntryExchange({ ...options, url }));
      }
    },
    close: () => {
      isClosed = true;
      for (const url of exchanges.keys()) end(url);
    },
  };
}
