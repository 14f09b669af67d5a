/**
 * Where a listener is sent (§2.4): which other clusters are much nearer to it, and which ones it may be
 * sent to when this one is full (locating/choice.ts).
 *
 * Whom this cluster trusts with listeners: for a private session the clusters that its announcement
 * lists, as the station has signed that; for others those that the operator names (`--trust`), by default
 * the clusters that a private directory lists.
 *
 * A guess that nobody confirms must not be repeated for ever: a cluster of which it is only expected that it is near
 * gets a few listeners of a network, and then none for an hour, until it tells what it has seen.
 *
 * Bounded: the tables of locating/, and GUESSES_KEPT guesses.
 */
import { UNKNOWN_COORDINATES } from '../../gossamer/core/coordinates.js';
import { isLoopback, networkOf } from '../../http/ip-address.js';
import { createBoundedMap } from '../../lib/bounds/bounded-map.js';
import type { EarthPlace } from '../../lib/earth/earth-place.js';
import {
  type Choice,
  clustersInstead,
  nearerClusters,
  type OtherCluster,
} from '../../locating/choice.js';
import { guessRoundTrips } from '../../locating/guessed-distances.js';
import type { Expectation } from '../../locating/nearest-cluster.js';
import type { NetworkRoundTrip, OwnNetworks } from '../../locating/own-networks.js';
import type { SeenNetworks } from '../../locating/seen-networks.js';
import type { Privacy } from '../../session/privacy.js';
import type { PublicKey } from '../../session/public-key.js';
import type { ClusterPlaces } from './cluster-places.js';
import type { TrustedCluster } from './trusted-clusters.js';

/** The clusters that may have the listeners of public sessions; an empty list: none, of no session. */
export type Trust = 'directory' | readonly PublicKey[];

/** What a database of addresses knows, for networks of which no round trip is known. */
export interface OnEarth {
  readonly ownUrl: string;
  placeOf(address: string): EarthPlace | undefined;
  readonly placeOfCluster: ClusterPlaces;
}

type Place = TrustedCluster['facts']['place'];

export interface NearestOptions {
  readonly ownKey: PublicKey;
  readonly own: OwnNetworks;
  readonly seen: SeenNetworks;
  readonly trust: Trust;
  /** The clusters that the directory's announcement lists. */
  members(): readonly PublicKey[];
  place(): Place | undefined;
  /** Those that have proven their keys. */
  clusters(): readonly TrustedCluster[];
  /** Default: there is no database. */
  readonly earth?: OnEarth | undefined;
  /** Ms, monotonic. */
  now(): number;
}

/** A listener, and what is private about the session. */
export interface Seeker {
  readonly address: string;
  readonly privacy: Privacy | undefined;
}

/** Why a listener is sent to another cluster. */
export type SentBecause = 'nearer' | 'full';

export interface Nearest {
  /** The other clusters that may have the listeners of a session. */
  trusted(privacy: Privacy | undefined): readonly PublicKey[];
  /** Those that are much nearer, in the order in which they are to be asked. */
  nearer(seeker: Seeker): readonly TrustedCluster[];
  /** Those that may serve the listener in our place, likewise. */
  instead(seeker: Seeker): readonly TrustedCluster[];
  /** A listener has been sent to one that is nearer. */
  onSent(seeker: Seeker, to: TrustedCluster): void;
  /** One of our own connections was seen. */
  onSeen(network: string, client: string, rttMs: number): void;
  /** Another cluster tells what it has seen. */
  onTold(cluster: TrustedCluster, networks: readonly NetworkRoundTrip[]): void;
}

const GUESSES_KEPT = 10_000;
const GUESSES_MAX = 10;
const GUESSES_MS = 3_600_000;

interface Guesses {
  readonly count: number;
  readonly since: number;
}

const coordinatesOf = (place: Place) =>
  place === undefined ? UNKNOWN_COORDINATES : { ...place, samples: 1 };

const otherOf = ({ key, facts, rttMs }: TrustedCluster): OtherCluster => ({
  ...{ id: key, rttMs },
  coordinates: coordinatesOf(facts.place),
});

/** Creates the choice; nothing is known yet. */
export function createNearest(options: NearestOptions): Nearest {
  const { ownKey, own, seen, trust, members, place, clusters, earth, now } = options;
  const guesses = createBoundedMap<string, Guesses>(GUESSES_KEPT);
  const here = () => ({ id: ownKey, coordinates: coordinatesOf(place()) });

  const trusted = (privacy: Privacy | undefined): readonly PublicKey[] => {
    if (trust.length === 0) return [];
    const named = privacy?.clusters ?? (trust === 'directory' ? members() : trust);
    return named.filter((key) => key !== ownKey);
  };

  const guessFor = (
    network: string,
    others: readonly TrustedCluster[],
    { ownUrl, placeOf, placeOfCluster }: OnEarth,
  ) =>
    guessRoundTrips(placeOf(network), [
      { id: ownKey, place: placeOfCluster(ownUrl) },
      ...others.map(({ key, url }) => ({ id: key, place: placeOfCluster(url) })),
    ]);

  const choiceOf = ({ address, privacy }: Seeker, among: readonly TrustedCluster[]): Choice => {
    const keys = new Set(trusted(privacy));
    const allowed = among.filter(({ key }) => keys.has(key));
    const network = networkOf(address);
    const guess = () => earth && guessFor(network, allowed, earth);
    return { here: here(), others: allowed.map(otherOf), network, seen, guess };
  };

  const guessesOf = (network: string, id: string): Guesses => {
    const before = guesses.get(`${network} ${id}`);
    const isOld = before === undefined || now() - before.since >= GUESSES_MS;
    return isOld ? { count: 0, since: now() } : before;
  };

  const inOrder = (ids: readonly string[], among: readonly TrustedCluster[]) =>
    ids.flatMap((id) => among.find(({ key }) => key === id) ?? []);

  return {
    trusted,
    nearer: (seeker) => {
      if (isLoopback(seeker.address) || networkOf(seeker.address) === '') return [];
      const among = clusters();
      const choice = choiceOf(seeker, among);
      const known = seen.roundTrips(choice.network);
      const isTried = ({ id }: Expectation): boolean =>
        known?.has(id) === true || guessesOf(choice.network, id).count < GUESSES_MAX;
      const ids = nearerClusters(choice).filter(isTried);
      return inOrder(
        ids.map(({ id }) => id),
        among,
      );
    },
    instead: (seeker) => {
      const among = clusters();
      return inOrder(clustersInstead(choiceOf(seeker, among)), among);
    },
    onSent: ({ address }, { key }) => {
      const network = networkOf(address);
      if (seen.roundTrips(network)?.has(key)) return;
      const { count, since } = guessesOf(network, key);
      guesses.set(`${network} ${key}`, { count: count + 1, since });
    },
    onSeen: (network, client, rttMs) => {
      const news = own.onSeen(network, client, rttMs, now());
      if (news !== undefined) seen.onSeen(network, here(), news, now());
    },
    onTold: (cluster, networks) => {
      for (const [network, rttMs] of networks) seen.onSeen(network, otherOf(cluster), rttMs, now());
    },
  };
}
