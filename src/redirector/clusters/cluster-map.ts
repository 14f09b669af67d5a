/**
 * The map of clusters: those that the operator names, and those that the directory knows
 * (docs/directory.md), as far as they are trusted. A directory is open: everybody can tell that there is a
 * cluster, where it is and what it carries. So its words are believed about clusters only whose keys the
 * operator trusts: those of the clusters that are named, which they prove at their addresses, and those
 * that are listed; or `any`.
 *
 * The map is read from any of the clusters that answer. It stays as it is while none does.
 *
 * Bounded: CLUSTERS_MAX clusters; those that have been gone for long are forgotten.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Coordinates } from '../../gossamer/core/node.js';
import type { PublicKey } from '../../session/public-key.js';
import { ANSWER_MS } from './door.js';
import {
  createKnownCluster,
  type KnownCluster,
  type KnownClusterOptions,
} from './known-cluster.js';
import type { LiveCluster } from './live-cluster.js';
import { type At, createDirectoryReader } from './read-directory.js';

export interface ClusterMapOptions
  extends Pick<KnownClusterOptions, 'client' | 'usualPort' | 'log' | 'now'> {
  /** The clusters that the operator names: `http://host:port`. */
  readonly seeds: readonly string[];
  /** The keys of further clusters that may have listeners; `any`: all that the directory knows. */
  readonly trust: 'any' | readonly PublicKey[];
  /** Addresses that are not public are used, also if only the directory tells them. */
  readonly allowPrivate: boolean;
  readonly pace?: Pace | undefined;
}

/** How often clusters, the map and the list of sessions are asked for, ms: others for tests. */
export interface Pace {
  readonly askMs?: number;
  readonly mapMs?: number;
  readonly sessionsMs?: number;
  readonly networksMs?: number;
}

export interface ClusterMap {
  /** Those that answer now. */
  live(): readonly LiveCluster[];
  /** The same, and where each can be asked. */
  askable(): readonly {
    readonly key: PublicKey;
    readonly at: At;
    readonly coordinates: Coordinates | undefined;
  }[];
  byLabel(label: string): KnownCluster | undefined;
  /** The ids of all sessions that can be asked for. */
  sessionIds(): Iterable<string>;
  /** Whether the directory lists a session, so that every cluster that takes part knows it. */
  isListed(id: string): boolean;
  /** Changes when the sessions may have changed. */
  readonly version: number;
  readonly size: number;
  close(): void;
}

const CLUSTERS_MAX = 1000;
/** How often a named cluster is asked who it is: while that is not known, and then, ms. */
const SEED_MS = { unknown: 1000, known: 30_000 };
const MAP_MS = 5000;
const SESSIONS_MS = 60_000;
/** Coordinates that a cluster tells are as good as their error says. */
const SAMPLES = 1;
/** Clusters that are asked for the map, until one tells it. */
const ASKED_MAX = 3;
/** While nobody has answered, ms. */
const RETRY_MS = 500;
/** How long a cluster that is gone is remembered, ms. Guess: a day, as machines come back. */
const REMEMBERED_MS = 24 * 3_600_000;

/** Begins to read the map, and to watch its clusters. */
export function openClusterMap(options: ClusterMapOptions): ClusterMap {
  const { seeds, trust, client, log, now, pace = {} } = options;
  const ending = new AbortController();
  const { signal } = ending;
  setMaxListeners(0, signal); // Each cluster that is watched has some.
  const reader = createDirectoryReader(client);
  const clusters = new Map<PublicKey, KnownCluster>();
  const byLabel = new Map<string, KnownCluster>();
  /** The keys that named clusters have proven. */
  const proven = new Map<string, PublicKey>();
  let listed: ReadonlySet<string> = new Set();
  let version = 0;

  const isNamed = (key: PublicKey): boolean => [...proven.values()].includes(key);
  const isChosen = (key: PublicKey): boolean =>
    isNamed(key) || (trust !== 'any' && trust.includes(key));

  const forgetGone = (): void => {
    for (const [key, cluster] of clusters) {
      if (cluster.goneMs() < REMEMBERED_MS || isNamed(key)) continue;
      cluster.end();
      clusters.delete(key);
      byLabel.delete(cluster.label);
    }
  };

  const clusterOf = (key: PublicKey): KnownCluster | undefined => {
    const known = clusters.get(key);
    if (known !== undefined || clusters.size >= CLUSTERS_MAX) return known;
    const cluster = createKnownCluster({
      ...{ key, client, usualPort: options.usualPort, log, now, signal, askMs: pace.askMs },
      allowPrivate: options.allowPrivate || isChosen(key),
      onSessions: () => void version++,
    });
    clusters.set(key, cluster);
    byLabel.set(cluster.label, cluster);
    return cluster;
  };

  /** Asks a cluster that the operator names who it is. */
  const askSeed = async (seed: string): Promise<void> => {
    const url = new URL(seed);
    const { key, urls } = await client.askRoom({ url, timeoutMs: ANSWER_MS }, '');
    if (proven.get(seed) !== key)
      log.info({ cluster: seed, key }, 'a named cluster proves its key');
    proven.set(seed, key);
    clusterOf(key)?.know(urls, undefined);
  };

  const watchSeed = async (seed: string): Promise<void> => {
    while (!signal.aborted) {
      const isKnown = await askSeed(seed).then(
        () => true,
        () => proven.has(seed),
      );
      await pause(isKnown ? SEED_MS.known : SEED_MS.unknown, undefined, { signal });
    }
  };

  const askable: ClusterMap['askable'] = () =>
    [...clusters.values()].flatMap((cluster) => {
      const [at, live] = [cluster.openAt(), cluster.live()];
      const { key } = cluster;
      return at === undefined ? [] : [{ key, at, coordinates: live?.coordinates }];
    });

  /** Some that can be asked, in random order. */
  const some = (): At[] =>
    askable()
      .map(({ at }) => at)
      .sort(() => Math.random() - 0.5)
      .slice(0, ASKED_MAX);

  const readMap = async (at: At): Promise<void> => {
    const told = await reader.clusters(at);
    forgetGone();
    for (const { key, urls, place } of told) {
      if (trust !== 'any' && !isChosen(key)) continue;
      clusterOf(key)?.know(urls, place && { ...place, samples: SAMPLES });
    }
  };

  const readSessions = async (at: At): Promise<void> => {
    listed = await reader.sessions(at);
    version++;
  };

  /** Reads from the first cluster that answers, again and again. */
  const keepReading = async (read: (at: At) => Promise<void>, everyMs: number): Promise<void> => {
    while (!signal.aborted) {
      let isRead = false;
      for (const at of some()) {
        isRead = await read(at).then(
          () => true,
          () => false,
        );
        if (isRead) break;
      }
      await pause(isRead ? everyMs : RETRY_MS, undefined, { signal });
    }
  };

  const start = (work: Promise<void>): void => {
    work.catch(() => undefined); // Only the end of the pause rejects.
  };
  for (const seed of seeds) start(watchSeed(seed));
  start(keepReading(readMap, pace.mapMs ?? MAP_MS));
  start(keepReading(readSessions, pace.sessionsMs ?? SESSIONS_MS));

  return {
    live: () => [...clusters.values()].flatMap((cluster) => cluster.live() ?? []),
    askable,
    byLabel: (label) => byLabel.get(label),
    sessionIds: function* () {
      for (const cluster of clusters.values()) yield* cluster.sessionIds();
      yield* listed;
    },
    isListed: (id) => listed.has(id),
    get version() {
      return version;
    },
    get size() {
      return clusters.size;
    },
    close: () => ending.abort(),
  };
}
