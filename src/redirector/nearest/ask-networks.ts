/**
 * Asks each trusted cluster every ten seconds which networks it has had listeners from, and how far away those
 * were (`GET /directory/networks`). Its answer counts with its signature, so each speaks for itself only.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  NETWORKS_PATH,
  NETWORKS_TOLD_MAX,
  networksAnswerSchema,
} from '../../api/directory/networks-answer.js';
import type { Coordinates } from '../../gossamer/core/node.js';
import { readSignedAnswer } from '../../http/signed-answer.js';
import type { PublicKey } from '../../session/public-key.js';
import type { ClusterClient } from '../clusters/ask-cluster.js';
import type { At } from '../clusters/read-directory.js';

/** A cluster that answers. */
interface Askable {
  readonly key: PublicKey;
  readonly at: At;
  readonly coordinates: Coordinates | undefined;
}

export interface AskNetworksOptions {
  readonly client: ClusterClient;
  askable(): readonly Askable[];
  onTold(cluster: Askable, network: string, rttMs: number): void;
  readonly signal: AbortSignal;
  /** Default: EVERY_MS. For tests. */
  readonly everyMs?: number | undefined;
}

const EVERY_MS = 10_000;
/** How soon one that is new is asked, ms. */
const LOOK_MS = 500;
const ANSWER_BYTES_MAX = 512 * 1024;
const TIMEOUT_MS = 5000;
/** Answers that follow each other, of one cluster. */
const PAGES_MAX = 8;

/** Asks until the signal is aborted. */
export async function askNetworks(options: AskNetworksOptions): Promise<void> {
  const { client, askable, onTold, signal, everyMs = EVERY_MS } = options;
  /** When each cluster was asked last, and what it has told so far. */
  const asked = new Map<PublicKey, { at: number; version: string }>();

  const read = async (cluster: Askable): Promise<number> => {
    const { key, at } = cluster;
    const challenge = randomBytes(18).toString('base64url');
    const query = new URLSearchParams({ since: asked.get(key)?.version ?? '', challenge });
    const path = `${NETWORKS_PATH}?${query}`;
    const limits = { bytesMax: ANSWER_BYTES_MAX, timeoutMs: TIMEOUT_MS };
    const { text: body, signature } = await client.ask({ ...at, path, ...limits });
    const answer = { body, signature };
    const told = readSignedAnswer(key, 'networks', challenge, answer, networksAnswerSchema);
    if (told === undefined) return 0;
    const { version, networks } = told;
    asked.set(key, { at: performance.now(), version });
    for (const [network, rttMs] of networks) onTold(cluster, network, rttMs);
    return networks.length;
  };

  const readAll = async (cluster: Askable): Promise<void> => {
    for (let page = 0; page < PAGES_MAX; page++) {
      if ((await read(cluster)) < NETWORKS_TOLD_MAX) return;
    }
  };

  while (!signal.aborted) {
    const clusters = askable();
    const keys = new Set(clusters.map(({ key }) => key));
    for (const key of asked.keys()) if (!keys.has(key)) asked.delete(key);
    const now = performance.now();
    const due = clusters.filter(({ key }) => now - (asked.get(key)?.at ?? -everyMs) >= everyMs);
    for (const { key } of due) asked.set(key, { version: '', ...asked.get(key), at: now });
    await Promise.allSettled(due.map(readAll));
    await pause(Math.min(LOOK_MS, everyMs), undefined, { signal });
  }
}
