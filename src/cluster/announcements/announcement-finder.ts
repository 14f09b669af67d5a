/**
 * From the URL that a client gives to the announcement behind it. Three places, in this order:
 * what is published here, if the URL is one of ours; what was fetched within the last minute;
 * the network, guarded. Everybody who asks for one URL at one time shares one fetch.
 *
 * When the server of an announcement is down, the last good document serves on for an hour:
 * the session may well live without it.
 */
import { guardedFetch } from '../../http/client/guarded-fetch.js';
import { FetchProblem, type FetchProblemKind } from '../../http/client/guarded-request.js';
import { createBoundedMap } from '../../lib/bounded-map.js';
import { good } from '../../lib/result.js';
import { ANNOUNCEMENT_LIMITS, type Announcement } from '../../session/announcement.js';
import { parseAnnouncement } from '../../session/parse-announcement.js';
import { parseSessionPath, sessionPath } from '../../session/session-name.js';
import { type OrProblem, type Problem, problem, refused } from '../web/problem.js';
import type { AnnouncementStore } from './announcement-store.js';

const CACHED_MAX = 256;
const FRESH_MS = 60_000;
const FAILURE_MS = 2000; // guess: who has just repaired it does not wait long
const STALE_MS = 3_600_000; // guess
const FETCHES_MAX = 32; // guess: at once
const OWN_PATH = /^\/announcements\/([^/]+\/[^/]+)\.xml$/;

/** An announcement, and where it is to be had. */
export interface Known {
  readonly announcement: Announcement;
  readonly url: string;
  /** It is published at this cluster. */
  readonly isPublished: boolean;
}

export interface FinderOptions {
  readonly store: AnnouncementStore;
  /** Our `http://host:port`. */
  readonly url: string;
  readonly allowPrivate: boolean;
  readonly fetch?: typeof guardedFetch;
  /** Ms that only grow. */
  readonly now: () => number;
}

export interface AnnouncementFinder {
  /** `host` is the Host header of the request: one more name that we have. */
  find(url: string, host: string | undefined): Promise<OrProblem<Known>>;
  /** What is known of a session without asking anybody. */
  recall(session: string): Known | undefined;
}

interface Cached {
  readonly result: OrProblem<Known>;
  /** When it was fetched. */
  readonly at: number;
  /** When we asked for it last, perhaps in vain. */
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
  const why = `The announcement cannot be had: ${error.message}.`;
  const advice = ' Only a cluster that runs with --allow-private fetches from there.';
  return problem(STATUS[error.kind], error.kind === 'privateAddress' ? why + advice : why);
}

/** The session behind one of our own URLs, `creator/session`; undefined for other URLs. */
function ownPath(text: string, authorities: readonly string[]): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return authorities.includes(url.host) ? OWN_PATH.exec(url.pathname)?.[1] : undefined;
}

/** `host:port` as a URL writes it, of the names that we have for sure. */
function authoritiesOf({ host, port }: URL): readonly string[] {
  const local = ['localhost', '127.0.0.1', '[::1]'];
  return [host, ...local.map((name) => new URL(`http://${name}:${port || 80}`).host)];
}

/** A finder that knows nothing yet. */
export function createFinder(options: FinderOptions): AnnouncementFinder {
  const { store, now } = options;
  const fetch = options.fetch ?? guardedFetch;
  const cache = createBoundedMap<string, Cached>(CACHED_MAX);
  const bySession = createBoundedMap<string, Known>(CACHED_MAX);
  const fetching = new Map<string, Promise<OrProblem<Known>>>(); // bounded by FETCHES_MAX
  const names = authoritiesOf(new URL(options.url));

  const fromStore = (path: string, url: string): OrProblem<Known> => {
    const name = parseSessionPath(path);
    const published = name.ok ? store.get(name.value.text) : undefined;
    if (published !== undefined) {
      return good({ announcement: published.announcement, url, isPublished: true });
    }
    return refused(problem(404, 'No such announcement is published at this cluster.'));
  };

  const load = async (url: string): Promise<OrProblem<Known>> => {
    try {
      const bytesMax = ANNOUNCEMENT_LIMITS.documentBytesMax;
      const { allowPrivate } = options;
      const { body } = await fetch(url, { allowPrivate, bytesMax, accept: 'application/xml' });
      const parsed = parseAnnouncement(body);
      if (parsed.ok) return good({ announcement: parsed.value, url, isPublished: false });
      const message = 'What is at that URL is not a valid announcement:';
      return refused(problem(502, message, parsed.problems));
    } catch (error) {
      return refused(problemOf(error));
    }
  };

  const isStale = (cached: Cached): boolean =>
    now() - cached.checkedAt > (cached.result.ok ? FRESH_MS : FAILURE_MS);

  /** The last good document, if the new attempt says nothing better. */
  const stillGood = (url: string, result: OrProblem<Known>): Cached | undefined => {
    const last = cache.use(url);
    if (result.ok || result.problem.status < 500) return undefined;
    if (!last?.result.ok || now() - last.at > STALE_MS) return undefined;
    return { ...last, checkedAt: now() };
  };

  const loadAndCache = async (url: string): Promise<OrProblem<Known>> => {
    const result = await load(url);
    const at = now();
    const cached = stillGood(url, result) ?? { result, at, checkedAt: at };
    cache.set(url, cached);
    if (result.ok) bySession.set(result.value.announcement.name.text, result.value);
    return cached.result;
  };

  const share = (url: string): Promise<OrProblem<Known>> => {
    const underWay = fetching.get(url);
    if (underWay !== undefined) return underWay;
    if (fetching.size >= FETCHES_MAX) {
      const busy = problem(503, 'Too many announcements are being fetched; try again.');
      return Promise.resolve(refused({ ...busy, retryAfter: 5 }));
    }
    const loading = loadAndCache(url).finally(() => fetching.delete(url));
    fetching.set(url, loading);
    return loading;
  };

  return {
    find: async (url, host) => {
      const path = ownPath(url, host === undefined ? names : [...names, host.toLowerCase()]);
      if (path !== undefined) return fromStore(path, url);
      const cached = cache.use(url);
      return cached === undefined || isStale(cached) ? share(url) : cached.result;
    },
    recall: (session) => {
      const published = store.get(session);
      if (published === undefined) return bySession.use(session);
      const { announcement } = published;
      const url = `${options.url}/announcements/${sessionPath(announcement.name)}.xml`;
      return { announcement, url, isPublished: true };
    },
  };
}
