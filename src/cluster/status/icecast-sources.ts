/**
 * The sessions of a cluster as the streams of an Icecast or SHOUTcast server, for tools that poll such
 * servers: each session that is on the air, at the mount at which it is fed and heard.
 */
import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import { playedHere } from '../../api/scx-status.js';
import type { ShoutcastStream } from '../../icecast/statistics/shoutcast-status.js';
import { pathOf } from '../../lib/url-path.js';
import { refPath, type SessionRef } from '../../session/session-id.js';

/** The mounts of a cluster (ingest/session-of-mount.ts). */
export interface MountNames {
  /** The session at a mount. */
  atMount(mount: string): SessionRef | undefined;
  /** The mount that the operator gave the session of a path, `/live`; undefined without one. */
  mountOf(path: string): string | undefined;
}

const withEnding = (mount: string): string => (/\.mp3$/i.test(mount) ? mount : `${mount}.mp3`);

/** The sources that are played and attached to an SCX of this cluster: one, or none. */
const playedSources = ({ scxs }: SessionStatus) =>
  scxs.map(playedHere).filter((source) => source !== undefined);

/**
 * The listeners of the whole session, if the source that is played is attached here: its SCX knows them.
 * At other clusters, those here.
 */
export function listenersOf(session: SessionStatus): number {
  return Math.max(session.listeners, ...playedSources(session).map(({ audience }) => audience));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Listeners that are no different ones are known of those here only, and so is the average time. */
function presenceAt(session: SessionStatus) {
  const { scxs, listeners } = session;
  const listened = scxs.map((scx) => scx.listeners * (scx.averageListeningS ?? 0));
  const repeated = scxs.map((scx) => scx.listeners - (scx.listenersUnique ?? scx.listeners));
  return {
    listenersUnique: listenersOf(session) - sum(repeated),
    averageListeningS: Math.round(sum(listened) / Math.max(1, listeners)),
  };
}

/** The mount that an encoder feeds here, `/live`, if it is heard there as well; encoded. */
function fedMount(session: SessionStatus, { atMount }: MountNames): string | undefined {
  const [mount] = playedSources(session).map((source) => source.mount);
  const ref = mount === undefined ? undefined : atMount(mount);
  return ref !== undefined && refPath(ref) === session.path ? mount : undefined;
}

/**
 * The mount at which a session is heard. What an encoder feeds is named as its tools know it; without
 * one, or where it is not known, the name ends as the content does: `/live.mp3`.
 */
export const shownMount = (session: SessionStatus, mounts: MountNames): string =>
  pathOf(fedMount(session, mounts) ?? '') ||
  withEnding(mounts.mountOf(session.path) ?? `/${session.path}`);

/** A session as a stream; `url`: that of the cluster, as the client reaches it. */
export function streamOf(session: SessionStatus, url: string, mounts: MountNames): ShoutcastStream {
  const playing = session.scxs.find((scx) => scx.playing !== null);
  const listeners = listenersOf(session);
  const since = session.scxs.map((scx) => scx.playingSince ?? scx.startedAt).sort()[0];
  return {
    ...{ name: session.title ?? session.path, genre: session.genre, url: session.homepage },
    ...{ description: session.description, title: playing?.title ?? null, listeners },
    listenersPeak: Math.max(listeners, session.listenersPeak),
    listenersMax: session.listenersMax,
    isListed: session.listed,
    ...presenceAt(session),
    bitrateKbps: playing?.bitrateKbps ?? null,
    sampleRateHz: playing?.sampleRateHz ?? null,
    audioChannels: playing?.audioChannels ?? null,
    listenUrl: `${url}${encodeURI(shownMount(session, mounts))}`,
    startedAt: since ?? new Date(0).toISOString(),
  };
}

/** The streams; `only`: that session's alone, by its path. */
export const streamsOf = (
  { cluster, sessions }: ClusterStatus,
  mounts: MountNames,
  only?: string,
): readonly ShoutcastStream[] =>
  sessions
    .filter(({ onAir, path }) => onAir && (only === undefined || only === path))
    .map((one) => streamOf(one, cluster.url, mounts));

/**
 * The sessions in the order of SHOUTcast's stream numbers, which begin with 1: first that of players
 * which name none, by its path, then the others by name.
 */
export const inOrder = (
  sessions: readonly SessionStatus[],
  first: string | undefined,
): readonly SessionStatus[] => [
  ...sessions.filter(({ path }) => path === first),
  ...sessions.filter(({ path }) => path !== first),
];

/** The number in `?sid=`; 1 without one, 0 for what is no number. */
export const streamNumber = (sid: unknown): number => {
  if (sid === undefined) return 1;
  return typeof sid === 'string' && /^\d{1,4}$/.test(sid) ? Number(sid) : 0;
};
