/**
 * The commands of Icecast's administration, on the sessions of one administrator. A mount is a
 * session; a command that needs one answers 400 if the administrator has no such session here, as
 * Icecast does for a mount without a source.
 */
import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import { LISTED_MAX, type ScxListener } from '../../api/scx-admin.js';
import type { ScxStatus } from '../../api/scx-status.js';
import { networkOf } from '../../http/ip-address.js';
import {
  type AdminAnswer,
  badRequest,
  destinationsAnswer,
  listenersAnswer,
  mountsAnswer,
  outcomeAnswer,
  statsAnswer,
} from '../../icecast/statistics/admin-xml.js';
import { refPath, type SessionRef } from '../../session/session-id.js';
import type { Admin } from '../announcements/admin-login.js';
import { type MountNames, shownMount } from '../status/icecast-sources.js';
import type { TitleHistory } from '../status/title-history.js';
import { adminSource, adminTotals, type ToldSession } from './admin-sources.js';
import type { ScxClients } from './scx-clients.js';

/** One request of an administrator. */
export interface AdminRequest {
  readonly admin: Admin;
  readonly status: ClusterStatus;
  /** A parameter of the query; undefined without one. */
  parameter(name: string): string | undefined;
}

export interface CommandDependencies {
  readonly clients: ScxClients;
  readonly titles: Pick<TitleHistory, 'of'>;
  /** The mounts that encoders feed (ingest/session-of-mount.ts). */
  readonly sessions: MountNames & {
    first(): SessionRef | undefined;
  };
}

export type Command = (
  dependencies: CommandDependencies,
  request: AdminRequest,
) => Promise<AdminAnswer>;

const NO_SOURCE = badRequest('Source does not exist');
const NO_MOUNT = badRequest('Missing parameter: mount');

/** The administrator's sessions, by name. */
const owned = ({ admin, status }: AdminRequest): readonly SessionStatus[] =>
  status.sessions.filter(({ path }) => admin.owns(path));

/** One of them; undefined if there is no such session. */
function ownedAt(
  { sessions }: CommandDependencies,
  request: AdminRequest,
  mount: string,
): SessionStatus | undefined {
  const ref = sessions.atMount(mount) ?? sessions.atMount(mount.replace(/\.mp3$/i, ''));
  const wanted = ref && refPath(ref);
  return owned(request).find(({ path }) => path === wanted);
}

/** A command on the session at the request's mount. */
const onMount =
  (
    command: (
      dependencies: CommandDependencies,
      request: AdminRequest,
      session: SessionStatus,
    ) => Promise<AdminAnswer>,
  ): Command =>
  async (dependencies, request) => {
    const mount = request.parameter('mount');
    if (mount === undefined) return NO_MOUNT;
    const session = ownedAt(dependencies, request, mount);
    return session === undefined ? NO_SOURCE : command(dependencies, request, session);
  };

const told = (
  { clients }: CommandDependencies,
  sessions: readonly SessionStatus[],
): Promise<ToldSession[]> =>
  Promise.all(
    sessions.map(async (session) => ({ session, told: await clients.sources(session.scxs) })),
  );

/** The sessions that a request is about: that at its mount, or all that are on the air. */
function askedFor(
  dependencies: CommandDependencies,
  request: AdminRequest,
): readonly SessionStatus[] | undefined {
  const onAir = owned(request).filter((session) => session.onAir);
  const mount = request.parameter('mount');
  if (mount === undefined) return onAir;
  const session = ownedAt(dependencies, request, mount);
  return session?.onAir === true ? [session] : undefined;
}

const stats: Command = async (dependencies, request) => {
  const sessions = askedFor(dependencies, request);
  if (sessions === undefined) return NO_SOURCE;
  const all = await told(dependencies, sessions);
  const { url, version, startedAt } = request.status.cluster;
  const server = { host: new URL(url).hostname, product: `Scattercast ${version}`, startedAt };
  const sources = all.map((one) => adminSource(one, url, dependencies.sessions));
  return statsAnswer(server, adminTotals(all), sources);
};

const listMounts: Command = async ({ sessions }, request) => {
  const { url } = request.status.cluster;
  const onAir = owned(request).filter((session) => session.onAir);
  const sources = onAir.map((session) => adminSource({ session, told: [] }, url, sessions));
  return mountsAnswer(sources, Date.now());
};

/** Only the operator is told addresses; others learn from which network somebody listens. */
export const shownTo =
  ({ isOperator }: Admin) =>
  (listener: ScxListener): ScxListener =>
    isOperator ? listener : { ...listener, address: networkOf(listener.address) };

const listClients = onMount(async ({ clients, sessions }, { admin }, session) => {
  const listeners = await clients.listeners(session.scxs);
  const isWhole = listeners.length < LISTED_MAX;
  const count = isWhole ? listeners.length : Math.max(listeners.length, session.listeners);
  const mount = shownMount(session, sessions);
  return listenersAnswer(mount, count, listeners.map(shownTo(admin)));
});

const killClient = onMount(async ({ clients }, { parameter }, session) => {
  const id = parameter('id');
  if (id === undefined || !/^\d{1,15}$/.test(id)) return badRequest('Missing parameter: id');
  const isDone = await clients.endListener(session.scxs, Number(id));
  return outcomeAnswer(`Client ${id} ${isDone ? 'removed' : 'not found'}`, isDone);
});

/** Ends the sources of a session, and answers. */
export async function endSources(
  clients: ScxClients,
  { scxs }: SessionStatus,
): Promise<AdminAnswer> {
  const ended = await clients.endSources(scxs);
  if (ended > 0) return outcomeAnswer('Source Removed', true);
  return outcomeAnswer('No source of this session is attached at this cluster', false);
}

const killSource = onMount(({ clients }, _request, session) => endSources(clients, session));

/** The SCX with the most room, for listeners that come from another session. */
const roomiest = ({ scxs }: SessionStatus): ScxStatus | undefined =>
  scxs
    .filter(({ state }) => state !== 'leaving')
    .toSorted((a, b) => b.listenersMax - b.listeners - (a.listenersMax - a.listeners))[0];

const moveClients = onMount(async (dependencies, request, session) => {
  const { clients, sessions } = dependencies;
  const { url } = request.status.cluster;
  const [mount, to] = [shownMount(session, sessions), request.parameter('destination')];
  if (to === undefined) {
    const others = owned(request).filter((one) => one.onAir && one !== session);
    const sources = others.map((one) => adminSource({ session: one, told: [] }, url, sessions));
    return destinationsAnswer(mount, sources, Date.now());
  }
  const destination = ownedAt(dependencies, request, to);
  if (destination === session) return badRequest('supplied mountpoints are identical');
  const scx = destination?.onAir === true ? roomiest(destination) : undefined;
  if (destination === undefined || scx === undefined) return badRequest('No such destination');
  const isDone = await clients.moveListeners(session.scxs, scx);
  const where = `from ${mount} to ${shownMount(destination, sessions)}`;
  return outcomeAnswer(`Clients ${isDone ? '' : 'not '}moved ${where}`, isDone);
});

/** By their paths; `isChange`: it ends something. */
export const COMMANDS: readonly {
  readonly path: string;
  readonly run: Command;
  readonly isChange: boolean;
}[] = [
  { path: '/admin/stats', run: stats, isChange: false },
  { path: '/admin/stats.xml', run: stats, isChange: false },
  { path: '/admin/listmounts', run: listMounts, isChange: false },
  { path: '/admin/listclients', run: listClients, isChange: false },
  { path: '/admin/killclient', run: killClient, isChange: true },
  { path: '/admin/moveclients', run: moveClients, isChange: true },
  { path: '/admin/killsource', run: killSource, isChange: true },
];
