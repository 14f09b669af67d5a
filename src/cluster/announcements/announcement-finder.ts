/**
 * From the URL that a client gives to the announcement behind it. It is looked for in three places,
 * in this order: what is published here, if the URL is one of this cluster; what was fetched within
 * the last minute; the network, guarded. Requests for the same URL at the same time share one
 * fetch.
 *
 * When the server of an announcement is down, the last valid document is used for another hour: the
 * session may well be running without that server. What was fetched is remembered by the session,
 * its name and key, as well, across restarts (learned-announcements.ts). Of two announcements of a
 * session the newer one holds, wherever it comes from.
 *
 * Anybody can have us fetch. fetch-budget.ts bounds that, and the operator may carry the sessions of
 * some servers only, or none but those that are published here.
 */

import { announcementPath } from '../../api/publishing.js';
import { guardedFetch } from '../../http/client/guarded-fetch.js';
import { FetchProblem, type FetchProblemKind } from '../../http/client/guarded-request.js';
import { type BoundedMap, createBoundedMap } from '../../lib/bounds/bounded-map.js';
import { good } from '../../lib/result.js';
import { urlOf } from '../../lib/url-path.js';
import { verifyAnnouncement } from '../../runtime/signed-announcement.js';
import { steadyTimeMs } from '../../runtime/steady-time.js';
import { ANNOUNCEMENT_LIMITS, type SignedAnnouncement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import {
  identityOf,
  parseSessionId,
  type SessionIdentity,
  type SessionRef,
} from '../../session/session-id.js';
import { parseSessionPath, sessionPath } from '../../session/session-name.js';
import { type OrProblem, type Problem, problem, refused } from '../web/problem.js';
import { isAt } from '../web/public-url.js';
import type { AnnouncementStore } from './announcement-store.js';
import { createFetchBudget } from './fetch-budget.js';
import type { Learned, LearnedAnnouncements } from './learned-announcements.js';

const CACHED_MAX = 256;
const FRESH_MS = 60_000;
const FAILURE_MS = 2000; // guess: short for a publisher who has just repaired the announcement
const STALE_MS = 3_600_000; // guess
const OWN_PATH = /^\/announcements\/([^/]+\/[^/]+)\.xml$/;

/** An announcement, and where it can be fetched. */
export interface Known {
  readonly announcement: SignedAnnouncement;
  readonly session: SessionIdentity;
  readonly url: string;
  /** It is published at this cluster. */
  readonly isPublished: boolean;
}

export interface FinderOptions {
  readonly store: AnnouncementStore;
  readonly learned: LearnedAnnouncements;
  /** Our `http://host:port`. */
  readonly url: string;
  readonly allowPrivate: boolean;
  /** The servers whose announcements may be used, `HOST` or `HOST:PORT`; default: all. */
  readonly carryFrom?: readonly string[] | undefined;
  /** What the directory tells of a session, by its id. */
  readonly listed?: (id: string) => Omit<Learned, 'fetchedAt'> | undefined;
  readonly fetch?: typeof guardedFetch;
  /** Ms, monotonic. */
  readonly now: () => number;
  /** Ms since 1970; default: the system's clock as it was at the start, going on. */
  readonly wallNow?: () => number;
}

export interface AnnouncementFinder {
  /**
   * `host`: the host, and perhaps the port, by which the request came: our name as well. `client`: the
   * address that asks; '' if unknown.
   */
  find(url: string, host: string | undefined, client?: string): Promise<OrProblem<Known>>;
  /** The announcement of a session that is known without a fetch; `id`: the session's id. */
  recall(id: string): Known | undefined;
  /** The same by name, for what is published here, or by name and key. */
  named(ref: SessionRef): Known | undefined;
  /** The sessions of a name that are announced elsewhere, as far as they are known. */
  elsewhere(name: string): readonly SessionIdentity[];
}

interface Cached {
  readonly result: OrProblem<Known>;
  /** When it was fetched. */
  readonly at: number;
  /** When it was last asked for, perhaps in vain. */
  readonly checkedAt: number;
}

const STATUS: Readonly<Record<FetchProblemKind, number>> = {
  badUrl: 400,
  privateAddress: 403,
  unreachable: 502,
  timeout: 504,
  tooLarge: 502,
  tooManyRedirects: 502,
  status: 502,
  encoding: 502,
};

function problemOf(error: unknown): Problem {
  if (!(error instanceof FetchProblem)) throw error;
  const why = `The announcement cannot be fetched: ${error.message}.`;
  const advice = ' Only a cluster that runs with --allow-private fetches from private addresses.';
  return problem(STATUS[error.kind], error.kind === 'privateAddress' ? why + advice : why);
}

/** The session behind one of our own URLs, `creator/session`; undefined for other URLs. */
function ownPath(text: string, authorities: readonly string[]): string | undefined {
  const url = urlOf(text);
  if (url === undefined) return undefined;
  const isOurs = authorities.some((authority) => isAt(url, authority));
  return isOurs ? OWN_PATH.exec(url.pathname)?.[1] : undefined;
}

/** The names of this cluster that do not depend on the request, as `host:port`. */
function authoritiesOf({ hostname, port }: URL): readonly string[] {
  const names = [hostname, 'localhost', '127.0.0.1', '[::1]'];
  return names.map((name) => `${name}:${port || 80}`);
}

/** The announcement that is published under one of our own URLs. */
function findPublished(store: AnnouncementStore, path: string, url: string): OrProblem<Known> {
  const name = parseSessionPath(path);
  const published = name.ok ? store.get(name.value.text) : undefined;
  if (published === undefined) {
    return refused(problem(404, 'No such announcement is published at this cluster.'));
  }
  return good(publishedAt(published.announcement, url));
}

const sessionOf = ({ name, key }: SignedAnnouncement): SessionIdentity => identityOf(name, key);

const publishedAt = (announcement: SignedAnnouncement, url: string): Known => ({
  ...{ announcement, session: sessionOf(announcement), url, isPublished: true },
});

/** The host of a URL; '' if the text is not a URL, which the fetch refuses. */
const hostOf = (url: string): string => urlOf(url)?.hostname ?? '';

const NOT_CARRIED = problem(
  403,
  'This cluster carries sessions that are announced here, or at servers that its operator has ' +
    'chosen (--carry-from). Ask another cluster.',
);

/** Whether the operator lets this cluster carry what is announced at a URL. */
function carriedFrom(servers: readonly string[] | undefined): (url: string) => boolean {
  if (servers === undefined) return () => true;
  const isOne = (url: URL): boolean =>
    servers.some((server) => server === url.hostname || server === url.host);
  return (text) => {
    const url = urlOf(text);
    return url !== undefined && isOne(url);
  };
}

const knownOf = ({ announcement, url }: Learned): Known => ({
  announcement,
  session: sessionOf(announcement),
  url,
  isPublished: false,
});

async function fetchAnnouncement(
  url: string,
  { allowPrivate, fetch = guardedFetch, wallNow = steadyTimeMs }: FinderOptions,
): Promise<OrProblem<Learned>> {
  try {
    const bytesMax = ANNOUNCEMENT_LIMITS.documentBytesMax;
    const { body } = await fetch(url, { allowPrivate, bytesMax, accept: 'application/xml' });
    const parsed = parseAnnouncement(body);
    const read = parsed.ok ? verifyAnnouncement(parsed.value, wallNow()) : parsed;
    if (read.ok) return good({ announcement: read.value, url, xml: body, fetchedAt: wallNow() });
    const message = 'The document at that URL is not a valid announcement:';
    return refused(problem(502, message, read.problems));
  } catch (error) {
    return refused(problemOf(error));
  }
}

/** Requests for the same URL at the same time share one load. */
function shareLoads(
  load: (url: string) => Promise<OrProblem<Known>>,
  now: () => number,
): (url: string, client: string) => Promise<OrProblem<Known>> {
  const loading = new Map<string, Promise<OrProblem<Known>>>();
  const budget = createFetchBudget(now);
  return (url, client) => {
    const inProgress = loading.get(url);
    if (inProgress !== undefined) return inProgress;
    const taken = budget.take(client, hostOf(url));
    if (!taken.ok) return Promise.resolve(taken);
    const started = load(url).finally(() => {
      taken.value();
      loading.delete(url);
    });
    loading.set(url, started);
    return started;
  };
}

/** What an earlier front end has fetched is used if its server is down, and is fetched again. */
function fillCache(cache: BoundedMap<string, Cached>, options: FinderOptions): void {
  const { learned, now, wallNow = steadyTimeMs } = options;
  for (const each of learned.all()) {
    const at = now() - Math.max(0, wallNow() - each.fetchedAt);
    cache.set(each.url, { result: good(knownOf(each)), at, checkedAt: Number.NEGATIVE_INFINITY });
  }
}

/** Creates a cache that fetches announcements and keeps the last results. */
function createCache(options: FinderOptions) {
  const { now, learned } = options;
  const cache = createBoundedMap<string, Cached>(CACHED_MAX);
  fillCache(cache, options);

  const isStale = (cached: Cached): boolean =>
    now() - cached.checkedAt > (cached.result.ok ? FRESH_MS : FAILURE_MS);

  /** The last valid document, if the new attempt failed because of the server. */
  const stillValid = (url: string, result: OrProblem<Known>): Cached | undefined => {
    const last = cache.use(url);
    if (result.ok || result.problem.status < 500) return undefined;
    if (!last?.result.ok || now() - last.at > STALE_MS) return undefined;
    return { ...last, checkedAt: now() };
  };

  const load = shareLoads(async (url) => {
    const fetched = await fetchAnnouncement(url, options);
    const result = fetched.ok ? good(knownOf(learned.put(fetched.value))) : fetched;
    const at = now();
    const cached = stillValid(url, result) ?? { result, at, checkedAt: at };
    cache.set(url, cached);
    return cached.result;
  }, now);

  return {
    find: async (url: string, client: string): Promise<OrProblem<Known>> => {
      const cached = cache.use(url);
      return cached === undefined || isStale(cached) ? load(url, client) : cached.result;
    },
    recall: (id: string): Known | undefined => {
      const known = learned.use(id);
      return known && knownOf(known);
    },
  };
}

/** Creates a finder that has fetched nothing yet. */
export function createFinder(options: FinderOptions): AnnouncementFinder {
  const { store } = options;
  const cache = createCache(options);
  const names = authoritiesOf(new URL(options.url));
  const isCarried = carriedFrom(options.carryFrom);
  /** Where an announcement lies only a fetch proves, so the operator's choice of servers excludes it. */
  const recallListed = (id: string): Known | undefined => {
    const { learned, listed, carryFrom, wallNow = steadyTimeMs } = options;
    const found = carryFrom === undefined ? listed?.(id) : undefined;
    return found && knownOf(learned.put({ ...found, fetchedAt: wallNow() }));
  };
  const recallForeign = (id: string): Known | undefined => {
    const known = recallListed(id) ?? cache.recall(id);
    return known !== undefined && isCarried(known.url) ? known : undefined;
  };
  const named = (ref: SessionRef): Known | undefined => {
    const announcement = store.get(ref.text)?.announcement;
    if (announcement !== undefined && (ref.key ?? announcement.key) === announcement.key) {
      return publishedAt(announcement, `${options.url}${announcementPath(sessionPath(ref))}`);
    }
    return ref.key && recallForeign(identityOf(ref, ref.key).id);
  };
  const recall = (id: string): Known | undefined => {
    const session = parseSessionId(id);
    return session.ok ? named(session.value) : undefined;
  };
  const findForeign = async (url: string, client: string): Promise<OrProblem<Known>> => {
    const found = await cache.find(url, client);
    // What is published here, and what was fetched from elsewhere meanwhile, may be newer.
    return found.ok ? good(recall(found.value.session.id) ?? found.value) : found;
  };
  return {
    find: async (url, host, client = '') => {
      const path = ownPath(url, host === undefined ? names : [...names, host]);
      if (path !== undefined) return findPublished(store, path, url);
      return isCarried(url) ? findForeign(url, client) : refused(NOT_CARRIED);
    },
    recall,
    named,
    elsewhere: (name) =>
      options.learned
        .all()
        .filter(({ announcement }) => announcement.name.text === name)
        .map(({ announcement }) => sessionOf(announcement)),
  };
}
