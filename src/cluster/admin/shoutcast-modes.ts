/**
 * `/admin.cgi?mode=...`: SHOUTcast's statistics, listeners and history of titles of one stream, and the
 * commands that end its listeners and its source, for its administrator. A stream has a number (`sid`);
 * without one it is the administrator's first.
 */
import type { SessionStatus } from '../../api/cluster-status.js';
import type { ScxListener } from '../../api/scx-admin.js';
import { badRequest, outcomeAnswer } from '../../icecast/statistics/admin-xml.js';
import { viewJson, viewXml } from '../../icecast/statistics/shoutcast-admin.js';
import { refPath } from '../../session/session-id.js';
import { inOrder, streamNumber, streamOf } from '../status/icecast-sources.js';
import {
  type AdminRequest,
  type Command,
  type CommandDependencies,
  endSources,
  shownTo,
} from './admin-commands.js';

/** Listeners that are ended at a time. Guess. */
const ENDED_AT_ONCE = 32;

/** The session with the number that is asked for, if it is the administrator's. */
function chosen(
  { admin, status, parameter }: AdminRequest,
  first: string | undefined,
): SessionStatus | undefined {
  const sessions = inOrder(status.sessions, first);
  const sid = parameter('sid');
  if (sid === undefined) return sessions.find(({ path }) => admin.owns(path));
  const session = sessions[streamNumber(sid) - 1];
  return session && admin.owns(session.path) ? session : undefined;
}

/** A command on the stream that is asked for. */
const onStream =
  (
    command: (
      dependencies: CommandDependencies,
      request: AdminRequest,
      session: SessionStatus,
    ) => ReturnType<Command>,
  ): Command =>
  async (dependencies, request) => {
    const first = dependencies.sessions.first();
    const session = chosen(request, first && refPath(first));
    if (session === undefined) return badRequest('There is no such stream');
    return command(dependencies, request, session);
  };

const viewStream = onStream(async ({ clients, sessions, titles }, request, session) => {
  const { admin, status, parameter } = request;
  const { url, version } = status.cluster;
  const listeners = await clients.listeners(session.scxs);
  const sources = (await clients.sources(session.scxs)).flatMap((told) => told.sources);
  const playing = session.scxs.find((scx) => scx.playing !== null)?.playing;
  const view = {
    stream: session.onAir ? streamOf(session, url, sessions) : undefined,
    version: `Scattercast ${version}`,
    hits: session.listenersTotal,
    sourceAddress: sources.find(({ id }) => id === playing)?.address,
    listeners: listeners.map(shownTo(admin)),
    titles: titles.of(session.path),
    now: Date.now(),
  };
  const print = parameter('mode') === 'viewjson' ? viewJson : viewXml;
  return print(view, parameter('page') ?? '');
});

/** `kickdst=7,9`, `kickdst=198.51.100.7` (or the network that an owner is told), `kickdst=all`. */
function isMeant(wanted: readonly string[], { id, address }: ScxListener): boolean {
  return wanted.some((one) => one === 'all' || one === `${id}` || one === address);
}

const endListeners = onStream(async ({ clients }, { admin, parameter }, session) => {
  const wanted = parameter('kickdst')?.split(',');
  if (wanted === undefined) return badRequest('Missing parameter: kickdst');
  const listeners = (await clients.listeners(session.scxs)).map(shownTo(admin));
  const meant = listeners.filter((listener) => isMeant(wanted, listener));
  let ended = 0;
  for (let from = 0; from < meant.length; from += ENDED_AT_ONCE) {
    const some = meant.slice(from, from + ENDED_AT_ONCE);
    const are = await Promise.all(some.map(({ id }) => clients.endListener(session.scxs, id)));
    ended += are.filter(Boolean).length;
  }
  return outcomeAnswer(`Listeners removed: ${ended}`, ended > 0);
});

const endSource = onStream(({ clients }, _request, session) => endSources(clients, session));

/** By the `mode` of the query; `isChange`: it ends something. */
export const SHOUTCAST_MODES: readonly {
  readonly mode: string;
  readonly run: Command;
  readonly isChange: boolean;
}[] = [
  { mode: 'viewxml', run: viewStream, isChange: false },
  { mode: 'viewjson', run: viewStream, isChange: false },
  { mode: 'kickdst', run: endListeners, isChange: true },
  { mode: 'kicksrc', run: endSource, isChange: true },
];
