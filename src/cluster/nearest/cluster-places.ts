/**
 * Where clusters are, by the address of their host and a database of addresses. A host may be a name, which is looked up
 * in the background and again after a while; until then nothing is known of it.
 *
 * Bounded: HOSTS_KEPT hosts. They are those of clusters that are trusted already.
 */
import { lookup } from 'node:dns/promises';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { EarthPlace } from '../../lib/earth/earth-place.js';
import { urlOf } from '../../lib/url-path.js';

export interface ClusterPlacesOptions {
  /** What the database says of an address. */
  placeOf(address: string): EarthPlace | undefined;
  /** Ms, monotonic. */
  now(): number;
  /** The address of a host. For tests. */
  resolve?(host: string): Promise<string>;
}

/** The place of the cluster at a URL; undefined: not known, or not yet. */
export type ClusterPlaces = (url: string) => EarthPlace | undefined;

const HOSTS_KEPT = 256;
const HOLDS_MS = 600_000;

interface Host {
  place: EarthPlace | undefined;
  readonly at: number;
}

const resolveHost = async (host: string): Promise<string> => (await lookup(host)).address;

/** Creates the places; none is known yet. */
export function createClusterPlaces(options: ClusterPlacesOptions): ClusterPlaces {
  const { placeOf, now, resolve = resolveHost } = options;
  const hosts = createBoundedMap<string, Host>(HOSTS_KEPT);

  const find = (name: string, before: EarthPlace | undefined): void => {
    const host: Host = { place: before, at: now() };
    hosts.set(name, host);
    resolve(name).then(
      (address) => {
        host.place = placeOf(address);
      },
      () => undefined, // A name server that is away for a while changes nothing.
    );
  };

  return (url) => {
    const name = urlOf(url)?.hostname.replace(/^\[|\]$/g, '');
    if (name === undefined) return undefined;
    const host = hosts.get(name);
    if (host === undefined || now() - host.at >= HOLDS_MS) find(name, host?.place);
    return host?.place;
  };
}
