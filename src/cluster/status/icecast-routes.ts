/**
 * The pages of Icecast and SHOUTcast that tools, web sites and browsers ask any radio server for. Where
 * such a page describes one stream, it is that of the session that a player without a name gets.
 */
import { type Request, type Response, Router } from 'express';
import type { ClusterStatus } from '../../api/cluster-status.js';
import { playedJson, playedPage, playedXml } from '../../icecast/statistics/played-titles.js';
import { statisticsJson, statisticsXml } from '../../icecast/statistics/shoutcast-admin.js';
import { sevenHtml, statsJson, statsXml } from '../../icecast/statistics/shoutcast-status.js';
import { icestats } from '../../icecast/statistics/status-json.js';
import { statusPage } from '../../icecast/statistics/status-page.js';
import { printable } from '../../lib/plain-text.js';
import { refPath, type SessionRef } from '../../session/session-id.js';
import { publicRoute } from '../web/methods.js';
import { publicUrl } from '../web/public-url.js';
import { inOrder, type MountNames, streamNumber, streamsOf } from './icecast-sources.js';
import type { TitleHistory } from './title-history.js';

export interface IcecastDependencies {
  /** Our `http://host:port` from the configuration. */
  readonly url: string;
  status(url: string): ClusterStatus;
  readonly titles: Pick<TitleHistory, 'of'>;
  /** The mounts that encoders feed (ingest/session-of-mount.ts). */
  readonly sessions: MountNames & {
    first(): SessionRef | undefined;
  };
}

/** Robots would be listeners that never leave; the page may be found. */
const ROBOTS = 'User-agent: *\nAllow: /$\nDisallow: /\n';

/** The sessions of `?mount=/live`, as Icecast filters by it; all without one. */
function asked({ sessions }: IcecastDependencies, { query }: Request): string | undefined {
  const { mount } = query;
  if (typeof mount !== 'string' || mount === '') return undefined;
  const bare = mount.replace(/\.mp3$/i, '');
  const ref = sessions.atMount(mount) ?? sessions.atMount(bare);
  return ref === undefined ? 'none' : refPath(ref);
}

function icestatsFor(dependencies: IcecastDependencies, request: Request): object {
  const status = dependencies.status(publicUrl(dependencies.url, request));
  const { url, version, startedAt } = status.cluster;
  const server = { host: new URL(url).hostname, product: `Scattercast ${version}`, startedAt };
  const only = asked(dependencies, request);
  return icestats(server, streamsOf(status, dependencies.sessions, only));
}

/** The routes of tools that know Icecast and SHOUTcast. */
export function icecastRoutes(dependencies: IcecastDependencies): Router {
  const { url, status, sessions, titles } = dependencies;
  const router = Router({ caseSensitive: true });
  const page = (path: string, draw: (request: Request, response: Response) => unknown): void =>
    publicRoute(router, path, {
      GET: (request, response) => {
        response.set('Cache-Control', 'no-store');
        const body = draw(request, response);
        if (typeof body === 'string') response.send(body);
        else response.json(body);
        return undefined;
      },
    });
  const firstPath = (): string | undefined => {
    const first = sessions.first();
    return first && refPath(first);
  };
  const sessionNumbered = ({ query }: Request, found = status(url)) =>
    inOrder(found.sessions, firstPath())[streamNumber(query.sid) - 1];
  const numbered = (request: Request) => {
    const found = status(publicUrl(url, request));
    const session = sessionNumbered(request, found);
    return session && streamsOf(found, sessions, session.path)[0];
  };

  page('/status-json.xsl', (request) => icestatsFor(dependencies, request));
  page('/status.xsl', (request, response) => {
    response.type('text/html');
    return statusPage(streamsOf(status(publicUrl(url, request)), sessions));
  });
  page('/7.html', (request, response) => {
    response.type('text/html');
    return sevenHtml(numbered(request));
  });
  page('/currentsong', (request, response) => {
    response.type('text/plain');
    return printable(numbered(request)?.title ?? '');
  });
  page('/stats', (request, response) => {
    if (request.query.json === '1') return statsJson(numbered(request));
    response.type('text/xml');
    return statsXml(numbered(request));
  });
  page('/statistics', (request, response) => {
    const found = status(publicUrl(url, request));
    const all = inOrder(found.sessions, firstPath());
    const streams = all.flatMap((session, index) => {
      const [stream] = streamsOf(found, sessions, session.path);
      return stream === undefined ? [] : [{ number: index + 1, stream }];
    });
    const print = request.query.json === '1' ? statisticsJson : statisticsXml;
    if (print === statisticsXml) response.type('text/xml');
    return print(all.length, streams, `Scattercast ${found.cluster.version}`);
  });
  for (const path of ['/played', '/played.html']) {
    page(path, (request, response) => {
      const played = titles.of(sessionNumbered(request)?.path ?? '');
      if (request.query.type === 'json') return playedJson(played);
      response.type(request.query.type === 'xml' ? 'text/xml' : 'text/html');
      return request.query.type === 'xml' ? playedXml(played) : playedPage(played);
    });
  }
  page('/robots.txt', (_request, response) => {
    response.type('text/plain').set('Cache-Control', 'max-age=86400');
    return ROBOTS;
  });
  return router;
}
