/**
 * `/admin.cgi?mode=viewxml`: SHOUTcast's statistics and listeners of one stream, for its
 * administrator. A stream has a number (`sid`); without one it is the administrator's first.
 */
import type { SessionStatus } from '../../api/cluster-status.js';
import { badRequest } from '../../icecast/admin-xml.js';
import { viewJson, viewXml } from '../../icecast/shoutcast-admin.js';
import { inOrder, streamNumber, streamOf } from '../status/icecast-sources.js';
import { type AdminRequest, type Command, shownTo } from './admin-commands.js';

/** The session with the number that is asked for, if it is the administrator's. */
function chosen(
  { admin, status, parameter }: AdminRequest,
  first: string | undefined,
): SessionStatus | undefined {
  const sessions = inOrder(status.sessions, first);
  const sid = parameter('sid');
  if (sid === undefined) return sessions.find(({ session }) => admin.owns(session));
  const session = sessions[streamNumber(sid) - 1];
  return session && admin.owns(session.session) ? session : undefined;
}

/** The command. */
export const viewStream: Command = async ({ clients, sessions }, request) => {
  const { admin, status, parameter } = request;
  const session = chosen(request, sessions.first()?.text);
  if (session === undefined) return badRequest('There is no such stream');
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
    now: Date.now(),
  };
  const print = parameter('mode') === 'viewjson' ? viewJson : viewXml;
  return print(view, parameter('page') ?? '');
};
