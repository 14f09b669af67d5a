/**
 * Counts the connections of each client, for limits per client. The key is chosen by the user of
 * the counts: an address, or an address and a program. A client without connections is forgotten,
 * so the counts are no larger than the number of connections.
 */

/** Counts by client. Bounded by the connections that are counted. */
export interface ConnectionCounts {
  /** The connections of a client. */
  of(client: string): number;
  /** Counts one more. */
  add(client: string): void;
  /** Counts one less; does nothing for a client without connections. */
  remove(client: string): void;
  /** Clients that have one. */
  readonly clients: number;
  /** The connections of all clients. */
  readonly total: number;
}

/** Creates counts, all zero. */
export function createConnectionCounts(): ConnectionCounts {
  const counts = new Map<string, number>();
  let total = 0;
  return {
    of: (client) => counts.get(client) ?? 0,
    add: (client) => {
      counts.set(client, (counts.get(client) ?? 0) + 1);
      total++;
    },
    remove: (client) => {
      const count = counts.get(client);
      if (count === undefined) return;
      if (count === 1) counts.delete(client);
      else counts.set(client, count - 1);
      total--;
    },
    get clients() {
      return counts.size;
    },
    get total() {
      return total;
    },
  };
}
