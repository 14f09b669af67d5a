/** The routes of the feeds of what is on (feed.ts), which pages of any origin may read. */
import { type Request, Router } from 'express';
import type { SessionStatus } from '../../api/cluster-status.js';
import { publicRoute } from '../web/methods.js';
import { publicUrl } from '../web/public-url.js';
import { atomFeed, type Feed, type FeedEntry, jsonFeed } from './feed.js';
import type { SessionPageDependencies } from './session-page-routes.js';
import { urlsOf } from './session-view.js';

/** More than any reader shows. */
const ENTRIES_MAX = 1000;

/** Since when an SCX plays what it plays, as far as it is known. */
function updatedOf(
  { path, scxs }: SessionStatus,
  { titles }: Pick<SessionPageDependencies, 'titles'>,
): string {
  const scx = scxs.find(({ playing }) => playing !== null);
  const [newest] = titles.of(path);
  if (newest !== undefined && newest.title === scx?.title) return new Date(newest.at).toISOString();
  return scx?.playingSince ?? scx?.startedAt ?? new Date(0).toISOString();
}

function entryOf(
  session: SessionStatus,
  cluster: string,
  dependencies: Pick<SessionPageDependencies, 'titles'>,
): FeedEntry {
  const { page, stream, image } = urlsOf(cluster, session.path, session);
  return {
    ...{ id: `${session.session}#${session.key}`, page, stream, image },
    title: session.title ?? session.path,
    playing: session.scxs.find(({ playing }) => playing !== null)?.title ?? undefined,
    description: session.description ?? undefined,
    updated: updatedOf(session, dependencies),
  };
}

/** What is on now, the newest first. */
function feedFor(dependencies: SessionPageDependencies, request: Request): Feed {
  const { url, status } = dependencies;
  const cluster = publicUrl(url, request);
  const told = status(url);
  const entries = told.sessions
    .filter(({ onAir }) => onAir)
    .slice(0, ENTRIES_MAX)
    .map((session) => entryOf(session, cluster, dependencies))
    .sort((a, b) => (a.updated > b.updated ? -1 : 1));
  return { cluster, entries, updated: entries[0]?.updated ?? told.cluster.startedAt };
}

/** The routes of the feeds. */
export function feedRoutes(dependencies: SessionPageDependencies): Router {
  const router = Router({ caseSensitive: true });
  publicRoute(router, '/feed.atom', {
    GET: (request, response) => {
      response.set({ 'Cache-Control': 'no-cache', 'Content-Type': 'application/atom+xml' });
      response.send(Buffer.from(atomFeed(feedFor(dependencies, request))));
      return undefined;
    },
  });
  publicRoute(router, '/feed.json', {
    GET: (request, response) => {
      response.set({ 'Cache-Control': 'no-cache', 'Content-Type': 'application/feed+json' });
      response.send(Buffer.from(JSON.stringify(jsonFeed(feedFor(dependencies, request)))));
      return undefined;
    },
  });
  return router;
}
