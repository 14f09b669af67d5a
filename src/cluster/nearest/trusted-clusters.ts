/**
 * The clusters to which this one may send listeners. They are asked every ten seconds what they have
 * seen of networks (`GET /directory/networks`). By the answer each proves that it holds its key at its
 * address, and shows its distance from here: the time that the shortest of some answers takes.
 *
 * Who is asked: the clusters of the directory whose keys this cluster trusts. A cluster that does not
 * answer any more, or with another key, is none of them.
 *
 * Bounded: CLUSTERS_MAX clusters, FETCHES_MAX requests at a time, and the size and time of each.
 */
import { randomBytes } from 'node:crypto';
import {
  NETWORKS_PATH,
  NETWORKS_TOLD_MAX,
  networksAnswerSchema,
} from '../../api/directory/networks-answer.js';
import { guardedFetch } from '../../http/client/guarded-fetch.js';
import { readSignedAnswer, SIGNATURE_FIELD } from '../../http/signed-answer.js';
import type { NetworkRoundTrip } from '../../locating/own-networks.js';
import type { PublicKey } from '../../session/public-key.js';
import type { KnownCluster } from '../directory/board.js';

/** A cluster that has proven its key. */
export interface TrustedCluster {
  readonly key: PublicKey;
  readonly url: string;
  readonly facts: KnownCluster['facts'];
  /** Between it and us, ms. */
  readonly rttMs: number;
}

export interface TrustedOptions {
  /** Those that are trusted. */
  keys(): readonly PublicKey[];
  /** What is heard of one. */
  find(key: PublicKey): KnownCluster | undefined;
  /** What a cluster has seen. */
  onTold(cluster: TrustedCluster, networks: readonly NetworkRoundTrip[]): void;
  readonly allowPrivate: boolean;
  /** Ms, monotonic. */
  now(): number;
  readonly fetch?: typeof guardedFetch | undefined;
  /** For tests, ms. */
  readonly everyMs?: number | undefined;
}

export interface TrustedClusters {
  all(): readonly TrustedCluster[];
  /** Asks no more. */
  close(): void;
}

const CLUSTERS_MAX = 64;
const FETCHES_MAX = 8;
/** Interval between two questions, ms. */
const ASK_MS = 10_000;
/** How often it is looked who is to be asked, ms. */
const LOOK_MS = 500;
/** How long a proof holds, ms: three intervals. */
const PROOF_MS = 30_000;
/** Answers of which the fastest counts. */
const TIMES_KEPT = 6;
const TIMEOUT_MS = 5000;
const ANSWER_BYTES_MAX = 512 * 1024;
/** A new connection and a request: two round trips. */
const ROUND_TRIPS = 2;

interface Asked {
  /** The address at which that is true. */
  readonly url: string;
  version: string;
  timesMs: readonly number[];
  provenAt: number;
  askAt: number;
  isAsking: boolean;
}

/** What a cluster answers, and how long that took; undefined if it is no proven answer. */
async function ask(
  { key, facts }: KnownCluster,
  version: string,
  { allowPrivate, now, fetch = guardedFetch }: TrustedOptions,
) {
  const challenge = randomBytes(12).toString('base64url');
  const url = `${facts.urls[0]}${NETWORKS_PATH}?since=${version}&challenge=${challenge}`;
  const limits = { allowPrivate, bytesMax: ANSWER_BYTES_MAX, timeoutMs: TIMEOUT_MS };
  const begun = now();
  const fetched = await fetch(url, { ...limits, redirectsMax: 0 }).catch(() => undefined);
  if (fetched === undefined) return undefined;
  const timeMs = now() - begun;
  const { body, headers } = fetched;
  const signature = headers[SIGNATURE_FIELD.toLowerCase()];
  const answer = { body, signature };
  const told = readSignedAnswer(key, 'networks', challenge, answer, networksAnswerSchema);
  return told && { ...told, timeMs };
}

/** Starts to ask. */
export function askTrustedClusters(options: TrustedOptions): TrustedClusters {
  const { keys, find, onTold, now, everyMs = ASK_MS } = options;
  const asked = new Map<PublicKey, Asked>();
  const unknown = (url: string): Asked => ({
    ...{ url, version: '', timesMs: [], isAsking: false },
    ...{ provenAt: Number.NEGATIVE_INFINITY, askAt: now() },
  });

  const trusted = (): readonly KnownCluster[] =>
    [...new Set(keys())].slice(0, CLUSTERS_MAX).flatMap((key) => find(key) ?? []);

  const withTimes = ({ key, facts }: KnownCluster, { url, timesMs }: Asked): TrustedCluster => ({
    ...{ key, url, facts },
    rttMs: Math.min(...timesMs) / ROUND_TRIPS,
  });

  const askOne = async (cluster: KnownCluster, state: Asked): Promise<void> => {
    Object.assign(state, { isAsking: true, askAt: now() + everyMs });
    const answer = await ask(cluster, state.version, options).catch(() => undefined);
    state.isAsking = false;
    if (answer === undefined) return;
    const { version, timeMs, networks } = answer;
    const timesMs = [...state.timesMs, timeMs].slice(-TIMES_KEPT);
    Object.assign(state, { version, timesMs, provenAt: now() });
    if (networks.length >= NETWORKS_TOLD_MAX) state.askAt = now();
    onTold(withTimes(cluster, state), networks);
  };

  const look = (): void => {
    const known = trusted();
    const left = new Set(known.map(({ key }) => key));
    for (const key of asked.keys()) if (!left.has(key)) asked.delete(key);
    for (const cluster of known) {
      const [url] = cluster.facts.urls as [string];
      const before = asked.get(cluster.key);
      const state = before?.url === url ? before : unknown(url);
      asked.set(cluster.key, state);
      const running = [...asked.values()].filter(({ isAsking }) => isAsking).length;
      if (!state.isAsking && now() >= state.askAt && running < FETCHES_MAX) {
        void askOne(cluster, state);
      }
    }
  };

  const timer = setInterval(look, Math.min(LOOK_MS, everyMs)).unref();
  return {
    all: () =>
      trusted().flatMap((cluster) => {
        const state = asked.get(cluster.key);
        const isProven =
          state !== undefined &&
          state.url === cluster.facts.urls[0] &&
          now() - state.provenAt <= PROOF_MS;
        return isProven ? [withTimes(cluster, state)] : [];
      }),
    close: () => clearInterval(timer),
  };
}
