/**
 * `GET /status` of a front end (api/cluster-status.ts), composed of what the SCXs reported with
 * their last lease renewals, what is published here, and what was fetched. Each session is listed
 * once, with its SCXs; its numbers are sums over those.
 */
import type { ClusterStatus, SessionStatus } from '../../api/cluster-status.js';
import { announcementPath } from '../../api/publishing.js';
import type { DisturbanceStatus, ScxStatus } from '../../api/scx-status.js';
import { listenUrl } from '../../icecast/listen-url.js';
import { isDirectory } from '../../session/announcement.js';
import { dropAbsent } from '../../session/drop-absent.js';
import type { PublicKey } from '../../session/public-key.js';
import { parseSessionId, refPath, type SessionIdentity } from '../../session/session-id.js';
import { sessionPath } from '../../session/session-name.js';
import type { Known } from '../announcements/announcement-finder.js';
import type { SessionListeners } from '../fleet/listener-totals.js';
import type { ClusterMachine } from '../platform/platform.js';
import type { Spare } from '../platform/spares.js';

/** The sources of the status. */
export interface StatusSources {
  /** Of this front end, as the client reaches it. */
  readonly url: string;
  readonly version: string;
  /** Of the cluster. */
  readonly key: PublicKey;
  readonly startedAt: string;
  readonly scxsMax: number;
  /** Everybody may look at the maps of overlays. */
  readonly publicMap?: boolean | undefined;
  readonly scxCount: number;
  readonly scxs: readonly ScxStatus[];
  readonly spares: readonly Spare[];
  /** Undefined on a platform of one machine. */
  readonly machines: readonly ClusterMachine[] | undefined;
  /** The ids of sessions with an SCX, also of one that has not reported yet. */
  readonly running: readonly string[];
  /** The ids of the sessions that are published here. */
  readonly published: readonly string[];
  recall(session: string): Known | undefined;
  listenersOf(session: string): SessionListeners;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

const sumByCause = (
  counts: readonly Readonly<Record<string, number>>[],
): Record<string, number> => {
  const total = new Map<string, number>();
  for (const [cause, count] of counts.flatMap((one) => Object.entries(one))) {
    total.set(cause, (total.get(cause) ?? 0) + count);
  }
  return Object.fromEntries(total);
};

const sumDisturbances = (all: readonly DisturbanceStatus[]): DisturbanceStatus => ({
  failovers: sumByCause(all.map(({ failovers }) => failovers)),
  stallMs: sum(all.map(({ stallMs }) => stallMs)),
  repaired: sumByCause(all.map(({ repaired }) => repaired)),
  lost: sumByCause(all.map(({ lost }) => lost)),
});

/** Whether its station does not want it to be listed, or it is nothing to listen to. */
const isUnlisted = (known: Known | undefined): true | false =>
  known !== undefined && (known.announcement.isListed === false || isDirectory(known.announcement));

function sessionStatus(identity: SessionIdentity, from: StatusSources): SessionStatus {
  const { id, text, key } = identity;
  const scxs = from.scxs.filter(({ session }) => session === id);
  const known = from.recall(id);
  const isPublished = from.published.includes(id);
  const path = isPublished ? sessionPath(identity) : refPath(identity);
  const { peak, total } = from.listenersOf(id);
  return {
    session: text,
    key,
    path,
    title: known?.announcement.title ?? null,
    genre: known?.announcement.genre ?? null,
    description: known?.announcement.description ?? null,
    homepage: known?.announcement.homepage ?? null,
    listenUrl: listenUrl(from.url, path),
    announcementUrl: isPublished ? `${from.url}${announcementPath(path)}` : (known?.url ?? null),
    kept: isPublished,
    listed: known?.announcement.isListed ?? false,
    ...dropAbsent({
      unlisted: isUnlisted(known) || undefined,
      language: known?.announcement.language,
      image: known?.announcement.image,
      renditions: known?.announcement.renditions && [...known.announcement.renditions],
    }),
    private: known?.announcement.privacy !== undefined,
    onAir: scxs.some(({ playing }) => playing !== null),
    listeners: sum(scxs.map(({ listeners }) => listeners)),
    listenersPeak: peak,
    listenersTotal: total,
    listenersMax: sum(scxs.map(({ listenersMax }) => listenersMax)),
    sources: Math.max(0, ...scxs.map(({ sources }) => sources.length)),
    disturbances: sumDisturbances(scxs.map(({ disturbances }) => disturbances)),
    scxs,
  };
}

function machineStatus({ hostname, isReady, isActive }: ClusterMachine, { scxs }: StatusSources) {
  const here = scxs.filter(({ machine }) => machine === hostname);
  const listeners = sum(here.map((scx) => scx.listeners));
  return { name: hostname, ready: isReady, active: isActive, scxs: here.length, listeners };
}

/** Composes the status. */
export function clusterStatus(from: StatusSources): ClusterStatus {
  const { url, version, startedAt, key, scxsMax, scxCount } = from;
  const listeners = sum(from.scxs.map((scx) => scx.listeners));
  const sessions = new Set([
    ...from.published,
    ...from.running,
    ...from.scxs.map(({ session }) => session),
  ]);
  const identities = [...sessions].sort().flatMap((id) => {
    const identity = parseSessionId(id);
    return identity.ok ? [identity.value] : [];
  });
  const statuses = identities.map((identity) => sessionStatus(identity, from));
  const listenersTotal = sum(statuses.map((session) => session.listenersTotal));
  const spares = from.spares.map(({ pid, isReady: ready, machine }) => ({
    ...{ pid, ready },
    ...(machine === undefined ? {} : { machine }),
  }));
  const counts = { scxs: scxCount, scxsMax, spares, listeners, listenersTotal };
  const machines = from.machines?.map((machine) => machineStatus(machine, from));
  return {
    cluster: {
      ...{ url, version, startedAt, key, ...counts },
      ...(from.publicMap === true && { publicMap: from.publicMap }),
      ...(machines && { machines }),
    },
    sessions: statuses,
  };
}
