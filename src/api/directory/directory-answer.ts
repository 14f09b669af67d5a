/**
 * The directory: what clusters tell each other about themselves (the facts, in an entry of their own), and
 * `GET /directory`, which is described in docs/http.md. Fields are only ever added; readers ignore
 * those that they do not know.
 */
import { z } from 'zod';
import { ANNOUNCEMENT_SLOTS } from '../../gossamer/core/entry.js';
import { urlOf } from '../../lib/url-path.js';
import { publicKeySchema } from '../source-access.js';

/** Sessions in one answer. */
export const SESSIONS_LISTED_MAX = 1000;

const count = z.number().int().nonnegative().max(1e9);
const ms = z.number().min(-1e6).max(1e6);

const isWebOrigin = (text: string): boolean => {
  const url = urlOf(text);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.origin === text;
};

const sessionFactsSchema = z.object({
  /** The slot of its announcement. */
  slot: z.number().int().min(1).max(ANNOUNCEMENT_SLOTS),
  onAir: z.boolean(),
  listeners: count,
  kbps: count.optional(),
});

export const clusterFactsSchema = z.object({
  /** Of its front ends, without a path. */
  urls: z.array(z.string().max(300).refine(isWebOrigin)).min(1).max(4),
  version: z.string().max(64),
  /** By the network coordinates of the session (gossamer/core/coordinates.ts); absent: not known yet. */
  place: z.object({ x: ms, y: ms, height: ms, error: z.number().min(0).max(1) }).optional(),
  scxs: count,
  scxsMax: count,
  listeners: count,
  /** What is announced there, when this was told. */
  sessions: z.array(sessionFactsSchema).max(ANNOUNCEMENT_SLOTS),
});

/** What a cluster tells about itself. */
export type ClusterFacts = Readonly<z.infer<typeof clusterFactsSchema>>;

/** A session in the answer to `GET /directory`. */
export interface ListedSession {
  readonly session: string;
  readonly key: string;
  /** At the cluster that answers: `/listen/PATH.mp3`. */
  readonly path: string;
  readonly title: string | null;
  readonly genre: string | null;
  readonly language: string | null;
  readonly description: string | null;
  readonly homepage: string | null;
  /** The hash of its picture, which is at `/images/HASH` of the cluster that answers. */
  readonly image: string | null;
  readonly bitrateKbps: number | null;
  readonly onAir: boolean;
  /** At the clusters that announce it, when they told that. */
  readonly listeners: number;
  readonly listenUrl: string;
  /** It is announced at the cluster that answers, or runs there. */
  readonly local: boolean;
  /** The keys of the clusters that announce it. */
  readonly announcedAt: readonly string[];
}

/** A cluster in the answer. */
export interface ListedCluster extends Omit<ClusterFacts, 'sessions'> {
  readonly key: string;
  /** When it told that, ISO 8601. */
  readonly toldAt: string;
  readonly sessions: number;
}

/** The answer to `GET /directory`. */
export interface DirectoryAnswer {
  /** Whether this cluster takes part in a directory. */
  readonly connected: boolean;
  /** Sessions that match the query; `sessions` are some of them. */
  readonly total: number;
  readonly sessions: readonly ListedSession[];
  /** The most frequent ones, of all sessions. */
  readonly genres: readonly { readonly genre: string; readonly sessions: number }[];
}

/** More than the table of entries holds. */
const CLUSTERS_MAX = 5000;

/** The same as others read it: what they need to find a cluster. */
export const clustersAnswerSchema = z.object({
  clusters: z
    .array(clusterFactsSchema.pick({ urls: true, place: true }).extend({ key: publicKeySchema }))
    .max(CLUSTERS_MAX),
});

/** The same of the answer to `GET /directory`. */
export const listedSessionsSchema = z.object({
  total: count,
  sessions: z
    .array(z.object({ session: z.string().max(400), key: publicKeySchema }))
    .max(SESSIONS_LISTED_MAX),
});

/** The answer to `GET /directory/clusters`. */
export interface ClustersAnswer {
  readonly clusters: readonly ListedCluster[];
}
