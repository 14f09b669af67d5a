/**
 * The part of a front end that knows where listeners are: what its own connections show, what
 * trusted clusters tell, and the choice that follows from both. Without a directory there are no others.
 */
import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import type { IsTrusted } from '../../http/server/client-address.js';
import { createRng } from '../../lib/rng.js';
import { createOwnNetworks, type OwnNetworks } from '../../locating/own-networks.js';
import { createSeenNetworks } from '../../locating/seen-networks.js';
import type { PlaceOf } from '../../runtime/system/address-places.js';
import type { RoundTripLooks } from '../../runtime/system/round-trips.js';
import type { Privacy } from '../../session/privacy.js';
import type { PublicKey } from '../../session/public-key.js';
import type { Board } from '../directory/board.js';
import type { Directory } from '../directory/directory.js';
import { type AskForListener, createAskForListener } from './ask-for-listener.js';
import { createClusterPlaces } from './cluster-places.js';
import { createKeepers, type Keepers } from './keepers.js';
import { createNearest, type Nearest, type Trust } from './nearest.js';
import { askTrustedClusters, type TrustedCluster } from './trusted-clusters.js';
import { watchNetworks } from './watch-networks.js';

export interface LocatingOptions {
  readonly ownKey: PublicKey;
  readonly ownUrl: string;
  readonly board: Board;
  readonly directory: Pick<Directory, 'place' | 'members'>;
  readonly trust: Trust;
  /** What is private about the sessions that are published here. */
  privacies(): readonly Privacy[];
  /** Of the front end and of the SCXs. */
  ports(): ReadonlySet<number>;
  readonly isProxy: IsTrusted;
  readonly isInDirectory: boolean;
  readonly allowPrivate: boolean;
  readonly log: Logger;
  /** A database of addresses; undefined: there is none. */
  readonly placeOf: PlaceOf | undefined;
  /** Ms, monotonic. */
  now(): number;
  /** For tests. */
  readonly looks?: Pick<RoundTripLooks, 'everyMs' | 'read'> | undefined;
  readonly askMs?: number | undefined;
}

export interface Locating {
  readonly own: OwnNetworks;
  readonly nearest: Nearest;
  readonly askForListener: AskForListener;
  readonly keepers: Keepers;
  /** Those that may have listeners of public sessions and have proven their keys, the nearest first. */
  trusted(): readonly TrustedCluster[];
  close(): void;
}

/** Starts to watch and to ask. */
export function startLocating(options: LocatingOptions): Locating {
  const { ownKey, ownUrl, placeOf, board, directory, trust, privacies, now, allowPrivate, log } =
    options;
  const own = createOwnNetworks();
  const seen = createSeenNetworks(createRng(randomInt(2 ** 31)));
  const nearest = createNearest({
    ...{ ownKey, own, seen, trust, now, members: directory.members, place: directory.place },
    clusters: () => trusted.all(),
    earth: placeOf && { ownUrl, placeOf, placeOfCluster: createClusterPlaces({ placeOf, now }) },
  });
  const trusted = askTrustedClusters({
    ...{ find: board.cluster, onTold: nearest.onTold, allowPrivate, now },
    keys: () => [undefined, ...privacies()].flatMap(nearest.trusted),
    everyMs: options.askMs,
  });
  const forPublic = (): readonly TrustedCluster[] => {
    const keys = new Set(nearest.trusted(undefined));
    const all = trusted.all().filter(({ key }) => keys.has(key));
    return all.toSorted((one, other) => one.rttMs - other.rttMs);
  };
  const { ports, isProxy, looks, isInDirectory } = options;
  const unwatch = isInDirectory
    ? watchNetworks({ ports, isProxy, onSeen: nearest.onSeen, log, looks })
    : () => undefined;
  return {
    ...{ own, nearest, askForListener: createAskForListener({ ownKey, allowPrivate, now }) },
    keepers: createKeepers({ trusted: forPublic, allowPrivate, now }),
    trusted: forPublic,
    close: () => {
      trusted.close();
      unwatch();
    },
  };
}
