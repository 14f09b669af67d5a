/**
 * The networks of the listeners of one cluster, with the shortest round trip that a connection of
 * each has shown there. A network is told to others only when connections of several addresses have been seen in
 * it: a network of one listener would be that listener. Until then their addresses are remembered, and
 * then forgotten.
 *
 * Bounded: NETWORKS_MAX networks; the one that was seen longest ago makes room.
 */
import { createBoundedMap } from '../lib/bounds/bounded-map.js';

/** A network and its round trip, ms. */
export type NetworkRoundTrip = readonly [network: string, rttMs: number];

/** What has changed since a version, and the version after that. */
interface ToldNetworks {
  readonly version: number;
  readonly networks: readonly NetworkRoundTrip[];
}

export interface OwnNetworks {
  /**
   * A connection of a network was seen. `client`: its address, or for IPv6 its /64 network. Returns the
   * round trip of the network, if that is news.
   */
  onSeen(network: string, client: string, rttMs: number, now: number): number | undefined;
  /** The round trip, ms. */
  of(network: string): number | undefined;
  /** Networks of several listeners whose round trips have changed since then, at most `most`. */
  toldSince(version: number, now: number, most: number): ToldNetworks;
}

/** So many addresses make a network that others are told of. */
export const LISTENERS_MIN = 3;

const NETWORKS_MAX = 20_000;
/** A longer round trip replaces a shorter one of this age, ms: routes change. Guess. */
const FRESH_MS = 24 * 3_600_000;
/** A network that was not seen for so long is not told any more, ms. */
const KEPT_MS = 14 * 24 * 3_600_000;
/** Differences below this are no news, ms. */
const NEWS_MS = 1;

interface Own {
  rttMs: number;
  /** When that was seen. */
  at: number;
  /** When a connection of the network was last seen. */
  seenAt: number;
  /** 0: it is not told. */
  version: number;
  /** Those that were seen, while they are too few. */
  readonly clients: Set<string>;
  isShared: boolean;
}

/** Creates a memory without networks. */
export function createOwnNetworks(): OwnNetworks {
  const networks = createBoundedMap<string, Own>(NETWORKS_MAX);
  let version = 0;

  const noteClient = (own: Own, client: string): void => {
    if (own.isShared) return;
    own.clients.add(client);
    own.isShared = own.clients.size >= LISTENERS_MIN;
    if (!own.isShared) return;
    own.clients.clear();
    own.version = ++version;
  };

  return {
    onSeen: (network, client, rttMs, now) => {
      const before = networks.get(network);
      const own = before ?? {
        ...{ rttMs, at: now, seenAt: now, version: 0, clients: new Set<string>(), isShared: false },
      };
      networks.set(network, own); // It becomes the youngest.
      own.seenAt = now;
      noteClient(own, client);
      if (before === undefined) return rttMs;
      if (rttMs <= own.rttMs - NEWS_MS || now - own.at >= FRESH_MS) {
        Object.assign(own, { rttMs, at: now });
        if (own.isShared) own.version = ++version;
        return rttMs;
      }
      return undefined;
    },
    of: (network) => networks.get(network)?.rttMs,
    toldSince: (since, now, most) => {
      const told: [Own, NetworkRoundTrip][] = [];
      for (const [network, own] of networks.entries()) {
        const isNews = own.isShared && own.version > since && now - own.seenAt < KEPT_MS;
        if (isNews) told.push([own, [network, Math.max(1, Math.round(own.rttMs))]]);
      }
      const first = told.sort(([a], [b]) => a.version - b.version).slice(0, most);
      const last = first.at(-1)?.[0].version ?? version;
      return { version: last, networks: first.map(([, network]) => network) };
    },
  };
}
