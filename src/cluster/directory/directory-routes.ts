/**
 * `GET /directory` (api/directory/directory-answer.ts, docs/http.md): what can be listened to here: the sessions of this
 * cluster, and those that the directory tells of. Pages of any origin may read it. Express makes the
 * ETag of the answer, and 304 where that has not changed.
 *
 * Texts come from strangers and are passed on as they are; readers must treat them as text.
 */
import { type Request, type Response, Router } from 'express';
import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import {
  type ClustersAnswer,
  type DirectoryAnswer,
  type ListedCluster,
  type ListedSession,
  SESSIONS_LISTED_MAX,
} from '../../api/directory/directory-answer.js';
import { listenUrl } from '../../icecast/listen-url.js';
import { printInstant } from '../../lib/instant.js';
import { identityOf, refPath } from '../../session/session-id.js';
import { publicRoute } from '../web/methods.js';
import { publicUrl } from '../web/public-url.js';
import type { Board, KnownCluster, Listing } from './board.js';

export interface DirectoryDependencies {
  readonly board: Board;
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  /** Whether this cluster takes part in a directory. */
  isConnected(): boolean;
  /** Whether this cluster carries sessions that the directory tells of. */
  readonly carries: boolean;
  status(url: string): ClusterStatus;
}

const LIMIT = 100;
const QUERY_LENGTH_MAX = 200;
const GENRES_MAX = 50;

/** Without the address, which depends on the name by which a client calls us. */
type Unplaced = Omit<ListedSession, 'listenUrl'>;

const isShown = ({ private: isPrivate, unlisted }: SessionStatus): boolean =>
  isPrivate !== true && unlisted !== true;

function fromStatus(status: SessionStatus, cluster: string): Unplaced {
  const { session, key, path, title, genre, description, homepage = null, image = null } = status;
  const bitrate = status.scxs.find(({ playing }) => playing !== null)?.bitrateKbps ?? null;
  return {
    ...{ session, key, path, title, genre, description, homepage, image },
    language: status.language ?? null,
    bitrateKbps: bitrate,
    onAir: status.onAir,
    listeners: status.listeners,
    local: true,
    announcedAt: [cluster],
  };
}

/** A session, as the clusters tell that announce it; the first listing has the newest announcement. */
function fromListings(listings: readonly [Listing, ...Listing[]]): Unplaced {
  const [{ session, announcement }] = listings;
  const { title = null, genre = null, language = null } = announcement;
  const { description = null, homepage = null, image = null } = announcement;
  const told = listings.flatMap(({ slot, cluster: { facts } }) =>
    facts.sessions.filter((one) => one.slot === slot),
  );
  const path = refPath(identityOf(session, session.key));
  return {
    ...{ session: session.text, key: session.key, path },
    ...{ title, genre, language, description, homepage, image },
    bitrateKbps:
      told.find(({ kbps }) => kbps !== undefined)?.kbps ?? announcement.bitrateKbps ?? null,
    onAir: told.some(({ onAir }) => onAir),
    listeners: told.reduce((sum, { listeners }) => sum + listeners, 0),
    local: false,
    announcedAt: listings.map(({ cluster: { key } }) => key),
  };
}

/** The listings of each session, the newest announcement first. */
function bySession(listings: readonly Listing[]): [Listing, ...Listing[]][] {
  const sessions = new Map<string, [Listing, ...Listing[]]>();
  for (const listing of listings) {
    const others = sessions.get(listing.session.id);
    if (others === undefined) sessions.set(listing.session.id, [listing]);
    else if (listing.announcement.issuedMs > others[0].announcement.issuedMs)
      others.unshift(listing);
    else others.push(listing);
  }
  return [...sessions.values()];
}

const nameOf = ({ title, path }: Unplaced): string => title ?? path;

/** A session, with what it is found and sorted by. */
interface Indexed {
  readonly listed: Unplaced;
  readonly text: string;
  readonly genre: string;
}

/** The text is what listeners read of a session. */
function indexed(listed: Unplaced): Indexed {
  const { title, path, genre, language, description } = listed;
  const text = [title, path, genre, language, description].join(' ').toLowerCase();
  return { listed, text, genre: (genre ?? '').trim().toLowerCase() };
}

const inOrder = ({ listed: one }: Indexed, { listed: other }: Indexed): number =>
  Number(other.onAir) - Number(one.onAir) ||
  other.listeners - one.listeners ||
  (nameOf(one) < nameOf(other) ? -1 : 1);

function genresOf(sessions: readonly Indexed[]): DirectoryAnswer['genres'] {
  const counts = new Map<string, number>();
  for (const { genre } of sessions) {
    if (genre !== '') counts.set(genre, (counts.get(genre) ?? 0) + 1);
  }
  return [...counts]
    .map(([genre, count]) => ({ genre, sessions: count }))
    .toSorted((one, other) => other.sessions - one.sessions || (one.genre < other.genre ? -1 : 1))
    .slice(0, GENRES_MAX);
}

const clusterOf = ({ key, facts, toldMs }: KnownCluster): ListedCluster => {
  const { sessions, ...about } = facts;
  return { key, ...about, toldAt: printInstant(toldMs), sessions: sessions.length };
};

const textIn = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, QUERY_LENGTH_MAX).trim().toLowerCase() : '';

function wholeIn(value: unknown, standard: number, most: number): number {
  const number = typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : standard;
  return Math.min(number, most);
}

/** The distant sessions, drawn anew when the board has changed. */
function distantFrom({ board, carries }: DirectoryDependencies): () => readonly Indexed[] {
  let drawn: { readonly version: number; readonly sessions: readonly Indexed[] } | undefined;
  return () => {
    if (!carries) return [];
    const { version } = board;
    if (drawn?.version === version) return drawn.sessions;
    const sessions = bySession(board.listings()).map((one) => indexed(fromListings(one)));
    drawn = { version, sessions };
    return sessions;
  };
}

function isFound({ text, genre }: Indexed, words: readonly string[], wanted: string): boolean {
  return (wanted === '' || genre === wanted) && words.every((word) => text.includes(word));
}

const idOf = ({ session, key }: { readonly session: string; readonly key: string }): string =>
  `${session}#${key}`;

/** The routes of listeners who look for something, and of tools. */
export function directoryRoutes(dependencies: DirectoryDependencies): Router {
  const { board, url: ownUrl, status, isConnected } = dependencies;
  const distant = distantFrom(dependencies);

  const all = (url: string): readonly Indexed[] => {
    const { cluster, sessions } = status(url);
    const here = new Set(sessions.map(idOf));
    const local = sessions.filter(isShown).map((one) => fromStatus(one, cluster.key ?? ''));
    const others = distant().filter(({ listed }) => !here.has(idOf(listed)));
    return [...local.map(indexed), ...others];
  };

  const show = (request: Request, response: Response): undefined => {
    const url = publicUrl(ownUrl, request);
    const { query } = request;
    const sessions = all(url);
    const [words, genre] = [textIn(query.q).split(/\s+/), textIn(query.genre)];
    const found = sessions.filter((one) => isFound(one, words, genre));
    const from = wholeIn(query.offset, 0, found.length);
    const to = from + wholeIn(query.limit, LIMIT, SESSIONS_LISTED_MAX);
    const shown = found.toSorted(inOrder).slice(from, to);
    const answer: DirectoryAnswer = {
      connected: isConnected(),
      total: found.length,
      sessions: shown.map(({ listed }) => ({ ...listed, listenUrl: listenUrl(url, listed.path) })),
      genres: genresOf(sessions),
    };
    response.set('Cache-Control', 'no-cache').json(answer);
  };

  const showClusters = (_request: Request, response: Response): undefined => {
    const answer: ClustersAnswer = { clusters: board.clusters().map(clusterOf) };
    response.set('Cache-Control', 'no-cache').json(answer);
  };

  const router = Router({ caseSensitive: true });
  publicRoute(router, '/directory', { GET: show });
  publicRoute(router, '/directory/clusters', { GET: showClusters });
  return router;
}
